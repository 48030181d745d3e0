"""Axes of the search's charts: the objective's, which survives outliers, and logarithmic ones."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import quantiles
from typing import Any


@dataclass(frozen=True)
class ObjectiveAxis:
    """Limits of the objective's axis; `outliers` are so bad that they are drawn at its edge."""

    low: float
    high: float
    outliers: int

    @property
    def scale(self) -> dict[str, Any]:
        """The scale of the axis, as Vega-Lite takes it."""
        return {"domain": [self.low, self.high], "clamp": True, "nice": False}


def objective_axis(values: Iterable[float], sign: int = 1) -> ObjectiveAxis:
    """Choose limits which show the good values apart even when a few are terrible.

    R² has no lower limit: one diverged training job at -1e9 would flatten all others. So the axis
    ends three interquartile ranges below the first quartile: beyond, Tukey calls a value far out.
    With `sign` -1 small values are the good ones, so large ones are cut off.
    """
    scores = sorted(sign * value for value in values)
    if not scores:
        return ObjectiveAxis(0.0, 1.0, 0)
    low, high = scores[0], scores[-1]
    if len(scores) >= 4:
        first, _, third = quantiles(scores, n=4, method="inclusive")
        fence = first - 3 * (third - first)
        if third > first and low < fence:
            low = min(value for value in scores if value >= fence)
    padding = (high - low) * 0.06 or abs(high) * 0.05 or 0.05
    low, high = low - padding, high + padding
    outliers = sum(value < low for value in scores)
    return ObjectiveAxis(min(sign * low, sign * high), max(sign * low, sign * high), outliers)


def log_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Choose round numbers for a logarithmic axis: powers of ten, or 1, 2 and 5 of each if few.

    Without them Vega draws a line at each multiple of each power, and labels whichever fit.

    Example
    -------
    >>> log_ticks(0.01, 1), log_ticks(1e-6, 1e3)
    ([0.01, 0.1, 1.0], [1e-06, 0.0001, 0.01, 1.0, 100.0])
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1, 2, 5) if math.log10(high / low) < 1.5 else (1,)
    ticks = [float(f"{step}e{power}") for power in range(first, last + 1) for step in steps]
    ticks = [value for value in ticks if low <= value * (1 + 1e-9) and value <= high * (1 + 1e-9)]
    return ticks[:: math.ceil(len(ticks) / most)] if ticks else []
