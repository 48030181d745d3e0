from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from sklearn_trainer.evaluation.comparison import estimate
from sklearn_trainer.explanation.intervals import (
    RowWeighting,
    changes_of_rates,
    difference,
    holm,
    means,
    over_folds,
    rates,
)
from tunedrop_common.estimates import IntervalEstimate

Array = np.ndarray[Any, Any]

TIMES = 600
SLACK = 0.025  # three standard errors of a coverage of 95 % in so many tables


def covers(found: IntervalEstimate, truth: float) -> bool:
    assert found.interval is not None
    low, high = found.interval
    assert low is not None
    assert high is not None
    assert found.value is not None
    assert low <= found.value <= high
    return low <= truth <= high


def coverage(draw: Callable[[np.random.Generator], IntervalEstimate], truth: float) -> float:
    generator = np.random.default_rng(5)
    return float(np.mean([covers(draw(generator), truth) for _ in range(TIMES)]))


def test_a_rate_has_wilsons_interval() -> None:
    found = rates(np.arange(30) < 27, RowWeighting(30))[0]
    expected = binomtest(27, 30).proportion_ci(method="wilson")
    assert found.value == 0.9
    assert found.interval == pytest.approx((expected.low, expected.high))


def test_each_part_has_the_interval_that_its_rows_alone_have() -> None:
    draw = np.random.default_rng(2)
    part, hits = draw.integers(-1, 4, 300), draw.random(300) < 0.3
    counted = RowWeighting(300, draw.random(300), draw.integers(0, 40, 300))
    for interval in (rates, means):
        together = interval(hits, counted, part, 5)
        alone = [interval(hits[part == each], counted.at(part == each))[0] for each in range(4)]
        for one, other in zip(together[:4], alone, strict=True):
            assert one.value == pytest.approx(other.value)
            assert one.interval == pytest.approx(other.interval)
        assert together[4] == IntervalEstimate(value=None)


def test_groups_of_one_row_change_little_and_weights_count_as_rows_do() -> None:
    hits = np.arange(400) % 3 == 0
    plain = rates(hits, RowWeighting(400))[0]
    alone = rates(hits, RowWeighting(400, groups=np.arange(400)))[0]
    assert alone.interval == pytest.approx(plain.interval, abs=0.001)
    assert rates(hits, RowWeighting(400, weights=np.full(400, 7.0)))[0] == plain
    unequal = rates(hits, RowWeighting(400, weights=np.where(np.arange(400) < 200, 1e-9, 1.0)))[0]
    half = rates(hits[200:], RowWeighting(200))[0]
    assert unequal.interval == pytest.approx(half.interval, abs=1e-6)


@pytest.mark.parametrize("truth", [0.03, 0.3, 0.9])
def test_rates_cover_the_truth_in_95_of_100_tables(truth: float) -> None:
    def plain(draw: np.random.Generator) -> IntervalEstimate:
        return rates(draw.random(80) < truth, RowWeighting(80))[0]

    def weighted(draw: np.random.Generator) -> IntervalEstimate:
        weights = draw.lognormal(0, 0.7, 200)
        return rates(draw.random(200) < truth, RowWeighting(200, weights))[0]

    def grouped(draw: np.random.Generator) -> IntervalEstimate:
        sizes = draw.integers(1, 12, 40)  # a group's rows have one truth and mostly one outcome
        likely = draw.beta(truth * 6, (1 - truth) * 6, 40)
        groups = np.repeat(np.arange(40), sizes)
        return rates(
            draw.random(len(groups)) < likely[groups], RowWeighting(len(groups), None, groups)
        )[0]

    assert coverage(plain, truth) >= 0.95 - SLACK
    assert coverage(weighted, truth) >= 0.95 - SLACK
    assert coverage(grouped, truth) >= 0.93 - SLACK


def test_intervals_that_ignore_groups_would_be_too_narrow() -> None:
    def ignoring(draw: np.random.Generator) -> IntervalEstimate:
        return means(np.repeat(draw.normal(size=30), 10), RowWeighting(300))[0]

    def grouped(draw: np.random.Generator) -> IntervalEstimate:
        groups = np.repeat(np.arange(30), 10)
        return means(np.repeat(draw.normal(size=30), 10), RowWeighting(300, None, groups))[0]

    assert coverage(ignoring, 0.0) < 0.6
    assert coverage(grouped, 0.0) >= 0.95 - SLACK


def test_paired_changes_cover_the_truth_and_are_not_sure_where_nothing_changed() -> None:
    def changes(draw: np.random.Generator) -> IntervalEstimate:
        found = draw.choice([-1, 0, 1], 60, p=[0.05, 0.8, 0.15])
        return changes_of_rates(found, RowWeighting(60), np.zeros(60, dtype=np.int64), 1)[0]

    assert coverage(changes, 0.1) >= 0.95 - SLACK
    nothing = changes_of_rates(np.zeros(5), RowWeighting(5), np.zeros(5, dtype=np.int64), 1)[0]
    assert nothing.value == 0
    assert nothing.interval is not None
    assert nothing.interval == pytest.approx((-0.28, 0.28), abs=0.01)


def test_differences_between_rows_cover_the_truth_with_groups_on_both_sides() -> None:
    def plain(draw: np.random.Generator) -> IntervalEstimate:
        inside = np.arange(200) < 30
        return difference(draw.normal(inside * 2.0, 1 + inside), inside, RowWeighting(200))

    def grouped(draw: np.random.Generator) -> IntervalEstimate:
        groups = np.repeat(np.arange(50), 8)
        inside = draw.random(400) < np.where(groups < 20, 0.5, 0.0)
        values = draw.normal(size=50)[groups] + draw.normal(inside * 2.0, 1)
        return difference(values, inside, RowWeighting(400, None, groups))

    assert coverage(plain, 2.0) >= 0.95 - SLACK
    assert coverage(grouped, 2.0) >= 0.93 - SLACK


def test_folds_give_the_interval_of_the_verdict() -> None:
    scores = [0.8, 0.7, 0.9, 0.75, float("nan")]
    expected = estimate(scores[:4], 0.25, rows=100)
    half = expected.interval[1] - expected.mean
    found = over_folds(0.8, scores, 0.25, 100)
    assert found.interval == pytest.approx((0.8 - half, min(1.0, 0.8 + half)))
    assert over_folds(0.8, [0.8], 0.25, 100).interval is None


def test_holm_rejects_as_many_as_it_may() -> None:
    assert holm([0.04, 0.001, 0.012, 0.02]) == [True, True, True, True]
    assert holm([0.3, 0.001, 0.03, 0.03]) == [False, True, False, False]
    assert holm([0.011, 0.02, 0.02, 0.9, 0.9]) == [False] * 5
    assert holm([]) == []
