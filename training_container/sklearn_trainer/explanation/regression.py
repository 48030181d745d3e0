"""How a regressor errs: how far its predictions are off, which way, and where."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sklearn_trainer.data.values import Floats
from sklearn_trainer.explanation.bins import FEWEST_ROWS, bin_of, equal_cuts
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.intervals import means, rates
from sklearn_trainer.explanation.one_repeat import OneRepeat, one_repeat
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.model_errors import Bar, ErrorBound, PredictionBin, RegressionErrors

MOST_BINS = 20
LEVELS = (0.5, 0.8, 0.95)
BARS = 25

_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_WIDTHS = (1, 2, 2.5, 5, 10)


def errors(predictions: ContenderPredictions) -> RegressionErrors:
    """Return how the shipped regressor errs."""
    predictions = predictions.that_count()
    once = one_repeat(predictions)
    predicted = predictions.predicted.values[once.places, 0].astype(np.float64)
    residuals = once.actual - predicted
    off = np.abs(residuals)
    return RegressionErrors(
        basis=once.basis,
        bins=_bins(once, predicted, residuals),
        histogram=histogram(residuals),
        bounds=_bounds(once, residuals),
        mean_absolute_error=means(off, once.counted)[0],
        median_absolute_error=_quantiles(off, [0.5], once.counted.weights)[0],
    )


def _bins(once: OneRepeat, predicted: Floats, residuals: Floats) -> tuple[PredictionBin, ...]:
    if len(predicted) < FEWEST_ROWS:
        return ()
    cuts = equal_cuts(predicted, MOST_BINS)
    bins = bin_of(predicted, cuts)
    found = []
    for number in range(len(cuts) + 1):
        inside = bins == number
        weights = None if once.counted.weights is None else once.counted.weights[inside]
        actual = once.actual[inside]
        found.append(
            PredictionBin(
                predicted=np.average(predicted[inside], weights=weights),
                rows=inside.sum(),
                actual=_five(actual, weights),
                residual=_five(residuals[inside], weights),
                mean_actual=np.average(actual, weights=weights),
            )
        )
    return tuple(found)


def histogram(values: Floats) -> tuple[Bar, ...]:
    """Count values between round numbers; the first and the last bar have what lies beyond."""
    low, high = np.quantile(values, (0.01, 0.99)).tolist()
    if high == low:
        low, high = float(values.min()), float(values.max())
    if high == low:
        return (Bar(low=low, high=high, rows=len(values)),)
    rough = (high - low) / BARS
    power = 10.0 ** math.floor(math.log10(rough))
    width = power * next(each for each in _WIDTHS if each * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / width), math.ceil(high / width)
    places = np.clip(np.floor(values / width) - first, 0, last - first - 1).astype(np.int64)
    counts = np.bincount(places, minlength=last - first).tolist()
    digits = 2 - math.floor(math.log10(width))
    ends = [round(number * width, digits) for number in range(first, last + 1)]
    return tuple(
        Bar(low=low, high=high, rows=rows)
        for low, high, rows in zip(ends[:-1], ends[1:], counts, strict=True)
    )


def _bounds(once: OneRepeat, residuals: Floats) -> tuple[ErrorBound, ...]:
    """Return bounds set by all rows, covering what those set by half of the folds cover.

    Each half's bounds are measured on the rows of the other half.
    """
    if len(residuals) < FEWEST_ROWS:
        return ()
    weights = once.counted.weights
    second = np.unique(once.folds, return_inverse=True)[1] % 2 == 1
    found = []
    for level in LEVELS:
        ends = [(1 - level) / 2, (1 + level) / 2]
        low, high = _quantiles(residuals, ends, weights)
        covered = _covered(residuals, ends, second, weights)
        coverage = (
            IntervalEstimate(value=None) if covered is None else rates(covered, once.counted)[0]
        )
        found.append(ErrorBound(level=level, low=low, high=high, coverage=coverage))
    return tuple(found)


def _covered(
    residuals: Floats, ends: list[float], second: npt.NDArray[np.bool_], weights: Floats | None
) -> npt.NDArray[np.bool_] | None:
    if not second.any():  # a single fold
        return None
    covered = np.zeros(len(residuals), dtype=np.bool_)
    for setting in (second, ~second):
        its_weights = None if weights is None else weights[setting]
        low, high = _quantiles(residuals[setting], ends, its_weights)
        covered[~setting] = (low <= residuals[~setting]) & (residuals[~setting] <= high)
    return covered


def _five(values: Floats, weights: Floats | None) -> tuple[float, float, float, float, float]:
    a, b, c, d, e = _quantiles(values, _QUANTILES, weights)
    return a, b, c, d, e


def _quantiles(
    values: Floats, at: tuple[float, ...] | list[float], weights: Floats | None
) -> list[float]:
    found = (
        np.quantile(values, at)
        if weights is None
        else np.quantile(values, at, weights=weights, method="inverted_cdf")
    )
    return [float(each) for each in found]
