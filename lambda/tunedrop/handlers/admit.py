"""Admit: messages of the queue Arrivals, or one call of a user."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from tunedrop import clients
from tunedrop.admission.batches import Batch
from tunedrop.admission.context import AdmissionContext
from tunedrop.admission.user_calls import answer_call
from tunedrop.environment import AdmitEnvironment
from tunedrop.run_logs import logged
from tunedrop.storage import Bucket


@logged
def handler(event: dict[str, Any], invocation: Any) -> dict[str, Any]:
    """Process a batch and return the failed messages, or answer a user's call."""
    environment = AdmitEnvironment.from_environ(os.environ)
    context = AdmissionContext(
        environment,
        bucket=Bucket(clients.s3(), environment.bucket),
        stepfunctions=clients.stepfunctions(),
        sqs=clients.sqs(),
        sns=clients.sns(),
        clock=lambda: datetime.now(UTC),
        remaining_seconds=lambda: invocation.get_remaining_time_in_millis() / 1000,
    )
    if "Records" in event:
        return Batch(context).process(event)
    return answer_call(context, event, invocation.aws_request_id)
