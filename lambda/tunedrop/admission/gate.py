"""What Admit works with: the door, the bucket, the queue, the topic and the deployment's limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tunedrop.admission.announcements import Announcements
from tunedrop.admission.arrivals import Arrivals
from tunedrop.admission.door_keeper import DoorKeeper
from tunedrop.admission.history import RunHistory
from tunedrop.door import Slot
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
    keeper: DoorKeeper
    arrivals: Arrivals
    announcements: Announcements
    state_machine: str
    settings: DoorSettings
    clock: Callable[[], datetime]

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
        keeper=DoorKeeper(bucket, stepfunctions, environment.state_machine),
        arrivals=Arrivals(sqs, environment.arrivals),
        announcements=Announcements(sns, environment.topic, bucket),
        state_machine=environment.state_machine,
        settings=environment.door,
        clock=clock,
    )
