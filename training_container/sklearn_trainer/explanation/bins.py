"""Cuts numbers into bins of about equal count, and writes their ends as people do."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sklearn_trainer.data.values import Floats
from tunedrop_common.shown_numbers import number

FEWEST_ROWS = 20
"""Of a bin that is shown: fewer would say something about single rows."""

SIGNIFICANT = 2
"""Digits after the first one of the numbers' spread that the end of a bin is rounded to."""

YEARS = 1500, 2200
"""Whole numbers from and to these are written without a comma."""

_ALL_DIGITS = 15  # that a float has

Bins = npt.NDArray[np.int64]


def equal_cuts(values: Floats, most: int, fewest: int = FEWEST_ROWS) -> Floats:
    """Return where to cut the values into at most so many bins of about equal count.

    A bin has the values above its lower cut, up to and with its upper one.
    """
    bins = min(most, len(values) // fewest)
    if bins < 2:
        return np.empty(0)
    return kept_cuts(values, np.quantile(values, np.arange(1, bins) / bins), fewest)


def kept_cuts(values: Floats, cuts: Floats, fewest: int = FEWEST_ROWS) -> Floats:
    """Return those of the cuts that leave enough values in each bin."""
    cuts = np.unique(cuts)
    counts = np.bincount(bin_of(values, cuts), minlength=len(cuts) + 1)
    kept, inside, left = [], 0, len(values)
    for cut, count in zip(cuts.tolist(), counts.tolist(), strict=False):
        inside += count
        if inside >= fewest and left - inside >= fewest:
            kept.append(cut)
            left -= inside
            inside = 0
    return np.array(kept, dtype=np.float64)


def bin_of(values: Floats, cuts: Floats) -> Bins:
    """Return the number of each value's bin, from 0."""
    return np.searchsorted(cuts, values, side="left").astype(np.int64)


@dataclass(frozen=True)
class Scale:
    """How numbers of one kind are rounded and written.

    Parameters
    ----------
    whole
        Whether there are whole numbers only: a bin then begins with the one after its cut.
    digits
        After the point; below 0, before it.
    write
        Writes one number; None: as a plain number.
    """

    whole: bool
    digits: int
    write: Callable[[float], str] | None = None

    @classmethod
    def of(cls, values: Floats) -> Scale:
        """Return the scale of some numbers, by their spread."""
        whole = bool((values == np.floor(values)).all())
        low, high = np.quantile(values, (0.1, 0.9)) if len(values) else (0.0, 0.0)
        spread = float(high - low) or float(np.ptp(values)) if len(values) else 0.0
        known = spread > 0 and math.isfinite(spread)
        digits = SIGNIFICANT - math.floor(math.log10(spread)) if known else SIGNIFICANT
        years = whole and len(values) > 0 and YEARS[0] <= values.min() and values.max() <= YEARS[1]
        return cls(whole, min(digits, 0) if whole else digits, _year if years else None)

    def rounded(self, cuts: Floats) -> Floats:
        """Return cuts as they will be written."""
        return np.array([round(cut, self.digits) for cut in cuts.tolist()], dtype=np.float64)

    def text(self, value: float) -> str:
        """Return a rounded number as people write it: 25,230."""
        return self.write(value) if self.write else number(value, _ALL_DIGITS)

    def between(self, low: float | None, high: float | None) -> str:
        """Return the name of a bin by its cuts; None where it has no end."""
        if low is None:
            return "all" if high is None else f"up to {self.text(high)}"
        first = low + 1 if self.whole else low
        if high is None:
            return f"{self.text(first)} or more" if self.whole else f"above {self.text(low)}"
        alone = self.whole and first == high
        return self.text(high) if alone else f"{self.text(first)} to {self.text(high)}"

    def names(self, cuts: Floats) -> list[str]:
        """Return the names of all bins between some cuts."""
        ends = [None, *cuts.tolist(), None]
        return [self.between(low, high) for low, high in pairwise(ends)]


def _year(value: float) -> str:
    return f"{value:.0f}"
