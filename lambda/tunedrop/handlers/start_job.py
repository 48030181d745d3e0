"""StartJob: a job item and its execution in, the job's attempt started, the item with it out."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from tunedrop import clients
from tunedrop.admission_state import check_admitted
from tunedrop.environment import StartJobEnvironment
from tunedrop.records import ExecutionArn, read_record
from tunedrop.run_logs import logged
from tunedrop.running.job_start import JobStart
from tunedrop.running.jobs import Job
from tunedrop.running.quota_wait import QuotaWait
from tunedrop.storage import Bucket


class StartJobEvent(Job):
    """A job item with the execution that it belongs to."""

    execution: ExecutionArn


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Start a tuning job or Confirm."""
    item = read_record(StartJobEvent, event)
    deployment = StartJobEnvironment.from_environ(os.environ)
    bucket = Bucket(clients.s3(), deployment.bucket)
    check_admitted(bucket, item.dataset, item.run_id)

    def publish(subject: str, message: str) -> None:
        clients.sns().publish(TopicArn=deployment.topic, Subject=subject, Message=message)

    quota_wait = QuotaWait(
        bucket, publish, seconds=deployment.quota_wait_seconds, now=datetime.now(UTC)
    )
    starting = JobStart(
        bucket, clients.sagemaker(), deployment, quota_wait, execution=item.execution
    )
    return starting.start(item).item()
