"""What the state machine knows of an error: a name and a Cause, in the shapes that AWS gives them.

RecordFailure and StopJobs read it here; `failures` says what it means for people.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

# Quoted as by repr, or a number with a few words: nothing else is certain to end where it seems to.
_FOUND = re.compile(
    r"""Found\ (?P<found> '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | \d[\d,.]*(?:\ [a-z]+){0,4} )
        (?:;\ expected\ (?P<expected>.*?))?
        \.(?:\s+(?P<to_do>.*))?""",
    re.VERBOSE | re.DOTALL,
)
_EXPECTED = re.compile(r"Expected (?P<expected>.*?)\.(?:\s+(?P<to_do>.*))?", re.DOTALL)
_COMPARISON = re.compile(r"\. (?=Found |Expected )")
_WHERE = re.compile(r"(?P<what>.*) \((?P<where>[^()]*)\)", re.DOTALL)


@dataclass(frozen=True)
class ErrorCause:
    """An error's name, and its message without the wrapping."""

    name: str
    message: str


@dataclass(frozen=True)
class MessageParts:
    """The parts of a `UserInputError`'s message; "" where a part is missing or uncertain.

    Only `found` may quote people's data; no other part does.
    """

    what: str
    where: str = ""
    found: str = ""
    expected: str = ""
    to_do: str = ""


def read_cause(name: str, cause: str) -> ErrorCause:
    """Unwrap the Cause of a Lambda's error; a Cause that is not a Lambda's is the message."""
    try:
        wrapped = json.loads(cause)
    except ValueError:
        return ErrorCause(name, cause.strip())
    if not isinstance(wrapped, dict) or "errorMessage" not in wrapped:
        return ErrorCause(name, cause.strip())
    return ErrorCause(
        # Step Functions calls some of a Lambda's errors States.TaskFailed, and only here by name.
        str(wrapped.get("errorType") or name) if name in ("States.TaskFailed", "") else name,
        str(wrapped["errorMessage"]).strip(),
    )


def split_message(message: str) -> MessageParts:
    """Take the message of a `UserInputError` apart again, as far as that is certain.

    Example
    -------
    >>> split_message("Unknown key (tuning.yaml, line 3). Found 'targett'. Write 'target'.").to_do
    "Write 'target'."
    """
    comparison = _COMPARISON.search(message)
    if comparison is None:
        head, _, to_do = message.partition(". ")
        return MessageParts(*_what_and_where(head), to_do=to_do.strip())
    what, where = _what_and_where(message[: comparison.start()])
    tail = message[comparison.end() :]
    match = _FOUND.fullmatch(tail) or _EXPECTED.fullmatch(tail)
    parts = {} if match is None else {k: v for k, v in match.groupdict().items() if v}
    return MessageParts(what, where, **parts)


def _what_and_where(head: str) -> tuple[str, str]:
    head = head.rstrip(".")
    match = _WHERE.fullmatch(head)
    return (match["what"], match["where"]) if match else (head, "")
