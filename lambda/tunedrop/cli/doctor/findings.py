"""What a check is and what it finds; what the caller may not see is unknown, never an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from tunedrop.cli.doctor.deployed import Deployed
from tunedrop.cli.errors import is_denied
from tunedrop.errors import TunedropError

Verdict = Literal["ok", "wrong", "unknown"]

# "User: arn:... is not authorized to perform: ecr:DescribeImages on resource: ..."
_ACTION = re.compile(r"perform: (?P<action>[\w-]+:\w+)")


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what is so, and what to do where it is wrong."""

    verdict: Verdict
    text: str
    to_do: str = ""


@dataclass(frozen=True)
class Check:
    """Looks at one subject.

    Parameters
    ----------
    needs
        The caller's permissions without which it knows nothing.
    """

    subject: str
    needs: tuple[str, ...]
    look: Callable[[Deployed], Iterator[Finding]]


def ok(text: str) -> Finding:
    """Return that something is right."""
    return Finding("ok", text)


def wrong(text: str, to_do: str) -> Finding:
    """Return that something is wrong, with the way out."""
    return Finding("wrong", text, to_do)


def unknown(text: str) -> Finding:
    """Return that something cannot be seen."""
    return Finding("unknown", text)


def diagnose(checks: Iterable[Check], deployed: Deployed) -> Iterator[tuple[str, Finding]]:
    """Yield what all checks find, with the subject of each."""
    for check in checks:
        for finding in _look(check, deployed):
            yield check.subject, finding


def _look(check: Check, deployed: Deployed) -> Iterator[Finding]:
    try:
        yield from check.look(deployed)
    except (ClientError, BotoCoreError, TunedropError) as error:
        yield unknown(_why(check, error))


def _why(check: Check, error: Exception) -> str:
    if isinstance(error, ClientError) and is_denied(error):
        named = _ACTION.search(str(error))
        return f"needs {named['action'] if named else ' and '.join(check.needs)}"
    return f"AWS does not say: {error}" if not isinstance(error, TunedropError) else str(error)
