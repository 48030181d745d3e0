"""What Admit works with: the admission state, the bucket, the queue, the topic, the limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tunedrop import keys
from tunedrop.admission.announcements import Announcements
from tunedrop.admission_state import AdmissionState, read_admission_state
from tunedrop.aws_errors import translated
from tunedrop.environment import AdmissionSettings, AdmitEnvironment
from tunedrop.errors import TunedropError, UnreadableState
from tunedrop.queues import Queue
from tunedrop.run_record import Run, find_run
from tunedrop.storage import Bucket

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

# 10,000 files listed twice and asked for their versions, 16 at a time, are a minute at 0.1 s each.
_LONGEST_EVALUATION_SECONDS = 120


class OutOfTime(TunedropError):
    """The invocation ends soon: the next one goes on."""


@dataclass(frozen=True)
class AdmissionContext:
    """One deployment, as an invocation of Admit sees it."""

    environment: AdmitEnvironment
    bucket: Bucket
    stepfunctions: SFNClient
    sqs: SQSClient
    sns: SNSClient
    clock: Callable[[], datetime]
    remaining_seconds: Callable[[], float]

    def check_time(self) -> None:
        """Raise `OutOfTime` if the invocation has no time for another dataset, however large."""
        if self.remaining_seconds() <= _LONGEST_EVALUATION_SECONDS:
            raise OutOfTime("Admit's time limit is near")

    @property
    def settings(self) -> AdmissionSettings:
        """The deployment's limits."""
        return self.environment.admission

    @property
    def state_machine(self) -> str:
        """ARN of the state machine whose executions are runs."""
        return self.environment.state_machine

    @property
    def arrivals(self) -> Queue:
        """The queue that Admit reads and sends to."""
        return Queue(self.sqs, self.environment.arrivals)

    @property
    def announcements(self) -> Announcements:
        """What Admit publishes to the topic."""
        return Announcements(self.sns, self.environment.topic, self.bucket, self.clock())

    def read_state(self) -> AdmissionState:
        """Return the admission state; of a new deployment, the initial one."""
        return read_admission_state(self.bucket, self.environment.stack) or self._initial_state()

    def change_state(self, change: Callable[[AdmissionState], AdmissionState]) -> AdmissionState:
        """Apply a change to the latest state by a conditional write; return the new state."""

        def rewrite(current: bytes | None) -> bytes:
            state = self._initial_state() if current is None else self._parse(current)
            changed = change(state)
            return current if changed is state and current is not None else changed.to_bytes()

        return self._parse(self.bucket.rewrite(keys.ADMISSION_STATE, rewrite))

    def find_run(self, dataset: str, run_id: str) -> Run | None:
        """Return the record of a run; None if it is missing, or damaged, which is announced."""
        try:
            return find_run(self.bucket, dataset, run_id)
        except UnreadableState as error:
            self.announcements.announce_unreadable(error)
            return None

    def _parse(self, body: bytes) -> AdmissionState:
        state = self.bucket.parse(keys.ADMISSION_STATE, body, AdmissionState)
        return state.of_stack(self.environment.stack)

    def _initial_state(self) -> AdmissionState:
        """Return the state of a new deployment: objects that are older than it start nothing."""
        with translated():
            machine = self.stepfunctions.describe_state_machine(stateMachineArn=self.state_machine)
        return AdmissionState(since=machine["creationDate"])
