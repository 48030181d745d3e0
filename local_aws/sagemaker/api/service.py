"""The front door: one request in, one answer out.

`Service.handle` finds the operation, lets `Wire` check and parse the request, calls the operation,
and turns errors into the answers that AWS clients expect.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.conditions import CurrentConditions
from local_aws.sagemaker.api.events import Events
from local_aws.sagemaker.api.query_operations import QueryOperations
from local_aws.sagemaker.api.training_operations import TrainingOperations
from local_aws.sagemaker.api.tuning_operations import TuningOperations
from local_aws.sagemaker.api.wire import Wire
from local_aws.sagemaker.errors import (
    SageMakerError,
    ServiceStopped,
    Throttled,
    UnknownOperation,
)
from local_aws.sagemaker.jobs.artifacts import Artifacts
from local_aws.sagemaker.jobs.channels import Channels
from local_aws.sagemaker.jobs.entry_point import ContainerEntryPoint
from local_aws.sagemaker.jobs.interpreters import Interpreters
from local_aws.sagemaker.jobs.logs import Logs
from local_aws.sagemaker.jobs.memory import MemoryBound
from local_aws.sagemaker.jobs.metric_publisher import MetricPublisher
from local_aws.sagemaker.jobs.names import Names
from local_aws.sagemaker.jobs.options import Options
from local_aws.sagemaker.jobs.recovery import ended_lately, recover
from local_aws.sagemaker.jobs.s3 import Bucket, create_client
from local_aws.sagemaker.jobs.scheduler import Scheduler
from local_aws.sagemaker.jobs.store import Job, Store
from local_aws.sagemaker.jobs.training_run import ContainerRunner
from local_aws.sagemaker.jobs.tuning_job import TuningJob

log = logging.getLogger(__name__)

Answer = tuple[int, dict[str, str], bytes]
Operation = Callable[[dict[str, Any]], dict[str, Any]]

# Another program may import scikit-learn at the same time, on a slow disk.
_START_SECONDS = 120.0


class Service:
    """SageMaker's tuning API; made by `create_service`, and answering once it was started."""

    def __init__(
        self,
        root: Path,
        endpoint_url: str,
        emit: Callable[[dict[str, Any]], None],
        entry_point: ContainerEntryPoint,
        options: Options,
        conditions: CurrentConditions,
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._closed = False
        self._conditions = conditions
        self._wire = Wire()
        self._store = Store(root)
        self._events = Events(emit, self._wire)
        self._launcher = Interpreters(entry_point, fork=options.fork)
        cloudwatch: dict[str, Any] = {"logs": None, "cloudwatch": None}
        if options.cloudwatch:
            for name in cloudwatch:
                cloudwatch[name] = create_client(name, endpoint_url, options.region, attempts=1)
        self._logs = Logs(root / "logs", cloudwatch["logs"])
        self._metrics = MetricPublisher(cloudwatch["cloudwatch"])
        bucket = Bucket(endpoint_url, options.region)
        memory = MemoryBound()
        workspaces = root / "running"
        # What a killed server left there belongs to nobody.
        shutil.rmtree(workspaces, ignore_errors=True)
        runner = ContainerRunner(
            folder=workspaces,
            launcher=self._launcher,
            channels=Channels(bucket, root / "cache"),
            artifacts=Artifacts(bucket),
            conditions=conditions,
            memory=memory,
            logs=self._logs,
            metrics=self._metrics,
            endpoint_url=endpoint_url,
            grace_seconds=options.grace_seconds,
        )
        self._scheduler = Scheduler(options.concurrency, memory, runner.run)
        parts = (self._store, self._scheduler, Names(options), conditions, self._changed)
        self._tuning, self._training = TuningOperations(*parts), TrainingOperations(*parts)
        self._operations: dict[str, Operation] = {
            **self._tuning.operations(),
            **self._training.operations(),
            **QueryOperations(self._store, self._wire).operations(),
        }
        self._started = threading.Event()
        self._store.load()

    def start(self) -> None:
        """Let the jobs go on that ran when the server ended; call it once S3 answers.

        Requests wait until then.
        """

        def go_on(job: Job) -> None:
            if isinstance(job, TuningJob):
                self._tuning.take_up(job)
            else:
                self._training.take_up(job)

        untold = ended_lately(self._store)
        recover(self._store, self._changed, go_on)
        for job in untold:
            self._events.publish(job)
        self._started.set()

    def handle(self, target: str, body: bytes) -> Answer:
        """Answer one request.

        Parameters
        ----------
        target
            The header `x-amz-target`, such as `SageMaker.ListTrainingJobs`.
        body
            The request's JSON.

        Returns
        -------
        tuple of status, headers and body
        """
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
        """Stop every child process within seconds; a restart finds what was running as failed."""
        if self._closed:
            return
        self._closed = True
        self._store.close()
        self._launcher.close()
        self._scheduler.close(timeout=2)
        self._events.close()
        self._logs.close()
        self._metrics.close()

    def _changed(self, job: Job) -> None:
        """Keep a job's new status and tell the world, unless a restart will find it interrupted."""
        if self._closed:
            return
        if not self._store.add(job):
            self._store.save(job)
        self._events.publish(job)

    def _answer(self, target: str, body: bytes) -> bytes:
        if self._closed:
            raise ServiceStopped("The local AWS is shutting down.")
        name = target.rpartition(".")[2]
        operation = self._operations.get(name)
        if operation is None:
            raise UnknownOperation(f"The local SageMaker does not answer {name or 'this request'}.")
        if self._conditions.happens(self._conditions.now.throttled_requests):
            raise Throttled("Rate exceeded")
        return self._wire.render(name, operation(self._wire.parse(name, body)))


def _error(code: str, message: str) -> bytes:
    return json.dumps({"__type": code, "message": message}).encode()
