"""95% confidence intervals of rates, means and scores, by scipy's distributions.

Rows may count by weights and belong to groups, which no function of scipy knows: a weighted or
grouped sample is worth as many independent rows as have the same variance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from sklearn_trainer.data.folds import FoldSizes
from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.comparison import CONFIDENCE, estimate
from tunedrop_common.estimates import IntervalEstimate

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class MeanEstimate:
    """A mean of rows.

    Parameters
    ----------
    error
        Its standard error; NaN for a single unit.
    units
        Of how many independent rows, or groups, it is the mean.
    rows
        Of how many rows of equal weight.
    """

    mean: float
    error: float
    units: float
    rows: float

    @property
    def spread(self) -> float:
        """The standard deviation of a unit."""
        return self.error * math.sqrt(self.units)


def estimate_mean(values: npt.NDArray[Any], weighting: RowColumns) -> MeanEstimate:
    """Return the mean of at least one row, with the standard error that weights and groups make."""
    weights = np.ones(len(values)) if weighting.weights is None else weighting.weights
    weights = weights / weights.sum()
    mean = float(np.average(values, weights=weighting.weights))
    deviations = weights * (values - mean)
    rows = 1 / float(weights @ weights)
    units = rows
    if weighting.groups is not None:
        deviations = np.bincount(weighting.groups, deviations)
        units = float(np.count_nonzero(np.bincount(weighting.groups)))
    # two units of very unequal weight are hardly more than one
    variance = float(deviations @ deviations) * units / (units - 1) if units > 1 else math.nan
    return MeanEstimate(mean, math.sqrt(variance), units, rows)


def mean_interval(values: npt.NDArray[Any], weighting: RowColumns) -> IntervalEstimate:
    """Return the mean of rows with Student's t interval; no value without rows."""
    if not len(values):
        return IntervalEstimate(value=None)
    estimated = estimate_mean(values, weighting)
    mean = estimated.mean
    half = float(stats.t.ppf(0.5 + CONFIDENCE / 2, estimated.units - 1)) * estimated.error
    interval = (mean - half, mean + half) if math.isfinite(half) else None
    return IntervalEstimate(value=mean, interval=interval)


def rate_interval(
    hits: npt.NDArray[np.bool_], weighting: RowColumns, *, tests: int = 1
) -> IntervalEstimate:
    """Return the share of hits with Wilson's interval; no value without rows.

    Parameters
    ----------
    tests
        Over how many intervals together the confidence is 95% (Bonferroni).
    """
    if not len(hits):
        return IntervalEstimate(value=None)
    estimated = estimate_mean(hits, weighting)
    rate, units = min(estimated.mean, 1.0), estimated.units
    effective_rows = estimated.rows
    if weighting.groups is not None:
        if units < 2:
            return IntervalEstimate(value=rate)
        effective_rows = units
        if estimated.error > 0:
            effective_rows = min(estimated.rows, rate * (1 - rate) / estimated.error**2)
        # Korn and Graubard (1998): few groups know their own variance badly
        effective_rows *= (stats.norm.ppf(0.975) / stats.t.ppf(0.975, units - 1)) ** 2
    count = max(1, round(effective_rows))
    wilson = stats.binomtest(round(rate * count), count).proportion_ci(
        1 - (1 - CONFIDENCE) / tests, method="wilson"
    )
    return IntervalEstimate(value=rate, interval=(float(wilson.low), float(wilson.high)))


def paired_rate_interval(changes: Floats, weighting: RowColumns) -> IntervalEstimate:
    """Return the mean of 1 (gained), 0 and -1 (lost), a paired difference of rates.

    The interval is that of Bonett and Price (2012): of the mean with one more row gained and one
    more lost, so that it has a width even where no row has changed.
    """
    weights, groups = weighting.weights, weighting.groups
    if groups is not None:
        groups = np.append(groups, groups.max() + np.array([1, 2]))
    if weights is not None:
        weights = np.append(weights, (weights.mean(), weights.mean()))
    wider = mean_interval(np.append(changes, (1.0, -1.0)), RowColumns(weights, groups))
    mean = float(np.average(changes, weights=weighting.weights))
    return IntervalEstimate(value=mean, interval=wider.interval)


def score_interval(
    value: float, fold_scores: Sequence[float], sizes: FoldSizes, *, greatest: float = 1.0
) -> IntervalEstimate:
    """Return a score of all rows with the interval that its values in the folds have."""
    finite = [score for score in fold_scores if math.isfinite(score)]
    if len(finite) < 2 or not math.isfinite(value):
        return IntervalEstimate(value=value)
    estimated = estimate(finite, sizes)
    half = estimated.interval[1] - estimated.mean
    return IntervalEstimate(
        value=value, interval=(max(0.0, value - half), min(greatest, value + half))
    )


def holm(p_values: npt.NDArray[Any]) -> Floats:
    """Return p values corrected by Holm's method, which scipy doesn't have."""
    order = np.argsort(p_values)
    steps = p_values[order] * np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected
