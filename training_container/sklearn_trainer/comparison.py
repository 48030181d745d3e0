"""The corrected resampled t-test of Nadeau and Bengio (2003), for scores on repeated folds.

Folds share training rows, so their scores are not independent; the variance of the mean is
(1/J + validation rows / training rows) times the variance between the J folds.
Pure statistics: nothing here knows what is compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MARGIN = 2.0
"""A difference counts when it is larger than this many corrected standard errors."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean with its corrected standard error and confidence interval."""

    mean: float
    standard_error: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Difference:
    """How much greater a's scores are than b's on the same folds.

    `t` is None when all folds agree to the bit, and there is no error to divide by.
    """

    difference: float
    standard_error: float
    t: float | None
    p_value: float
    clears_margin: bool


def estimate(
    scores: Sequence[float], test_train_ratio: float, *, greatest: float = math.inf
) -> Estimate:
    """Return the mean of scores on repeated folds.

    Parameters
    ----------
    test_train_ratio
        Validation rows / training rows of a fold: 1 / (folds - 1).
    greatest
        The score of a perfect model, where the interval ends at the latest.
    """
    from scipy.special import stdtrit

    mean, error = _mean_and_error(scores, test_train_ratio)
    half = float(stdtrit(len(scores) - 1, 0.5 + CONFIDENCE / 2)) * error
    return Estimate(mean, error, (mean - half, min(mean + half, greatest)))


def compare(a: Sequence[float], b: Sequence[float], test_train_ratio: float) -> Difference:
    """Return the paired difference of two lists of scores, in the same order of folds."""
    from scipy.special import stdtr

    differences = [x - y for x, y in zip(a, b, strict=True)]
    mean, error = _mean_and_error(differences, test_train_ratio)
    if error == 0.0:
        return Difference(mean, 0.0, None, 1.0 if mean == 0.0 else 0.0, mean > 0.0)
    t = mean / error
    p_value = 2.0 * float(stdtr(len(differences) - 1, -abs(t)))
    return Difference(mean, error, t, p_value, mean > MARGIN * error)


def _mean_and_error(values: Sequence[float], test_train_ratio: float) -> tuple[float, float]:
    array = np.asarray(values, dtype=np.float64)
    variance = float(array.var(ddof=1))
    return float(array.mean()), math.sqrt((1.0 / len(array) + test_train_ratio) * variance)
