"""StopJobs: one ended execution, by its event, or all of them, by the hourly reconciliation."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import AliasPath, Field

from tunedrop import clients
from tunedrop.environment import StopJobsEnvironment
from tunedrop.events import EventBus
from tunedrop.failures.clean_up import CleanUp
from tunedrop.records import ExecutionArn, StateMachineArn, StrictRecord, read_record
from tunedrop.run_logs import logged
from tunedrop.storage import Bucket


class Reconciliation(StrictRecord):
    """The hourly schedule's payload."""

    reconcile: Literal[True]
    state_machine: StateMachineArn


class EndEvent(StrictRecord):
    """Step Functions' event of the end of an execution."""

    execution: ExecutionArn = Field(validation_alias=AliasPath("detail", "executionArn"))


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Clean up, and return what there was to do in numbers."""
    environment = StopJobsEnvironment.from_environ(os.environ)
    clean_up = CleanUp(
        Bucket(clients.s3(), environment.bucket),
        clients.sagemaker(),
        clients.stepfunctions(),
        EventBus(clients.events(), environment.event_bus),
        time=datetime.now(UTC),
    )
    if "detail" in event:
        return clean_up.after_execution(read_record(EndEvent, event).execution)
    reconcile = read_record(Reconciliation, event)
    return clean_up.reconcile(reconcile.state_machine, environment.job_prefix)
