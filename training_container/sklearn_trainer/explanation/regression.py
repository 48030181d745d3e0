"""How a regressor errs: how far its predictions are off, which way, and where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import median_absolute_error

from sklearn_trainer.data.values import Floats, Mask
from sklearn_trainer.explanation.bins import FEWEST_ROWS, split_evenly
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.intervals import mean_interval, rate_interval
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.model_errors import Bar, ErrorBound, PredictionBin, RegressionErrors

MOST_BINS = 20
LEVELS = (0.5, 0.8, 0.95)
BARS = 25

_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_ROUNDING = 1e-12  # numbers that differ by less have no bars between them
_TAILS = (0.01, 0.99)  # of a histogram, whose first and last bar have what lies beyond


def regression_errors(predictions: ContenderPredictions) -> RegressionErrors:
    """Return how the selected regressor errs, on the rows of one repeat."""
    predictions = predictions.with_weight()
    once = predictions.first_repeat()
    predicted = once.predicted.values[:, 0].astype(np.float64)
    residuals = once.actual - predicted
    return RegressionErrors(
        basis=predictions.basis(),
        bins=tuple(
            PredictionBin(
                predicted=np.average(predicted[inside], weights=weights),
                rows=inside.sum(),
                actual=_quantiles(once.actual[inside], _QUANTILES, weights),
                residual=_quantiles(residuals[inside], _QUANTILES, weights),
            )
            for inside in split_evenly(predicted, MOST_BINS)
            for weights in [once.row_columns.take(inside).weights]
        ),
        histogram=histogram(residuals),
        bounds=_bounds(once, residuals),
        mean_absolute_error=mean_interval(np.abs(residuals), once.row_columns),
        median_absolute_error=median_absolute_error(
            once.actual, predicted, sample_weight=once.weights
        ),
    )


def histogram(values: Floats) -> tuple[Bar, ...]:
    """Count values; the first and the last bar have what lies beyond."""
    low, high = np.quantile(values, _TAILS)
    if high == low:
        low, high = values.min(), values.max()
    if np.isclose(low, high, rtol=_ROUNDING, atol=0.0):
        return (Bar(low=low, high=high, rows=len(values)),)
    counts, ends = np.histogram(np.clip(values, low, high), BARS, (low, high))
    return tuple(
        Bar(low=low, high=high, rows=rows)
        for low, high, rows in zip(ends[:-1], ends[1:], counts, strict=True)
    )


def _bounds(once: ContenderPredictions, residuals: Floats) -> tuple[ErrorBound, ...]:
    """Return bounds set by all rows, covering what those set by half of the folds cover.

    Each half's bounds are measured on the rows of the other half.
    """
    if len(residuals) < FEWEST_ROWS:
        return ()
    second = np.unique(once.folds, return_inverse=True)[1] % 2 == 1
    bounds = []
    for level in LEVELS:
        tails = ((1 - level) / 2, (1 + level) / 2)
        low, high = _quantiles(residuals, tails, once.weights)
        coverage = IntervalEstimate(value=None)
        if second.any():  # more than a single fold
            is_covered = _covered(once, residuals, tails, second)
            coverage = rate_interval(is_covered, once.row_columns)
        bounds.append(ErrorBound(level=level, low=low, high=high, coverage=coverage))
    return tuple(bounds)


def _covered(
    once: ContenderPredictions, residuals: Floats, tails: Sequence[float], second: Mask
) -> Mask:
    covered = np.zeros(len(residuals), dtype=np.bool_)
    for half in (second, ~second):
        low, high = _quantiles(residuals[half], tails, once.row_columns.take(half).weights)
        covered[~half] = (low <= residuals[~half]) & (residuals[~half] <= high)
    return covered


def _quantiles(
    values: Floats, shares: Sequence[float], weights: Floats | None
) -> tuple[float, ...]:
    quantiles = np.quantile(values, shares, weights=weights, method="inverted_cdf")
    return tuple(quantiles.tolist())
