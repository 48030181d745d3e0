"""What the next attempt at a job asks for, after those that could not be finished.

Pure: the plan's machines and how the last attempt ended in, terms or None out. Every answer goes
down the plan's ladder, or asks for less on the same machine, so it ends by itself: a job has at
most three machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeGuard, get_args

from tunedrop_common.plan import FallbackInstance

# The first machine and two more; each can be paid for at most once.
MOST_MACHINES: Final = 3

Cause = Literal["capacity", "spot wait", "memory", "quota", "warm start"]

# What each cause is to people, after "on ml.m5.large: ".
WORDS: Final[dict[Cause, str]] = {
    "capacity": "AWS had no machine of this type",
    "spot wait": "no spot machine came in time",
    "memory": "out of memory",
    "quota": "the account's quota is too small",
    "warm start": "SageMaker refused the warm start",
}


@dataclass(frozen=True)
class Terms:
    """What an attempt asks for."""

    type: str
    spot: bool
    parallel: int
    warm_start: bool

    @property
    def machine(self) -> str:
        """The machine as people read it."""
        return f"{self.type} (spot)" if self.spot else self.type


@dataclass(frozen=True)
class Tried:
    """An attempt that is over; `cause` is why it was not finished, if more of them can help.

    `fits`: how many machines a quota that is too small has room for.
    """

    terms: Terms
    cause: Cause | None
    fits: int = 0


def next_terms(
    first: Terms, ladder: Sequence[FallbackInstance], last: Tried | None
) -> Terms | None:
    """Return what the attempt after the last one asks for; None when no other terms can help.

    Parameters
    ----------
    first
        What the plan asks for.
    ladder
        The plan's further machines, in order of size; none has less memory than the one before.
    last
        The last attempt; None before the first.
    """
    if last is None:
        return first
    if last.cause is None:
        return None
    if last.cause == "warm start":
        return replace(last.terms, warm_start=False) if last.terms.warm_start else None
    if last.cause == "quota" and 0 < last.fits < last.terms.parallel:
        return replace(last.terms, parallel=last.fits)
    rung = _rung_below(first, ladder, last)
    if rung is None:
        return None
    return replace(last.terms, type=rung.type, spot=rung.spot, parallel=first.parallel)


def is_cause(text: object) -> TypeGuard[Cause]:
    """Whether a text out of a document is one of the causes."""
    return text in get_args(Cause)


def _rung_below(
    first: Terms, ladder: Sequence[FallbackInstance], last: Tried
) -> FallbackInstance | None:
    machines = [FallbackInstance(type=first.type, spot=first.spot), *ladder][:MOST_MACHINES]
    here = FallbackInstance(type=last.terms.type, spot=last.terms.spot)
    if here not in machines:
        return None
    below = machines[machines.index(here) + 1 :]
    if last.cause == "memory":  # the same machine on demand has no more of it
        below = [rung for rung in below if rung.type != here.type]
    return below[0] if below else None
