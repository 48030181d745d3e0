"""How people read numbers, times and amounts: one way in the report, the index and the command."""

from __future__ import annotations

import math
from datetime import UTC, datetime


def number(value: float | None, digits: int = 4) -> str:
    """Return a number as people read it, with `digits` significant ones, a dash for none.

    Example
    -------
    >>> number(0.9533333), number(12345.678), number(1e-7), number(None)
    ('0.9533', '12,346', '1e-07', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1) and abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def score(value: float | None) -> str:
    """Return a score with four decimals, so that columns of scores line up.

    Example
    -------
    >>> score(0.958), score(-53.25), score(0.00012)
    ('0.9580', '-53.25', '0.00012')
    """
    if value is None or not math.isfinite(value) or not 0.01 <= abs(value) < 10:
        return number(value)
    return f"{value:.4f}"


def interval(low: float | None, high: float | None) -> str:
    """Return both ends of an interval of scores."""
    return "" if low is None or high is None else f"{score(low)} to {score(high)}"


def duration(seconds: float | None) -> str:
    """Return a time span in the two largest units that matter.

    Example
    -------
    >>> duration(42), duration(150), duration(7300)
    ('42 s', '2 min 30 s', '2 h 1 min')
    """
    if seconds is None or not math.isfinite(seconds):
        return "-"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    return f"{whole // 3600} h" + (f" {whole % 3600 // 60} min" if whole % 3600 // 60 else "")


def moment(time: datetime | None) -> str:
    """Return a time to the second, in UTC."""
    return "-" if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def money(usd: float) -> str:
    """Return US dollars with as many digits as say something."""
    return f"${usd:,.2f}" if usd >= 0.1 else f"${usd:.4f}"


def count(amount: int, one: str, many: str | None = None) -> str:
    """Return an amount with its noun."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def one_line(text: str, limit: int = 500) -> str:
    """Return text on one line and of bounded length, control characters left out."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
