from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer

from sklearn_trainer.evaluation.comparison import ERROR_RATE, compare, estimate, margin
from sklearn_trainer.evaluation.scoring import greatest_score, least_score
from tunedrop.planning.metrics import METRICS
from tunedrop_common.plan import Task

FOLDS, REPEATS = 5, 4
RATIO = 1 / (FOLDS - 1)
MARGIN = margin(FOLDS * REPEATS, challengers=1)


def test_the_statistic_is_nadeau_and_bengio_s() -> None:
    a, b = [0.9, 0.8, 0.95, 0.85], [0.85, 0.82, 0.9, 0.8]
    difference = compare(a, b, 0.25, MARGIN)
    differences = np.subtract(a, b)
    error = math.sqrt((1 / 4 + 0.25) * differences.var(ddof=1))
    assert difference.difference == pytest.approx(differences.mean())
    assert difference.standard_error == pytest.approx(error)
    assert difference.t == pytest.approx(differences.mean() / error)
    assert difference.p_value == pytest.approx(2 * stats.t.sf(abs(difference.t or 0), 3))


def test_an_interval_ends_at_a_perfect_and_at_the_worst_score() -> None:
    scores = [0.95, 1.0, 0.97, 1.0]
    free, bounded = estimate(scores, RATIO), estimate(scores, RATIO, greatest=1.0)
    assert free.interval[1] > 1.0
    assert bounded.interval == (free.interval[0], 1.0)
    scores = [0.05, 0.0, 0.03, 0.0]
    assert estimate(scores, RATIO).interval[0] < 0.0
    assert estimate(scores, RATIO, least=0.0).interval[0] == 0.0


def test_the_margin_grows_with_the_challengers_and_as_folds_become_few() -> None:
    assert margin(20, 1) == pytest.approx(stats.t.isf(0.05, 19))
    assert margin(20, 3) == pytest.approx(stats.t.isf(0.05 / 3, 19))
    assert margin(2, 3) > margin(5, 3) > margin(20, 3) > margin(20, 1) > 1.7
    assert margin(20, 0) == margin(20, 1)


def test_few_rows_have_few_degrees_of_freedom_however_often_they_are_scored() -> None:
    assert margin(16, 3, rows=8) == pytest.approx(stats.t.isf(0.05 / 3, 4))
    assert margin(20, 3, rows=39) == pytest.approx(stats.t.isf(0.05 / 3, 19))
    assert margin(20, 3, rows=1000) == margin(20, 3)
    assert margin(8, 1, rows=3) == pytest.approx(stats.t.isf(0.05, 1))
    a, b = [1.0, 0.5, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0], [0.5, 0.5, 1.0, 0.5, 0.5, 1.0, 0.5, 1.0]
    of_few_rows, of_many_rows = (compare(a, b, 1.0, MARGIN, rows) for rows in (4, 200))
    assert of_few_rows.t == of_many_rows.t
    assert of_few_rows.p_value == pytest.approx(2 * stats.t.sf(of_few_rows.t or 0, 2))
    assert of_few_rows.p_value > of_many_rows.p_value
    wide, narrow = estimate(a, 1.0, rows=4).interval, estimate(a, 1.0, rows=200).interval
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_sums_in_another_order_are_no_difference() -> None:
    difference = compare([0.1 + 0.2, 0.3], [0.3, 0.3], RATIO, MARGIN)
    assert (difference.difference, difference.clears_margin) == (0.0, False)


def test_equal_scores_are_no_difference_and_no_division_by_zero() -> None:
    difference = compare([0.5, 0.7], [0.5, 0.7], RATIO, MARGIN)
    assert (difference.difference, difference.t, difference.p_value) == (0.0, None, 1.0)
    assert not difference.clears_margin


def test_the_same_gain_on_every_fold_clears_the_margin() -> None:
    assert compare([0.75, 0.75], [0.5, 0.5], RATIO, MARGIN).clears_margin
    assert not compare([0.5, 0.5], [0.75, 0.75], RATIO, MARGIN).clears_margin


def simulated_differences(runs: int, truth: float, seed: int) -> np.ndarray:
    """Differences of two models on repeated folds, correlated as folds that share rows are.

    The correlation of Nadeau and Bengio is validation rows / all rows.
    """
    draw = np.random.default_rng(seed)
    correlation = 1 / FOLDS
    shared = draw.normal(size=(runs, 1)) * math.sqrt(correlation)
    independent = draw.normal(size=(runs, FOLDS * REPEATS)) * math.sqrt(1 - correlation)
    return truth + shared + independent


def share_that_clears(differences: np.ndarray, ratio: float, least: float = MARGIN) -> float:
    zeros = [0.0] * differences.shape[1]
    cleared = [compare(row, zeros, ratio, least).clears_margin for row in differences.tolist()]
    return float(np.mean(cleared))


def test_two_equal_models_clear_the_margin_as_rarely_as_the_t_distribution_says() -> None:
    rate = share_that_clears(simulated_differences(4000, truth=0.0, seed=1), RATIO)
    assert rate == pytest.approx(ERROR_RATE, abs=0.01)


@pytest.mark.parametrize(("truth", "power"), [(0.5, 0.12), (1.0, 0.42), (1.5, 0.77), (2.0, 0.96)])
def test_the_power_is_what_the_page_on_the_report_says(truth: float, power: float) -> None:
    differences = simulated_differences(4000, truth=truth, seed=6)
    rate = share_that_clears(differences, RATIO, margin(FOLDS * REPEATS, challengers=3))
    assert rate == pytest.approx(power, abs=0.03)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    covered = [
        low <= 0.3 <= high
        for row in simulated_differences(4000, truth=0.3, seed=5).tolist()
        for low, high in [estimate(row, RATIO).interval]
    ]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_scorer_of_the_plans_stays_between_the_least_and_the_greatest_score(
    task: Task,
) -> None:
    y = np.array([1, 2, 1, 2, 1, 2])  # above 0, as logarithms and deviances need
    for name in METRICS[task]:
        best, worst = (get_scorer(name)(Perfect(), x.reshape(-1, 1), y) for x in (y, 3 - y))
        assert best == pytest.approx(greatest_score(name)), name
        assert least_score(name) <= worst, name
        assert least_score(name) < greatest_score(name)


class Perfect(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Knows the target: it is the only feature."""

    classes_ = np.array([1, 2])

    def fit(self, X: Any, y: Any) -> Perfect:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: Any) -> Any:
        return X[:, 0]

    def predict_proba(self, X: Any) -> Any:
        return np.stack([X[:, 0] == 1, X[:, 0] == 2], axis=1).astype(float)
