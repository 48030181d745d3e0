"""RecordFailure: what the state machine does when a run, or one job of it, failed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tunedrop import clients
from tunedrop.environment import BucketEnvironment
from tunedrop.failures.error_causes import read_cause
from tunedrop.failures.failure_recording import record_job_failure, record_run_failure
from tunedrop.run_logs import logged
from tunedrop.running.jobs import Job
from tunedrop.storage import Bucket


class CaughtError(BaseModel):
    """What a Catch of the state machine puts into the state."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field("", validation_alias="Error")
    cause: str = Field("", validation_alias="Cause")


class FailureEvent(BaseModel):
    """A job's failure when `job` is there, else a run's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    execution: str
    error: CaughtError
    job: Job | None = None
    run: Any = None


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Record the failure; return the job's status, or the run and what people are sent."""
    failure = FailureEvent.model_validate(event)
    bucket = Bucket(clients.s3(), BucketEnvironment.from_environ(os.environ).bucket)
    cause = read_cause(failure.error.name, failure.error.cause)
    if failure.job is not None:
        return dict(record_job_failure(bucket, clients.sagemaker(), failure.job, cause))
    return record_run_failure(
        bucket,
        clients.sagemaker(),
        failure.run,
        cause,
        execution=failure.execution,
        now=datetime.now(UTC),
    )
