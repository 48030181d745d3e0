"""95 % intervals of rates and means over rows, of which each is counted once.

Rows may count by weights, and belong to groups: then an interval is by groups. Several parts of the
rows (classes, bins) are done at a time. Scores of folds have the verdict's corrected interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.comparison import CONFIDENCE, ERROR_RATE, estimate
from tunedrop_common.estimates import IntervalEstimate

BinNumbers = npt.NDArray[np.int64]

NOTHING = IntervalEstimate(value=None)


@dataclass(frozen=True)
class RowWeighting:
    """Rows that are counted, by weights or one each, alone or in groups.

    Parameters
    ----------
    groups
        Numbers of groups, from 0.
    """

    rows: int
    weights: Floats | None = None
    groups: npt.NDArray[Any] | None = None

    def at(self, which: npt.NDArray[Any]) -> RowWeighting:
        """Return some of the rows, by a mask or by their places."""
        weights = None if self.weights is None else self.weights[which]
        groups = None if self.groups is None else self.groups[which]
        return RowWeighting(len(np.arange(self.rows)[which]), weights, groups)

    @property
    def by_weight(self) -> Floats:
        """How much each row counts, 1 at the most."""
        if self.weights is None:
            return np.ones(self.rows)
        greatest = self.weights.max(initial=0.0)  # squares of weights must be finite
        return self.weights / greatest if greatest > 0 else self.weights


@dataclass(frozen=True)
class _Means:
    """Means of parts, with what their intervals need.

    Parameters
    ----------
    rows
        Of how many rows of equal weight a part is worth: (sum of w)^2 / sum of w^2.
    variance
        Of the mean.
    units
        Groups, or `rows` where there are none.
    """

    mean: Floats
    rows: Floats
    variance: Floats
    units: Floats


def rates(
    hits: npt.NDArray[Any], counted: RowWeighting, part: BinNumbers | None = None, parts: int = 1
) -> list[IntervalEstimate]:
    """Return the share of the rows of each part that are hits, with Wilson's interval.

    Weighted rows count as so many of equal weight. Groups are worth as many rows as have the same
    variance as the ratio of their sums, and Student's t takes the place of the normal quantile.

    Parameters
    ----------
    part
        Which part each row belongs to, -1 for none; None when there is a single one.
    """
    found = _means(hits.astype(np.float64), counted, part, parts)
    return _wilson(found.mean, found, grouped=counted.groups is not None)


def rates_around(
    values: Floats, hits: npt.NDArray[Any], counted: RowWeighting, part: BinNumbers, parts: int
) -> list[IntervalEstimate]:
    """Return rates that were averaged over repeats, with the interval of the rows of one."""
    found = _means(hits.astype(np.float64), counted, part, parts)
    return _wilson(values, found, grouped=counted.groups is not None)


def means(
    values: npt.NDArray[Any], counted: RowWeighting, part: BinNumbers | None = None, parts: int = 1
) -> list[IntervalEstimate]:
    """Return the mean of each part, with Student's t interval."""
    found = _means(values.astype(np.float64), counted, part, parts)
    half = _student(found.units - 1) * np.sqrt(found.variance)
    return _measured(found.mean, found.mean - half, found.mean + half)


def changes_of_rates(
    changes: npt.NDArray[Any], counted: RowWeighting, part: BinNumbers, parts: int
) -> list[IntervalEstimate]:
    """Return the mean of 1 (gained), 0 and -1 (lost) for each part: a paired difference of rates.

    The interval is that of Agresti and Min (2005), with half a row more in each cell of the table,
    so that it has a width even where no row has changed.
    """
    mean = _means(changes.astype(np.float64), counted, part, parts)
    changed = _means(np.abs(changes).astype(np.float64), counted, part, parts).mean
    grouped = counted.groups is not None
    n = _worth(mean, changed - mean.mean**2, grouped)
    centre = n * mean.mean / (n + 2)
    error = np.sqrt(np.maximum(n * changed + 1 - (n * mean.mean) ** 2 / (n + 2), 0)) / (n + 2)
    half = (_student(mean.units - 1) if grouped else _normal()) * error
    low, high = np.minimum(centre - half, mean.mean), np.maximum(centre + half, mean.mean)
    return _measured(mean.mean, np.maximum(low, -1), np.minimum(high, 1))


def difference(
    values: Floats, inside: npt.NDArray[np.bool_], counted: RowWeighting
) -> IntervalEstimate:
    """Return the mean of some rows minus that of all others, with its interval.

    A group may have rows on both sides.
    """
    part = np.where(inside, 0, 1)
    found = _means(values, counted, part, 2)
    weights = counted.by_weight
    total = sums(part, weights, 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = weights / total[part] * np.sqrt(found.units / (found.units - 1))[part]
    influence = share * (values - found.mean[part]) * np.where(inside, 1, -1)
    if counted.groups is not None:
        influence = sums(counted.groups, influence)
    half = _student(found.units.min(keepdims=True) - 1) * np.sqrt(np.sum(influence**2))
    value = found.mean[:1] - found.mean[1:]
    return _measured(value, value - half, value + half)[0]


def over_folds(
    value: float,
    scores: Sequence[float],
    ratio: float,
    rows: int,
    *,
    least: float = 0.0,
    greatest: float = 1.0,
) -> IntervalEstimate:
    """Return a value with the interval that the scores of the folds say it has.

    Parameters
    ----------
    value
        What the folds' scores are about, computed on the rows of all folds together.
    ratio
        Validation rows / training rows of a fold.
    """
    known = [score for score in scores if math.isfinite(score)]
    if len(known) < 2 or not math.isfinite(value):
        return IntervalEstimate(value=value)
    found = estimate(known, ratio, rows=rows)
    half = found.interval[1] - found.mean
    return IntervalEstimate(
        value=value, interval=(max(least, value - half), min(greatest, value + half))
    )


def holm(p_values: Sequence[float], level: float = ERROR_RATE) -> list[bool]:
    """Return which hypotheses are rejected: one true one, of all together, with `level` at most."""
    rejected = [False] * len(p_values)
    for done, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if not p_values[index] <= level / (len(p_values) - done):
            break
        rejected[index] = True
    return rejected


def sums(part: BinNumbers, values: Floats, parts: int = 0) -> Floats:
    """Return the sum of the values of each part."""
    return np.asarray(np.bincount(part, values, parts), dtype=np.float64)


def _means(values: Floats, counted: RowWeighting, part: BinNumbers | None, parts: int) -> _Means:
    weights = counted.by_weight
    part = np.zeros(len(values), dtype=np.int64) if part is None else part
    used = (part >= 0) & (weights > 0)
    values, weights, part = values[used], weights[used], part[used]
    with np.errstate(divide="ignore", invalid="ignore"):
        total = sums(part, weights, parts)
        mean = sums(part, weights * values, parts) / total
        rows = total**2 / sums(part, weights**2, parts)
        deviations = weights * (values - mean[part])
        units = rows
        if counted.groups is not None:
            part, deviations = _by_group(part, deviations, counted.groups[used])
            units = np.bincount(part, minlength=parts).astype(np.float64)
        variance = sums(part, deviations**2, parts) / total**2 * units / (units - 1)
    return _Means(mean, rows, np.where(units > 1, variance, np.nan), units)


def _by_group(
    part: BinNumbers, deviations: Floats, groups: BinNumbers
) -> tuple[BinNumbers, Floats]:
    """Return the part, and the sum, of each group's rows in each part."""
    count = int(groups.max(initial=0)) + 1
    pairs, place = np.unique(part * count + groups, return_inverse=True)
    return pairs // count, sums(place, deviations, len(pairs))


def _worth(found: _Means, variance: Floats, grouped: bool) -> Floats:
    """Return of how many independent rows a part is worth, by the variance of one row."""
    if not grouped:
        return found.rows
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = np.where(found.variance > 0, variance / found.variance, found.units)
    return np.where(found.units > 1, np.minimum(worth, found.rows), np.nan)


def _wilson(rate: Floats, found: _Means, *, grouped: bool) -> list[IntervalEstimate]:
    n = _worth(found, found.mean * (1 - found.mean), grouped)
    z = _student(found.units - 1) if grouped else np.full(len(rate), _normal())
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    low, high = np.minimum(centre - half, rate), np.maximum(centre + half, rate)
    return _measured(rate, np.maximum(low, 0), np.minimum(high, 1))


def _normal() -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + CONFIDENCE / 2))


def _student(degrees: Floats) -> Floats:
    from scipy.special import stdtrit

    enough = np.where(degrees >= 1, degrees, np.nan)
    return np.asarray(stdtrit(enough, 0.5 + CONFIDENCE / 2), dtype=np.float64)


def _measured(values: Floats, lows: Floats, highs: Floats) -> list[IntervalEstimate]:
    return [
        NOTHING
        if not math.isfinite(value)
        else IntervalEstimate(
            value=value, interval=(low, high) if math.isfinite(high - low) else None
        )
        for value, low, high in zip(values.tolist(), lows.tolist(), highs.tolist(), strict=True)
    ]
