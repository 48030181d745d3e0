"""StopJobs: cleans up what ended executions left, by event and by the hourly reconciliation.

ABORTED, TIMED_OUT and States.Runtime skip every Catch, and events are best effort. So the
reconciliation checks executions and jobs by itself. It changes nothing of an execution that Step
Functions does not call ended. ResumeRun deletes the callback of a job that is stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from tunedrop import run_record
from tunedrop.errors import CleanUpIncomplete
from tunedrop.events import EventBus
from tunedrop.failures import executions
from tunedrop.failures.failure_recording import write_run_failure
from tunedrop.run_logs import add_run_keys, run_keys
from tunedrop.running import jobs
from tunedrop.running.job_requests import EXECUTION_TAG
from tunedrop.running.jobs import Kind
from tunedrop.storage import Bucket

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_stepfunctions import SFNClient

# Twelve reconciliations see the end of an execution, so one that fails is made up for.
LOOK_BACK = timedelta(hours=12)
# More than an account's quotas let happen in that time, few enough for a Lambda's 15 minutes.
MOST_EXECUTIONS = 300

logger = logging.getLogger(__name__)


@dataclass
class CleanUp:
    """One invocation of StopJobs: counts what it does, raises errors at the end."""

    bucket: Bucket
    sagemaker: SageMakerClient
    stepfunctions: SFNClient
    bus: EventBus
    time: datetime
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("executions", "jobs", "stopped", "skipped"), 0)
    )
    _own_executions: str = ""  # of a reconciliation: how their ARNs begin
    _problems: list[str] = field(default_factory=list)

    def after_execution(self, arn: str) -> dict[str, int]:
        """Clean up after one execution that has ended according to its event."""
        self._attempt(arn, partial(self._after, arn, again=True))
        return self._counts()

    def reconcile(self, state_machine: str, job_prefix: str) -> dict[str, int]:
        """Clean up after all executions that are over and have left something behind."""
        self._own_executions = f"{state_machine.replace(':stateMachine:', ':execution:')}:"
        self._attempt("executions", partial(self._reconcile_executions, state_machine))
        self._attempt("tuning jobs", partial(self._reconcile_jobs, f"td-{job_prefix}-", "tuning"))
        self._attempt("Confirm jobs", partial(self._reconcile_jobs, f"tc-{job_prefix}-", "confirm"))
        return self._counts()

    def _reconcile_executions(self, state_machine: str) -> None:
        since = self.time - LOOK_BACK
        for arn in executions.ended_since(
            self.stepfunctions, state_machine, since, MOST_EXECUTIONS
        ):
            self._attempt(arn, partial(self._after, arn, again=False))

    def _after(self, arn: str, *, again: bool) -> None:
        """Stop the jobs of an execution's run and write the failure that is missing.

        `again`: check the jobs even of a run whose end is written.
        """
        execution = executions.describe(self.stepfunctions, arn)
        if execution is None or not execution.is_over or execution.status == "SUCCEEDED":
            return
        self.counts["executions"] += 1
        add_run_keys(execution=arn)
        run = run_record.find_by_execution(self.bucket, execution.input, arn)
        if run is None or (not again and run_record.end_of(self.bucket, run)):
            return
        recorded = write_run_failure(
            self.bucket,
            self.sagemaker,
            run,
            execution.failure,
            execution=arn,
            time=self.time,
        )
        # RecordFailure puts the event of what it records.
        is_ours = recorded.is_new or execution.status != "FAILED"
        if is_ours and recorded.document is not None:
            self.bus.put(recorded.event)
        self.counts["stopped"] += len(recorded.stopped)
        if recorded.not_stopped:
            raise CleanUpIncomplete(f"in progress still: {', '.join(recorded.not_stopped)}")

    def _reconcile_jobs(self, prefix: str, kind: Kind) -> None:
        # All names first: stopping changes what the next page of the listing would be.
        for name, arn in [*jobs.in_progress(self.sagemaker, prefix, kind)]:
            self._attempt(name, partial(self._settle_job, name, arn, kind))

    def _settle_job(self, name: str, arn: str, kind: Kind) -> None:
        """Stop a job in progress whose execution is over; our own name alone proves nothing."""
        self.counts["jobs"] += 1
        execution = jobs.tags_of(self.sagemaker, arn).get(EXECUTION_TAG)
        if execution is None:
            logger.warning("%s does not say which execution it belongs to", name)
        elif not execution.startswith(self._own_executions):
            self.counts["skipped"] += 1
            logger.error("%s belongs to no execution of this deployment", name)
        elif self._is_over(execution) and jobs.stop(self.sagemaker, name, kind):
            self.counts["stopped"] += 1
            logger.info("%s stopped: its execution is over", name)

    def _is_over(self, arn: str) -> bool:
        """Whether an execution is over; one that Step Functions has forgotten is."""
        execution = executions.describe(self.stepfunctions, arn)
        return execution is None or execution.is_over

    def _attempt(self, target: str, action: Callable[[], None]) -> None:
        """Do one thing; its error must not keep the others from being done."""
        with run_keys():
            try:
                action()
            except Exception as error:
                logger.exception("%s could not be cleaned up", target)
                self._problems.append(f"{target} ({type(error).__name__})")

    def _counts(self) -> dict[str, int]:
        if self._problems:
            raise CleanUpIncomplete(f"Not cleaned up: {'; '.join(self._problems)}")
        return self.counts
