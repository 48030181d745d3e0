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
    mean, half = differences.mean(), stats.t.ppf(0.975, 3) * error
    interval = estimate(differences.tolist(), SIZES).interval
    assert interval == pytest.approx((mean - half, mean + half))


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


@pytest.mark.parametrize("a", [[0.1 + 0.2, 0.7], [0.3, 0.7]], ids=["rounded", "equal"])
def test_scores_that_differ_by_rounding_are_no_difference(a: list[float]) -> None:
    difference = compare(a, [0.3, 0.7], SIZES, MARGIN)
    assert (difference.difference, difference.t, difference.p_value) == (0.0, None, 1.0)
    assert not difference.clears_margin
