"""RecordFailure: what the state machine does when a run, or one job of it, failed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from pydantic import AliasPath, Field

from tunedrop import clients
from tunedrop.environment import RecordFailureEnvironment
from tunedrop.events import EventBus
from tunedrop.failures.executions import read_cause
from tunedrop.failures.failure_recording import record_job_failure, record_run_failure
from tunedrop.records import ExecutionArn, LongText, StrictRecord, read_record
from tunedrop.run_logs import logged
from tunedrop.running.jobs import Job
from tunedrop.storage import Bucket


class FailureEvent(StrictRecord):
    """A job's failure when `job` is there, else a run's."""

    execution: ExecutionArn
    # What a Catch of the state machine puts into the state.
    error: LongText = Field("", validation_alias=AliasPath("error", "Error"))
    cause: LongText = Field("", validation_alias=AliasPath("error", "Cause"))
    job: Job | None = None
    run: Any = None


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Record the failure; return the job's status, or the run and what people are sent."""
    failure = read_record(FailureEvent, event)
    environment = RecordFailureEnvironment.from_environ(os.environ)
    bucket = Bucket(clients.s3(), environment.bucket)
    cause = read_cause(failure.error, failure.cause)
    if failure.job is not None:
        return dict(record_job_failure(bucket, clients.sagemaker(), failure.job, cause))
    return record_run_failure(
        bucket,
        clients.sagemaker(),
        EventBus(clients.events(), environment.event_bus),
        failure.run,
        cause,
        execution=failure.execution,
        time=datetime.now(UTC),
    )
