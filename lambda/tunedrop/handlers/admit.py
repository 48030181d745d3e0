"""Admit: messages of the queue Arrivals, or one call of a person."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from tunedrop import clients
from tunedrop.admission.asking import answer
from tunedrop.admission.batches import Batch
from tunedrop.admission.gate import Gate
from tunedrop.environment import AdmitEnvironment
from tunedrop.run_logs import logged
from tunedrop.storage import Bucket


@logged
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Deal with a batch, and name the messages that failed; or answer a call."""
    environment = AdmitEnvironment.from_environ(os.environ)
    gate = Gate(
        environment,
        bucket=Bucket(clients.s3(), environment.bucket),
        stepfunctions=clients.stepfunctions(),
        sqs=clients.sqs(),
        sns=clients.sns(),
        clock=lambda: datetime.now(UTC),
    )
    if "Records" in event:
        return Batch(gate).take(event)
    return answer(gate, event, context.aws_request_id)
