"""Numbers as people read them: 25,230 and never 2.523e+04."""

from __future__ import annotations

import math

# Beyond these a power of ten reads better than its zeros.
_LEAST, _GREATEST = 1e-4, 1e15


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with `digits` significant ones, all whole ones, a dash for none.

    Example
    -------
    >>> number(0.9533333), number(12345.678), number(1e-7), number(None)
    ('0.9533', '12,346', '1e-07', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    if value == 0:
        return "0"
    # What rounding makes of it has one digit more now and then: 999.96 is 1,000.
    rounded = float(f"{value:.{digits}g}")
    if not _LEAST <= abs(rounded) < _GREATEST:
        return f"{value:.{digits}g}"
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
    if decimals <= 0:
        return f"{value:,.0f}"
    return f"{value:,.{decimals}f}".rstrip("0").rstrip(".")
