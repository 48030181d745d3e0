"""Turns what botocore raises into the errors that the state machine knows by name.

Wrap calls with `translated()`. Errors that are nobody's fault but ours (AccessDenied, a bad
request) pass through unchanged: they end the run and name themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.exceptions import (
    ConnectionError as BrokenConnection,
)

from tunedrop.errors import QuotaExceeded, QuotaTooSmall, Throttled, TransientAwsError

_THROTTLING = frozenset({
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "BandwidthLimitExceeded",
    "SlowDown",
})  # fmt: skip
_QUOTA = frozenset({"ResourceLimitExceeded", "LimitExceededException", "ServiceQuotaExceeded"})
_TRANSIENT = frozenset({
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "OperationAborted",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
})  # fmt: skip

_BROKEN = (BrokenConnection, HTTPClientError, IncompleteReadError, ResponseStreamingError)

# "The account-level service limit 'ml.m5.large for training job usage' is 0 Instances, with current
# utilization of 0 Instances and a request delta of 1 Instances."
_LIMIT = re.compile(r"service limit '(?P<name>[^']*)' is (?P<limit>\d+)")
_DELTA = re.compile(r"request delta of (?P<delta>\d+)")


@contextmanager
def translated() -> Iterator[None]:
    """Raise our own errors instead of botocore's, where the state machine treats them apart.

    Example
    -------
    >>> with translated():
    ...     sagemaker.stop_training_job(TrainingJobName=name)
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        ours = translate(error)
        if ours is error:
            raise
        raise ours from error


def translate(error: ClientError | BotoCoreError) -> Exception:
    """Return our error for one of botocore's, or that error itself when we have none."""
    if isinstance(error, ClientError):
        return _translate_answer(error)
    if isinstance(error, _BROKEN):
        return TransientAwsError(f"The connection to AWS broke: {error}")
    return error


def code_of(error: ClientError) -> str:
    """Return the error code of AWS's answer, such as NoSuchKey; for a bare HEAD the status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """Return the HTTP status of AWS's answer; 0 when there was none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _translate_answer(error: ClientError) -> Exception:
    code, status = code_of(error), status_of(error)
    if code in _THROTTLING or status == 429:
        return Throttled(str(error))
    if code in _QUOTA:
        return _quota(str(error))
    if code in _TRANSIENT or status >= 500:
        return TransientAwsError(str(error))
    return error


def _quota(message: str) -> Exception:
    """Distinguish a quota that is used up from one that can never fit the request."""
    limit, delta = _LIMIT.search(message), _DELTA.search(message)
    if limit and int(limit["limit"]) < (int(delta["delta"]) if delta else 1):
        wanted = delta["delta"] if delta else "1"
        return QuotaTooSmall(
            f"The AWS quota {limit['name']!r} is {limit['limit']} and one job needs {wanted}. "
            "Ask for more in the Service Quotas console, or choose another instance type. "
            f"{message}"
        )
    return QuotaExceeded(message)
