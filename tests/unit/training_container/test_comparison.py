from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sklearn_trainer.data.folds import FoldSizes
from sklearn_trainer.evaluation.comparison import compare, estimate, margin

FOLDS, REPEATS = 5, 4
SIZES = FoldSizes(1 / (FOLDS - 1), 1000)
MARGIN = margin(FOLDS * REPEATS, 1, SIZES.rows)


def test_the_statistic_is_nadeau_and_bengio_s() -> None:
    a, b = [0.9, 0.8, 0.95, 0.85], [0.85, 0.82, 0.9, 0.8]
    difference = compare(a, b, SIZES, MARGIN)
    differences = np.subtract(a, b)
    error = math.sqrt((1 / 4 + 0.25) * differences.var(ddof=1))
    assert difference.difference == pytest.approx(differences.mean())
    assert difference.standard_error == pytest.approx(error)
    assert difference.t == pytest.approx(differences.mean() / error)
    assert difference.p_value == pytest.approx(2 * stats.t.sf(abs(difference.t or 0), 3))


def test_an_interval_ends_at_a_perfect_and_at_the_worst_score() -> None:
    scores = [0.95, 1.0, 0.97, 1.0]
    free, bounded = estimate(scores, SIZES), estimate(scores, SIZES, greatest=1.0)
    assert free.interval[1] > 1.0
    assert bounded.interval == (free.interval[0], 1.0)
    scores = [0.05, 0.0, 0.03, 0.0]
    assert estimate(scores, SIZES).interval[0] < 0.0
    assert estimate(scores, SIZES, least=0.0).interval[0] == 0.0


def test_the_margin_grows_with_the_challengers_and_as_folds_become_few() -> None:
    assert margin(20, 1, rows=1000) == pytest.approx(stats.t.isf(0.05, 19))
    assert margin(20, 3, rows=1000) == pytest.approx(stats.t.isf(0.05 / 3, 19))
    assert margin(2, 3, rows=1000) > margin(5, 3, rows=1000) > margin(20, 3, rows=1000)
    assert margin(20, 0, rows=1000) == margin(20, 1, rows=1000)


def test_few_rows_have_few_degrees_of_freedom_however_often_they_are_scored() -> None:
    assert margin(16, 3, rows=8) == pytest.approx(stats.t.isf(0.05 / 3, 4))
    assert margin(20, 3, rows=39) == margin(20, 3, rows=1000)
    assert margin(8, 1, rows=3) == pytest.approx(stats.t.isf(0.05, 1))
    a, b = [1.0, 0.5, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0], [0.5, 0.5, 1.0, 0.5, 0.5, 1.0, 0.5, 1.0]
    of_few_rows, of_many_rows = (compare(a, b, FoldSizes(1.0, rows), MARGIN) for rows in (4, 200))
    assert of_few_rows.t == of_many_rows.t
    assert of_few_rows.p_value == pytest.approx(2 * stats.t.sf(of_few_rows.t or 0, 2))
    assert of_few_rows.p_value > of_many_rows.p_value
    wide, narrow = (estimate(a, FoldSizes(1.0, rows)).interval for rows in (4, 200))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_sums_in_another_order_are_no_difference() -> None:
    difference = compare([0.1 + 0.2, 0.3], [0.3, 0.3], SIZES, MARGIN)
    assert (difference.difference, difference.clears_margin) == (0.0, False)


def test_equal_scores_are_no_difference_and_no_division_by_zero() -> None:
    difference = compare([0.5, 0.7], [0.5, 0.7], SIZES, MARGIN)
    assert (difference.difference, difference.t, difference.p_value) == (0.0, None, 1.0)
    assert not difference.clears_margin


def simulated_differences(runs: int, truth: float, seed: int) -> np.ndarray:
    """Differences of two models on repeated folds, correlated as folds that share rows are.

    The correlation of Nadeau and Bengio is validation rows / all rows.
    """
    draw = np.random.default_rng(seed)
    correlation = 1 / FOLDS
    shared = draw.normal(size=(runs, 1)) * math.sqrt(correlation)
    independent = draw.normal(size=(runs, FOLDS * REPEATS)) * math.sqrt(1 - correlation)
    return truth + shared + independent


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    covered = [
        low <= 0.3 <= high
        for row in simulated_differences(4000, truth=0.3, seed=5).tolist()
        for low, high in [estimate(row, SIZES).interval]
    ]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)
