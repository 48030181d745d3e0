"""Executions of the state machine, as Step Functions describes them to StopJobs.

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
from tunedrop.failures.error_causes import ErrorCause, read_cause
from tunedrop.failures.error_meanings import ABORTED
from tunedrop.records import parse_json

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

GOES_ON: Final = ("RUNNING", "PENDING_REDRIVE")
_UNSUCCESSFUL: Final = ("ABORTED", "TIMED_OUT", "FAILED")


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
            said = ": ".join(part for part in (self.error, self.cause) if part)
            return ErrorCause(ABORTED, said)
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
