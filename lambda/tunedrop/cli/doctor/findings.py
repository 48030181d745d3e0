"""What a check is and what it finds; what the caller may not see is unknown, never an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from tunedrop.cli.stack import Stack
from tunedrop.errors import TunedropError

Check = Callable[[Stack], Iterator["Finding"]]


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what is so, and what to do where it is wrong."""

    verdict: Literal["ok", "wrong", "unknown"]
    text: str
    to_do: str = ""


def ok(text: str) -> Finding:
    """Return that something is right."""
    return Finding("ok", text)


def wrong(text: str, to_do: str) -> Finding:
    """Return that something is wrong, with the way out."""
    return Finding("wrong", text, to_do)


def unknown(text: str) -> Finding:
    """Return that something cannot be seen."""
    return Finding("unknown", text)


def findings(check: Check, stack: Stack) -> Iterator[Finding]:
    """Yield what a check finds."""
    try:
        yield from check(stack)
    except (ClientError, BotoCoreError, TunedropError) as error:
        yield unknown(str(error))
