"""StartJob: a job item and its execution in, the job started, the item out."""

from __future__ import annotations

import os
from typing import Any

from tunedrop import clients
from tunedrop.door import check_admitted
from tunedrop.environment import StartJobEnvironment
from tunedrop.run_logs import logged
from tunedrop.running import job_start
from tunedrop.running.jobs import Job
from tunedrop.storage import Bucket


class StartJobEvent(Job):
    """A job item with the execution that it belongs to."""

    execution: str


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Start a tuning job or Confirm."""
    wanted = StartJobEvent.model_validate(event)
    deployment = StartJobEnvironment.from_environ(os.environ)
    bucket = Bucket(clients.s3(), deployment.bucket)
    check_admitted(bucket, wanted.dataset, wanted.run_id)
    job_start.start(bucket, clients.sagemaker(), deployment, wanted, execution=wanted.execution)
    return wanted.item()
