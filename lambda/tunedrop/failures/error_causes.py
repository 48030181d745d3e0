"""What the state machine knows of an error: a name and a Cause, in the shapes that AWS gives them.

RecordFailure and StopJobs read it here; `failures` says what it means for people.
"""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop.records import parse_json


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
