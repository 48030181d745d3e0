"""State-change events, as SageMaker sends them to EventBridge.

The detail is the Describe answer with times in epoch milliseconds and tags as a map. Events leave
in order, from one thread, so that nobody waits for whom they wake.
"""

from __future__ import annotations

import logging
import queue
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_aws.account import ACCOUNT, REGION
from local_aws.sagemaker.api.descriptions import describe_training_job, describe_tuning_job
from local_aws.sagemaker.api.wire import Wire, render
from local_aws.sagemaker.jobs.training_job import TrainingJob, now
from local_aws.sagemaker.jobs.tuning_job import TuningJob

log = logging.getLogger(__name__)

TUNING_JOB_EVENT = "SageMaker HyperParameter Tuning Job State Change"
TRAINING_JOB_EVENT = "SageMaker Training Job State Change"


class Events:
    """Makes events of jobs and hands them on."""

    def __init__(self, emit: Callable[[dict[str, Any]], None], wire: Wire) -> None:
        self._emit = emit
        self._wire = wire
        self._queue: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sagemaker-events", daemon=True)
        self._thread.start()

    def publish(self, job: TrainingJob | TuningJob) -> None:
        """Send an event with a job's state at this moment."""
        self._queue.put(self._event(job))

    def close(self) -> None:
        """Send what waits, for two seconds at most."""
        self._queue.put(None)
        self._thread.join(2)

    def _run(self) -> None:
        while (event := self._queue.get()) is not None:
            try:
                self._emit(event)
            except Exception:
                # Delivery is best effort on AWS too: whoever waits must also look for itself.
                log.exception("an event of %s was not delivered", event["resources"])

    def _event(self, job: TrainingJob | TuningJob) -> dict[str, Any]:
        if isinstance(job, TuningJob):
            kind, operation = TUNING_JOB_EVENT, "DescribeHyperParameterTuningJob"
            description = describe_tuning_job(job)
        else:
            kind, operation = TRAINING_JOB_EVENT, "DescribeTrainingJob"
            description = describe_training_job(job)
        shape = self._wire.model.operation_model(operation).output_shape
        detail = render(shape, description, moment=_milliseconds)
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": kind,
            "source": "aws.sagemaker",
            "account": ACCOUNT,
            "time": now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": [job.arn],
            "detail": {**detail, "Tags": dict(job.tags)},
        }


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
