"""The corrected resampled t-test of Nadeau and Bengio (2003), for scores on repeated folds.

Folds share training rows, so their scores are not independent; the variance of the mean is
(1/J + validation rows / training rows) times the variance between the J folds. Its degrees of
freedom are J - 1, but never more than half of the rows: repeats of a few rows tell little new.
Pure statistics: nothing here knows what is compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sklearn_trainer.data.folds import FoldSizes

ERROR_RATE = 0.05
"""How often, at most, a challenger clears the margin whose model is no better on rows to come.

Of all challengers of a run together. Tests hold it on simulated truths; docs/report.md has the
measured rates.
"""

CONFIDENCE = 0.95

ROUNDING = 1e-12
"""Scores that differ by less, of their own size, are the same: sums in another order do."""


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


def margin(scores: int, challengers: int, rows: int) -> float:
    """Return how many corrected standard errors a difference must have to count.

    It is the quantile of Student's t that all challengers together exceed by chance with
    `ERROR_RATE` at most (Bonferroni): 1.73 for one challenger on 20 folds, 2.29 for three.

    Parameters
    ----------
    rows
        That were scored; where they are few, the quantile is greater.
    """
    from scipy.special import stdtrit

    return float(stdtrit(_degrees(scores, rows), 1.0 - ERROR_RATE / max(1, challengers)))


def estimate(
    scores: Sequence[float],
    sizes: FoldSizes,
    *,
    least: float = -math.inf,
    greatest: float = math.inf,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return the mean of scores on repeated folds.

    Parameters
    ----------
    least, greatest
        The worst possible score and a perfect model's, where the interval ends at the latest.
    confidence
        Of the interval.
    """
    from scipy.special import stdtrit

    mean, error = _mean_and_error(scores, sizes.ratio)
    half = float(stdtrit(_degrees(len(scores), sizes.rows), 0.5 + confidence / 2)) * error
    return Estimate(mean, error, (max(mean - half, least), min(mean + half, greatest)))


def compare(a: Sequence[float], b: Sequence[float], sizes: FoldSizes, margin: float) -> Difference:
    """Return the paired difference of two lists of scores, in the same order of folds.

    Parameters
    ----------
    margin
        How many corrected standard errors a difference must have to count.
    """
    from scipy.special import stdtr

    differences = [_difference(x, y) for x, y in zip(a, b, strict=True)]
    _, error = _mean_and_error(differences, sizes.ratio)
    mean = _difference(float(np.mean(a)), float(np.mean(b)))
    if error == 0.0:
        return Difference(mean, 0.0, None, 1.0 if mean == 0.0 else 0.0, mean > 0.0)
    t = mean / error
    p_value = 2.0 * float(stdtr(_degrees(len(differences), sizes.rows), -abs(t)))
    return Difference(mean, error, t, p_value, mean > margin * error)


def _degrees(scores: int, rows: int) -> int:
    """Return the degrees of freedom, calibrated by simulated truths as Bouckaert (2003) did.

    With all J - 1, chance won in 9% of the runs on 6 rows and in 6% on 10; see
    docs/decisions/confirm.md.
    """
    return max(1, min(scores - 1, rows // 2))


def _difference(a: float, b: float) -> float:
    return 0.0 if abs(a - b) <= ROUNDING * max(abs(a), abs(b)) else a - b


def _mean_and_error(values: Sequence[float], ratio: float) -> tuple[float, float]:
    array = np.asarray(values, dtype=np.float64)
    variance = float(array.var(ddof=1))
    return float(array.mean()), math.sqrt((1.0 / len(array) + ratio) * variance)
