"""What Admit works with: claims/door.json, the bucket, the queue, the topic, the limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tunedrop import keys
from tunedrop.admission.announcements import Announcements
from tunedrop.admission.arrivals import Arrivals
from tunedrop.admission.history import RunHistory
from tunedrop.aws_errors import translated
from tunedrop.door import Door, Slot, read_door
from tunedrop.environment import AdmitEnvironment, DoorSettings
from tunedrop.storage import Bucket

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True)
class Gate:
    """One deployment, as an invocation of Admit sees it."""

    bucket: Bucket
    stepfunctions: SFNClient
    arrivals: Arrivals
    announcements: Announcements
    state_machine: str
    settings: DoorSettings
    clock: Callable[[], datetime]

    def door(self) -> Door:
        """Return the door as it is."""
        return read_door(self.bucket) or self._first_door()

    def change(self, change: Callable[[Door], Door]) -> Door:
        """Change the door as if nobody else did, by one conditional write; return it as it is."""

        def rewritten(current: bytes | None) -> bytes:
            door = self._first_door() if current is None else Door.model_validate_json(current)
            changed = change(door)
            return current if changed is door and current is not None else changed.to_bytes()

        return Door.model_validate_json(self.bucket.rewrite(keys.DOOR, rewritten))

    def _first_door(self) -> Door:
        """Make the door of a new deployment: objects that are older than it start nothing."""
        with translated():
            machine = self.stepfunctions.describe_state_machine(stateMachineArn=self.state_machine)
        return Door(since=machine["creationDate"])

    def history(self, dataset: str, slot: Slot | None, excepted: str = "") -> RunHistory:
        """Return the earlier runs of a dataset."""
        return RunHistory(
            bucket=self.bucket,
            stepfunctions=self.stepfunctions,
            state_machine=self.state_machine,
            dataset=dataset,
            now=self.clock(),
            slot=slot,
            excepted=excepted,
        )


def make_gate(
    environment: AdmitEnvironment,
    *,
    bucket: Bucket,
    stepfunctions: SFNClient,
    sqs: SQSClient,
    sns: SNSClient,
    clock: Callable[[], datetime],
) -> Gate:
    """Put together what Admit works with."""
    return Gate(
        bucket=bucket,
        stepfunctions=stepfunctions,
        arrivals=Arrivals(sqs, environment.arrivals),
        announcements=Announcements(sns, environment.topic, bucket),
        state_machine=environment.state_machine,
        settings=environment.door,
        clock=clock,
    )
