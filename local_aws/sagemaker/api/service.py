"""The service: one request in, one answer out.

`Service.handle` finds the operation, lets `Wire` check and parse the request, calls the operation,
and turns errors into the answers that AWS clients expect.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore import xform_name

from local_aws.conditions import CurrentConditions
from local_aws.sagemaker.api.descriptions import Events
from local_aws.sagemaker.api.operations import Operations
from local_aws.sagemaker.api.wire import Wire
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.jobs.interpreter import ContainerEntryPoint, Interpreter
from local_aws.sagemaker.jobs.job_replay import JobReplay
from local_aws.sagemaker.jobs.log_lines import LogLines
from local_aws.sagemaker.jobs.s3 import Bucket, Channels, create_client
from local_aws.sagemaker.jobs.scheduler import MemoryBound, Scheduler
from local_aws.sagemaker.jobs.store import Job, Store
from local_aws.sagemaker.jobs.training_job import INTERNAL_ERROR
from local_aws.sagemaker.jobs.training_run import TrainingRuns

log = logging.getLogger(__name__)

Answer = tuple[int, dict[str, str], bytes]

INTERRUPTED = f"{INTERNAL_ERROR}: The local AWS stopped while the job was running."

# Another program may import scikit-learn at the same time, on a slow disk.
_START_SECONDS = 120.0


class Service:
    """SageMaker's tuning API, which answers once it was started.

    Parameters
    ----------
    root
        A folder of the service's own, made when missing; its jobs survive `close` and a new start.
    endpoint_url
        The endpoint of S3 and CloudWatch Logs, called from the first training job on.
    emit
        Gets each state-change event as EventBridge would deliver it, in order, from one thread of
        the service's own; it may block and may raise.
    entry_point
        The program that runs in place of every training image.
    conditions
        Quotas and simulated faults.
    concurrency
        Most training jobs that run at once on this machine; more wait for their turn. None is one a
        core.
    grace_seconds
        Between SIGTERM and SIGKILL when a training job is stopped; 120 as on AWS.
    """

    def __init__(
        self,
        root: Path,
        endpoint_url: str,
        emit: Callable[[dict[str, Any]], None],
        entry_point: ContainerEntryPoint,
        conditions: CurrentConditions,
        concurrency: int | None = None,
        grace_seconds: float = 120.0,
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._closed = False
        self._conditions = conditions
        self._wire = Wire()
        self._store = Store(root / "jobs.json")
        self._events = Events(emit, self._wire)
        self._interpreter = Interpreter(entry_point, grace_seconds)
        self._log_lines = LogLines(create_client("logs", endpoint_url, attempts=1))
        slots = concurrency or os.cpu_count() or 1
        self._scheduler = self._make_scheduler(root, endpoint_url, slots)
        self._operations = Operations(self._store, self._scheduler, conditions, self._changed)
        self._started = threading.Event()

    def _make_scheduler(self, root: Path, endpoint_url: str, slots: int) -> Scheduler:
        bucket, memory = Bucket(endpoint_url), MemoryBound()
        # A killed server may have left files there.
        shutil.rmtree(root / "running", ignore_errors=True)
        runs = TrainingRuns(
            folder=root / "running",
            interpreter=self._interpreter,
            channels=Channels(bucket, root / "cache"),
            bucket=bucket,
            log_lines=self._log_lines,
            conditions=self._conditions,
            memory=memory,
            replay=JobReplay(bucket, self._conditions),
            endpoint_url=endpoint_url,
        )
        return Scheduler(slots, memory, runs.run)

    def start(self) -> None:
        """Fail jobs that were active when the server ended; call it once events can be delivered.

        Requests wait until then.
        """
        for training_job in self._store.training_jobs():
            if not training_job.is_over:
                training_job.finish("Failed", "Failed", INTERRUPTED)
                self._changed(training_job)
        for tuning_job in self._store.tuning_jobs():
            if not tuning_job.is_over:
                tuning_job.change("Failed", INTERRUPTED)
                self._changed(tuning_job)
        self._started.set()

    def handle(self, target: str, body: bytes) -> Answer:
        """Answer one request, by its header `x-amz-target` and its body."""
        self._started.wait(_START_SECONDS)
        request_id = str(uuid.uuid4())
        try:
            status, content = 200, self._answer(target, body)
        except SageMakerError as error:
            status, content = error.status, _error(error.code, error.message)
        except Exception:
            log.exception("request %s (%s) failed", request_id, target)
            message = f"The local SageMaker failed; its log has request {request_id}."
            status, content = 500, _error("InternalFailure", message)
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "content-length": str(len(content)),
            "x-amzn-requestid": request_id,
        }
        return status, headers, content

    def close(self) -> None:
        """Save all jobs, then stop every child process, within seconds."""
        self._closed = True
        self._store.save()
        self._interpreter.close()
        self._scheduler.close(timeout=2)
        self._events.close()
        self._log_lines.close()

    def _changed(self, job: Job) -> None:
        """Store and announce a job with a new status, unless a stop of the server ended it."""
        if not self._closed:
            self._store.add(job)
            self._events.publish(job)

    def _answer(self, target: str, body: bytes) -> bytes:
        if self._closed:
            raise SageMakerError("ServiceUnavailable", "The local AWS is shutting down.", 503)
        name = target.rpartition(".")[2]
        is_known = name in self._wire.model.operation_names
        operation = getattr(self._operations, xform_name(name), None) if is_known else None
        if operation is None:
            message = f"The local SageMaker does not answer {name or 'this request'}."
            raise SageMakerError("UnknownOperationException", message)
        if self._conditions.happens(self._conditions.now.throttled_requests):
            raise SageMakerError("ThrottlingException", "Rate exceeded")
        return self._wire.render(name, operation(self._wire.parse(name, body)))


def _error(code: str, message: str) -> bytes:
    return json.dumps({"__type": code, "message": message}).encode()
