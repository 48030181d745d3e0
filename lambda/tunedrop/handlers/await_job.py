"""AwaitJob: leaves the task token for the job's event, and answers at once when the job is over."""

from __future__ import annotations

import os
from typing import Any

from tunedrop import clients
from tunedrop.environment import BucketEnvironment
from tunedrop.records import read_record
from tunedrop.run_logs import logged
from tunedrop.running.callbacks import Callback, wait_for
from tunedrop.storage import Bucket


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Wait for a job; Step Functions takes its answer from SendTaskSuccess, not from here."""
    callback = read_record(Callback, event)
    bucket = Bucket(clients.s3(), BucketEnvironment.from_environ(os.environ).bucket)
    outcome = wait_for(bucket, clients.sagemaker(), clients.stepfunctions(), callback)
    return {"job": callback.job, "outcome": outcome}
