"""What Admit works with: claims/door.json, the bucket, the queue, the topic, the limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tunedrop import keys
from tunedrop.admission.announcements import Announcements
from tunedrop.admission.arrivals import Arrivals
from tunedrop.aws_errors import translated
from tunedrop.door import Door, read_door
from tunedrop.environment import AdmitEnvironment, DoorSettings
from tunedrop.errors import UnreadableState
from tunedrop.run_record import Run, find_run
from tunedrop.storage import Bucket

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True)
class Gate:
    """One deployment, as an invocation of Admit sees it."""

    environment: AdmitEnvironment
    bucket: Bucket
    stepfunctions: SFNClient
    sqs: SQSClient
    sns: SNSClient
    clock: Callable[[], datetime]

    @property
    def settings(self) -> DoorSettings:
        """The deployment's limits."""
        return self.environment.door

    @property
    def state_machine(self) -> str:
        """The ARN of the state machine whose executions are runs."""
        return self.environment.state_machine

    @property
    def arrivals(self) -> Arrivals:
        """The queue that Admit reads, and sends to."""
        return Arrivals(self.sqs, self.environment.arrivals)

    @property
    def announcements(self) -> Announcements:
        """What people are told."""
        return Announcements(self.sns, self.environment.topic, self.bucket)

    def door(self) -> Door:
        """Return the door as it is."""
        return read_door(self.bucket) or self._first_door()

    def change(self, change: Callable[[Door], Door]) -> Door:
        """Change the door as if nobody else did, by one conditional write; return it as it is."""

        def rewritten(current: bytes | None) -> bytes:
            door = self._first_door() if current is None else self._parse(current)
            changed = change(door)
            return current if changed is door and current is not None else changed.to_bytes()

        return self._parse(self.bucket.rewrite(keys.DOOR, rewritten))

    def find_run(self, dataset: str, run_id: str) -> Run | None:
        """Read a run.json; None when there is none, or when it is damaged, which is announced."""
        try:
            return find_run(self.bucket, dataset, run_id)
        except UnreadableState as error:
            self.announcements.unreadable(error, self.clock())
            return None

    def _parse(self, body: bytes) -> Door:
        return self.bucket.parse(keys.DOOR, body, Door)

    def _first_door(self) -> Door:
        """Make the door of a new deployment: objects that are older than it start nothing."""
        with translated():
            machine = self.stepfunctions.describe_state_machine(stateMachineArn=self.state_machine)
        return Door(since=machine["creationDate"])
