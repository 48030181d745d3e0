"""Reading and changing claims/door.json: every change is one conditional write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tunedrop import keys
from tunedrop.aws_errors import translated
from tunedrop.door import Door, read_door
from tunedrop.storage import Bucket

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True)
class DoorKeeper:
    """The door of a deployment."""

    bucket: Bucket
    stepfunctions: SFNClient
    state_machine: str

    def read(self) -> Door:
        """Return the door as it is."""
        return read_door(self.bucket) or self._first()

    def change(self, change: Callable[[Door], Door]) -> Door:
        """Change the door as if nobody else did; return it as it is now."""

        def rewritten(current: bytes | None) -> bytes:
            door = self._first() if current is None else Door.model_validate_json(current)
            changed = change(door)
            return current if changed is door and current is not None else changed.to_bytes()

        return Door.model_validate_json(self.bucket.rewrite(keys.DOOR, rewritten))

    def _first(self) -> Door:
        """Make the door of a new deployment: objects that are older than it start nothing."""
        with translated():
            machine = self.stepfunctions.describe_state_machine(stateMachineArn=self.state_machine)
        return Door(since=machine["creationDate"])
