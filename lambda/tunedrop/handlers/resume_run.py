"""ResumeRun: an event of SageMaker says that a job changed; whoever waits for it is woken."""

from __future__ import annotations

import os
from typing import Any

from pydantic import AliasChoices, AliasPath, Field

from tunedrop import clients
from tunedrop.environment import BucketEnvironment
from tunedrop.errors import TransientAwsError
from tunedrop.records import Line, SageMakerName, StrictRecord, read_record
from tunedrop.run_logs import add_run_keys, logged
from tunedrop.running.callbacks import resume
from tunedrop.running.jobs import may_be_over
from tunedrop.storage import Bucket


def _either(field: str) -> AliasChoices:
    """Return where an event has a field of either kind of job."""
    kinds = ("HyperParameterTuningJob", "TrainingJob")
    return AliasChoices(*(AliasPath("detail", f"{kind}{field}") for kind in kinds))


class JobChange(StrictRecord):
    """SageMaker's event of a state change of either kind of job."""

    name: SageMakerName = Field(validation_alias=_either("Name"))
    status: Line = Field(validation_alias=_either("Status"))


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Wake the execution that waits for the job which the event is about."""
    change = read_record(JobChange, event)
    add_run_keys(job=change.name)
    if not may_be_over(change.status):
        return {"job": change.name, "outcome": "goes on"}
    bucket = Bucket(clients.s3(), BucketEnvironment.from_environ(os.environ).bucket)
    outcome = resume(bucket, clients.sagemaker(), clients.stepfunctions(), change.name)
    if outcome == "goes on":
        # SageMaker's answers may lag behind its events, and no other event will come: without
        # Lambda's own retries, a minute and two later, the run would sleep until its heartbeat.
        raise TransientAwsError(f"The event says that {change.name} is over, SageMaker not yet")
    return {"job": change.name, "outcome": outcome}
