"""Turns what botocore raises into the errors that the state machine knows by name.

Wrap calls with `translated()`. Errors that are nobody's fault but ours (AccessDenied, a bad
request) pass through unchanged: they end the run and name themselves.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

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

from tunedrop.errors import (
    LimitRefused,
    QuotaExceeded,
    QuotaTooSmall,
    Throttled,
    TransientAwsError,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from botocore.response import StreamingBody

# Besides those whose code has "Throttl" in it.
_THROTTLING = frozenset({
    "BandwidthLimitExceeded", "RequestLimitExceeded", "SlowDown", "TooManyRequestsException",
})  # fmt: skip
_QUOTA = frozenset({"ResourceLimitExceeded", "LimitExceededException", "ServiceQuotaExceeded"})
# Besides those whose status is 500 or more.
_TRANSIENT = frozenset({"OperationAborted", "RequestTimeout", "RequestTimeoutException"})

_BROKEN = (BrokenConnection, HTTPClientError, IncompleteReadError, ResponseStreamingError)

# "The account-level service limit 'ml.m5.large for training job usage' is 0 Instances, with current
# utilization of 0 Instances and a request delta of 1 Instances."; older ones: "service limit for
# training-job/ml.p2.xlarge is 0 Instances, ...".
_LIMIT = re.compile(
    r"service limit (?:'(?P<quoted>[^']*)'|for (?P<plain>\S+)) is (?P<limit>\d+)\b"
    r".*?current utilization of (?P<used>\d+)\b.*?request delta of (?P<delta>\d+)\b",
    re.DOTALL,
)


@dataclass(frozen=True)
class Quota:
    """What AWS says of a quota that a request is beyond."""

    name: str
    limit: int
    used: int
    delta: int


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


class ArrivingBody(io.RawIOBase):
    """The body of an answer as a file: what breaks on the way is no fault of what is in it."""

    def __init__(self, body: StreamingBody) -> None:
        super().__init__()
        self._body = body

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer from its start; 0 bytes at the end."""
        room = memoryview(buffer).cast("B")
        with translated():
            data = self._body.read(len(room))
        room[: len(data)] = data
        return len(data)


def translate(error: ClientError | BotoCoreError) -> Exception:
    """Return our error for one of botocore's, or that error itself when we have none."""
    if isinstance(error, _BROKEN):
        return TransientAwsError(f"The connection to AWS broke: {error}")
    if not isinstance(error, ClientError):
        return error
    code, status = code_of(error), status_of(error)
    if "Throttl" in code or code in _THROTTLING or status == 429:
        return Throttled(str(error))
    if code in _QUOTA:
        return _quota(str(error))
    if code in _TRANSIENT or status >= 500:
        return TransientAwsError(str(error))
    return error


def code_of(error: ClientError) -> str:
    """Return the error code of AWS's answer, such as NoSuchKey; for a bare HEAD the status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """Return the HTTP status of AWS's answer; 0 when there was none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def read_quota(message: str) -> Quota | None:
    """Read which quota AWS's words are about; None for words in another form."""
    match = _LIMIT.search(message)
    if match is None:
        return None
    name = match["quoted"] or match["plain"]
    return Quota(name, int(match["limit"]), int(match["used"]), int(match["delta"]))


def _quota(message: str) -> Exception:
    """Distinguish a quota in use from one that can never fit the request, and both from others.

    Others: "The requested resource training-job/ml.p2.xlarge is not available in this region".
    """
    quota = read_quota(message)
    if quota is None:
        return LimitRefused(message)
    if quota.limit < quota.delta:
        return QuotaTooSmall(message)
    return QuotaExceeded(message) if quota.used else LimitRefused(message)
