"""Cuts a column into bins that have names which people read: `30 to 41`, `female`, `missing`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sklearn_trainer.data.values import Floats, Mask
from sklearn_trainer.explanation.intervals import Ints
from sklearn_trainer.schema import FEWEST_ROWS_OF_A_NAME, VERY_MANY_CATEGORIES
from tunedrop_common.number_format import number
from tunedrop_common.plan import Column

FEWEST_ROWS = 20
"""Of a bin that is shown: fewer would say something about single rows."""

MOST_NAMES = 50
"""Names of categories shown of one column."""

DIGITS = 3
"""Significant ones that the end of a bin has, of the spread of the numbers."""

YEARS = 1500, 2200
"""Whole numbers from and to these are written without a comma."""

_DAY, _MINUTE = 86_400_000_000, 60_000_000  # microseconds
_FEW_DAYS = 20


@dataclass(frozen=True)
class Bins:
    """The bin of each row, and the bins' names.

    Parameters
    ----------
    numbers
        Positions among the names; -1 for rows in no bin.
    """

    numbers: npt.NDArray[np.integer]
    names: tuple[str, ...]

    def cross(self, bins: Bins) -> Bins:
        """Return the rows that each two bins have in common."""
        numbers = self.numbers * len(bins.names) + bins.numbers
        return Bins(
            np.where((self.numbers < 0) | (bins.numbers < 0), -1, numbers),
            tuple(f"{first} and {second}" for first in self.names for second in bins.names),
        )


def cut_points(values: Floats, most: int, rounding: Callable[[float], float] = float) -> Floats:
    """Return the cuts between at most so many bins of about equal count, none with few rows.

    A bin has the values above its lower cut, up to and with its upper one.

    Parameters
    ----------
    rounding
        Rounds the cuts.
    """
    bins = min(most, len(values) // FEWEST_ROWS)
    if bins < 2:
        return np.empty(0)
    quantiles = np.quantile(values, np.arange(1, bins) / bins).tolist()
    cuts = sorted({rounding(cut) for cut in quantiles})
    chosen_cuts: list[float] = []
    start, ends = 0, np.searchsorted(np.sort(values), cuts, side="right")
    for cut, end in zip(cuts, ends.tolist(), strict=True):
        if end - start >= FEWEST_ROWS and len(values) - end >= FEWEST_ROWS:
            chosen_cuts.append(cut)
            start = end
    return np.array(chosen_cuts)


def assign_bins(values: Floats, cuts: Floats) -> Ints:
    """Return the number of each value's bin, from 0."""
    return np.searchsorted(cuts, values, side="left").astype(np.int64)


def split_evenly(values: Floats, most: int) -> list[Mask]:
    """Return a mask of each bin of about equal count; none where there are too few rows."""
    if len(values) < FEWEST_ROWS:
        return []
    cuts = cut_points(values, most)
    numbers = assign_bins(values, cuts)
    return [numbers == number for number in range(len(cuts) + 1)]


def bin_numbers(
    values: Floats, most: int, write: Callable[[float], str] | None = None, last: str = "or more"
) -> Bins:
    """Return the bins of numbers.

    Parameters
    ----------
    write
        Writes one of them; None: as a number.
    last
        What the last bin of whole numbers has that has no end.
    """
    are_integers = bool((values == np.floor(values)).all())
    years = (
        are_integers and len(values) > 0 and YEARS[0] <= values.min() and values.max() <= YEARS[1]
    )
    spread = float(np.subtract(*np.quantile(values, (0.9, 0.1)))) if len(values) else 0.0
    digits = 0 if spread <= 0 else DIGITS - 1 - math.floor(math.log10(spread))
    cuts = cut_points(
        values,
        most,
        lambda cut: round(math.floor(cut), min(digits, 0)) if are_integers else round(cut, digits),
    )
    write = write or ("{:.0f}".format if years else lambda value: number(value, 15))
    ends = [(write(cut + 1 if are_integers else cut), write(cut)) for cut in cuts.tolist()]
    if not ends:
        return Bins(assign_bins(values, cuts), ("all",))
    between = [low if low == high else f"{low} to {high}" for (low, _), (_, high) in pairwise(ends)]
    (_, first), (start, above) = ends[0], ends[-1]
    names = (f"up to {first}", *between, f"{start} {last}" if are_integers else f"above {above}")
    return Bins(assign_bins(values, cuts), names)


def bin_column(
    column: pd.Series[Any], rows: Ints, feature: Column, most: int, *, names: bool
) -> Bins:
    """Return the bins of some rows, named with the column; free text has only `missing`.

    Parameters
    ----------
    column
        Of all training rows: a category is named where enough of them have it.
    most
        Bins of numbers and of times.
    names
        Whether names of categories may be shown.
    """
    values = column.iloc[rows]
    is_present = values.notna().to_numpy(dtype=np.bool_)
    present = values[is_present]
    if feature.kind == "text" or feature.distinct > VERY_MANY_CATEGORIES:
        bins = Bins(np.full(len(present), -1), ())
    elif feature.kind == "categorical":
        bins = _bin_categories(column, present, names=names)
    elif feature.kind == "boolean":
        bins = Bins(present.to_numpy().astype(np.int64), ("false", "true"))
    else:
        bins = _bin_quantities(present, feature, most)
    numbers = np.full(len(rows), len(bins.names), dtype=np.int32)
    numbers[is_present] = bins.numbers
    return Bins(numbers, tuple(f"{feature.name} {name}" for name in (*bins.names, "missing")))


def _bin_categories(column: pd.Series[Any], values: pd.Series[Any], *, names: bool) -> Bins:
    counts = column.value_counts()
    shown = counts.index[counts >= FEWEST_ROWS_OF_A_NAME][:MOST_NAMES]
    numbers = shown.get_indexer(pd.Index(values))
    labels = shown if names else [f"category no. {number}" for number in range(1, len(shown) + 1)]
    return Bins(
        np.where(numbers < 0, len(shown), numbers), (*map(str, labels), "of a rare category")
    )


def _bin_quantities(values: pd.Series[Any], feature: Column, most: int) -> Bins:
    if feature.kind == "duration":
        return bin_numbers(np.floor(values.to_numpy(dtype=np.float64)), most, _duration, "or later")
    if feature.kind != "datetime":
        return bin_numbers(values.to_numpy(dtype=np.float64), most)
    times = values.astype("int64").to_numpy().astype(np.float64)
    unit = _DAY if len(times) and np.ptp(times) > _FEW_DAYS * _DAY else _MINUTE
    form = "%Y-%m-%d" if unit == _DAY else "%Y-%m-%d %H:%M"

    def write(time: float) -> str:
        return pd.Timestamp(int(time * unit), unit="us").strftime(form)

    return bin_numbers(np.floor(times / unit), most, write, "or later")


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
