"""StopJobs: an execution that has ended, by its event, or all of them, by the hourly sweep."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from tunedrop import clients
from tunedrop.environment import StopJobsEnvironment
from tunedrop.failures.clean_up import CleanUp
from tunedrop.run_logs import logged
from tunedrop.storage import Bucket


class Sweep(BaseModel):
    """The hourly schedule's payload."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sweep: Literal[True]
    state_machine: str


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Clean up, and return what there was to do in numbers."""
    environment = StopJobsEnvironment.from_environ(os.environ)
    clean_up = CleanUp(
        Bucket(clients.s3(), environment.bucket),
        clients.sagemaker(),
        clients.stepfunctions(),
        now=datetime.now(UTC),
    )
    if "detail" in event:
        return clean_up.after_execution(str(event["detail"]["executionArn"]))
    sweep = Sweep.model_validate(event)
    return clean_up.sweep(sweep.state_machine, environment.job_prefix)
