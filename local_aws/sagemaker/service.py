"""The front door: one request in, one answer out.

`Service.handle` finds the operation, lets `Wire` check and parse the request, calls the operation,
and turns errors into the answers that AWS clients expect.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.sagemaker.entry_point import ContainerEntryPoint
from local_aws.sagemaker.errors import SageMakerError, ServiceStopped, UnknownOperation
from local_aws.sagemaker.options import Options
from local_aws.sagemaker.wire import Wire

log = logging.getLogger(__name__)

Answer = tuple[int, dict[str, str], bytes]
Operation = Callable[[dict[str, Any]], dict[str, Any]]


class Service:
    """SageMaker's tuning API; made by `create_service`."""

    def __init__(
        self,
        root: Path,
        endpoint_url: str,
        emit: Callable[[dict[str, Any]], None],
        entry_point: ContainerEntryPoint,
        options: Options,
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._wire = Wire()
        self._operations: dict[str, Operation] = {}
        self._closed = False

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
        """Stop every child process within seconds; what was running is kept as failed."""
        self._closed = True

    def _answer(self, target: str, body: bytes) -> bytes:
        if self._closed:
            raise ServiceStopped("The local AWS is shutting down.")
        name = target.rpartition(".")[2]
        operation = self._operations.get(name)
        if operation is None:
            raise UnknownOperation(f"The local SageMaker does not answer {name or 'this request'}.")
        return self._wire.render(name, operation(self._wire.parse(name, body)))


def _error(code: str, message: str) -> bytes:
    return json.dumps({"__type": code, "message": message}).encode()
