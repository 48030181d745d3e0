"""Intervals cover the truth in 95 of 100 tables, with weights and with groups."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from sklearn_trainer.data.folds import FoldSizes
from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.evaluation.comparison import estimate
from sklearn_trainer.explanation.intervals import (
    holm,
    mean_interval,
    paired_rate_interval,
    rate_interval,
    score_interval,
)
from tunedrop_common.estimates import IntervalEstimate

TIMES = 600
SIZES = FoldSizes(0.25, 100)
SLACK = 0.025  # three standard errors of a coverage of 95% in so many tables


def coverage(draw: Callable[[np.random.Generator], IntervalEstimate], truth: float) -> float:
    generator = np.random.default_rng(5)
    return float(np.mean([draw(generator).side_of(truth) == 0 for _ in range(TIMES)]))


def test_plain_rows_have_the_intervals_of_scipy() -> None:
    estimated = rate_interval(np.arange(30) < 27, RowColumns())
    expected = binomtest(27, 30).proportion_ci(method="wilson")
    assert estimated.value == 0.9
    assert estimated.interval == pytest.approx((expected.low, expected.high))
    values = np.random.default_rng(1).normal(size=40)
    between = ttest_1samp(values, 0).confidence_interval()
    assert mean_interval(values, RowColumns()).interval == pytest.approx(tuple(between))


def test_groups_of_one_row_change_little_and_weights_count_as_rows_do() -> None:
    hits = np.arange(400) % 3 == 0
    plain = rate_interval(hits, RowColumns())
    grouped = rate_interval(hits, RowColumns(groups=np.arange(400)))
    assert grouped.interval == pytest.approx(plain.interval, abs=0.002)
    assert rate_interval(hits, RowColumns(np.full(400, 7.0))).interval == plain.interval
    half = rate_interval(hits[200:], RowColumns())
    unequal = rate_interval(hits, RowColumns(np.where(np.arange(400) < 200, 1e-9, 1.0)))
    assert unequal.interval == half.interval


def test_an_interval_over_many_is_wider_and_one_of_a_single_group_is_unknown() -> None:
    hits = np.arange(100) < 80
    single, ten = (rate_interval(hits, RowColumns(), tests=tests).ends for tests in (1, 10))
    assert (ten[0] or 0) < (single[0] or 0) < 0.8 < (single[1] or 0) < (ten[1] or 0)
    together = RowColumns(groups=np.zeros(100, dtype=np.int64))
    assert rate_interval(hits, together) == IntervalEstimate(value=0.8)
    assert mean_interval(hits, together) == IntervalEstimate(value=0.8)
    nothing = np.zeros(0, dtype=np.bool_)
    assert rate_interval(nothing, RowColumns()) == IntervalEstimate(value=None)


@pytest.mark.parametrize("truth", [0.03, 0.3, 0.9])
def test_rates_cover_the_truth(truth: float) -> None:
    def plain(draw: np.random.Generator) -> IntervalEstimate:
        return rate_interval(draw.random(80) < truth, RowColumns())

    def weighted(draw: np.random.Generator) -> IntervalEstimate:
        weights = draw.lognormal(0, 0.7, 200)
        return rate_interval(draw.random(200) < truth, RowColumns(weights))

    def grouped(draw: np.random.Generator) -> IntervalEstimate:
        sizes = draw.integers(1, 12, 40)  # a group's rows have one truth and mostly one outcome
        likely = draw.beta(truth * 6, (1 - truth) * 6, 40)
        groups = np.repeat(np.arange(40), sizes)
        hits = draw.random(len(groups)) < likely[groups]
        return rate_interval(hits, RowColumns(groups=groups))

    assert coverage(plain, truth) >= 0.95 - SLACK
    assert coverage(weighted, truth) >= 0.95 - SLACK
    assert coverage(grouped, truth) >= 0.93 - SLACK


def test_paired_changes_cover_the_truth_and_are_not_sure_where_nothing_changed() -> None:
    def changes(draw: np.random.Generator) -> IntervalEstimate:
        gains = draw.choice([-1.0, 0.0, 1.0], 60, p=[0.05, 0.8, 0.15])
        return paired_rate_interval(gains, RowColumns())

    assert coverage(changes, 0.1) >= 0.95 - SLACK
    nothing = paired_rate_interval(np.zeros(5), RowColumns(groups=np.arange(5)))
    assert nothing.value == 0
    assert nothing.interval == pytest.approx((-0.53, 0.53), abs=0.02)


def test_folds_give_the_interval_of_the_verdict() -> None:
    scores = [0.8, 0.7, 0.9, 0.75, float("nan")]
    expected = estimate(scores[:4], SIZES)
    half = expected.interval[1] - expected.mean
    estimated = score_interval(0.8, scores, SIZES)
    assert estimated.interval == pytest.approx((0.8 - half, min(1.0, 0.8 + half)))
    assert score_interval(0.8, [0.8], SIZES).interval is None


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        ([0.04, 0.001, 0.012, 0.02], [0.04, 0.004, 0.036, 0.04]),
        ([0.3, 0.001, 0.03, 0.03], [0.3, 0.004, 0.09, 0.09]),
        ([0.9, 0.6], [1.0, 1.0]),
        ([], []),
    ],
)
def test_holms_p_values_are_in_order_and_at_most_1(
    p_values: list[float], expected: list[float]
) -> None:
    assert holm(np.array(p_values)).tolist() == pytest.approx(expected)
