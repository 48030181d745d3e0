"""Executions of the state machine and their errors, as Step Functions describes them.

An event says that an execution has ended, but it may come late, twice or not at all, and a redrive
may have set the execution going again: what counts is the answer to DescribeExecution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from tunedrop.aws_errors import code_of, translated
from tunedrop.records import parse_json

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

GOES_ON: Final = ("RUNNING", "PENDING_REDRIVE")
_UNSUCCESSFUL: Final = ("ABORTED", "TIMED_OUT", "FAILED")
# The error's name if a user stopped the execution.
ABORTED = "Aborted"


@dataclass(frozen=True)
class ErrorCause:
    """An error's name, and its message without the wrapping."""

    name: str
    message: str


def read_cause(name: str, cause: str) -> ErrorCause:
    """Unwrap the Cause of a Lambda's error; a Cause that is not a Lambda's is the message."""
    try:
        wrapped = parse_json(cause)
    except ValueError:
        return ErrorCause(name, cause.strip())
    if not isinstance(wrapped, dict) or "errorMessage" not in wrapped:
        return ErrorCause(name, cause.strip())
    return ErrorCause(
        # Step Functions calls some of a Lambda's errors States.TaskFailed, and only here by name.
        str(wrapped.get("errorType") or name) if name in ("States.TaskFailed", "") else name,
        str(wrapped["errorMessage"]).strip(),
    )


@dataclass(frozen=True)
class Execution:
    """One execution; `input` is whatever a person or an event gave it."""

    status: str
    input: Any
    error: str
    cause: str

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and no redrive has set it going again."""
        return self.status not in GOES_ON

    @property
    def failure(self) -> ErrorCause:
        """Why it did not succeed."""
        if self.status == "ABORTED":
            return ErrorCause(ABORTED, ": ".join(filter(None, (self.error, self.cause))))
        if self.status == "TIMED_OUT":
            return ErrorCause("States.Timeout", self.cause)
        return read_cause(self.error or "Unknown", self.cause)


def describe(stepfunctions: SFNClient, arn: str) -> Execution | None:
    """Ask for an execution; None when Step Functions knows none, or has forgotten it."""
    with translated():
        try:
            answer = stepfunctions.describe_execution(executionArn=arn)
        except ClientError as error:
            if code_of(error) == "ExecutionDoesNotExist":
                return None
            raise
    return Execution(
        status=answer["status"],
        input=_read_input(answer.get("input", "null")),
        error=answer.get("error") or "",
        cause=answer.get("cause") or "",
    )


def _read_input(text: str) -> Any:
    """Return an execution's input; None where it is nested more deeply than any of ours."""
    try:
        return parse_json(text)
    except ValueError:
        return None


def ended_since(
    stepfunctions: SFNClient, state_machine: str, since: datetime, most: int
) -> Iterator[str]:
    """List the executions that ended without success since then, the newest `most` of each kind."""
    pages = stepfunctions.get_paginator("list_executions")
    for status in _UNSUCCESSFUL:
        with translated():
            listed = pages.paginate(stateMachineArn=state_machine, statusFilter=status)
            entries = (entry for page in listed for entry in page["executions"])
            for entry in islice(entries, most):
                if entry.get("stopDate", since) >= since:
                    yield entry["executionArn"]
