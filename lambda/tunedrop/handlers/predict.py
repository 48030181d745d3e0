"""Predict: one message of its queue, a file of rows or the hourly reconciliation."""

from __future__ import annotations

import logging
import os
from typing import Any

from tunedrop import clients
from tunedrop.environment import PredictEnvironment
from tunedrop.errors import Throttled, TransientAwsError
from tunedrop.predicting.messages import read_message
from tunedrop.queues import Queue, failed_messages, read_delivery
from tunedrop.run_logs import add_run_keys, logged
from tunedrop.storage import Bucket

logger = logging.getLogger(__name__)


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Predict a file; return the message if it is to be delivered again."""
    # Lambda allows a module's import ten seconds, and a call minutes; this brings scikit-learn.
    from tunedrop.predicting.prediction import Predictor, StillPredicting

    environment = PredictEnvironment.from_environ(os.environ)
    predictor = Predictor(
        Bucket(clients.s3(), environment.bucket), environment.max_prediction_bytes
    )
    [record] = read_delivery(event)
    message = read_message(record.body)
    try:
        if message == "reconciliation":
            queue = Queue(clients.sqs(), environment.predict_queue)
            queue.send_all(name.body for name in predictor.find_unanswered())
        elif message is not None:
            add_run_keys(dataset=message.dataset)
            predictor.predict_newest(message)
    except (StillPredicting, Throttled, TransientAwsError) as error:
        logger.warning("delivered again later: %s", error)
        return failed_messages([record.message_id])
    return failed_messages([])
