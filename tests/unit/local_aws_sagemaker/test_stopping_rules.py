from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local_aws.sagemaker.search.stopping import Completion, MedianRule

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_median_rule_turns_round_for_minimizing() -> None:
    rule = MedianRule(maximize=False)
    for value in (0.1, 0.2, 0.3):
        rule.learn([value])
    assert rule.should_stop([0.21])
    assert not rule.should_stop([0.2])


def test_the_median_rule_waits_for_three_training_jobs_at_that_epoch() -> None:
    rule = MedianRule(maximize=True)
    for curve in ([1.0, 1.0], [1.0, 1.0], [1.0]):
        rule.learn(curve)
    assert rule.should_stop([0.0])
    assert not rule.should_stop([0.0, 0.0])
    assert not rule.should_stop([])


def observe(completion: Completion, *values: float | None) -> Completion:
    for value in values:
        completion.observe(value, NOW)
    return completion


def test_an_improvement_counts_from_one_percent() -> None:
    completion = observe(Completion(max_not_improving=3), 1.0, 1.005, 1.009)
    assert completion.not_improving == 2
    observe(completion, 1.011)
    assert completion.not_improving == 0
    assert observe(completion, 1.0, None, 1.02).reached()


@pytest.mark.parametrize(("maximize", "values"), [(True, [0.4, 0.5]), (False, [0.6, 0.5])])
def test_a_target_is_reached_from_the_right_side(maximize: bool, values: list[float]) -> None:
    completion = Completion(target=0.5, maximize=maximize)
    assert not observe(completion, values[0]).reached()
    assert observe(completion, values[1]).reached()


def test_convergence_is_noted_and_ends_only_when_asked() -> None:
    silent = observe(Completion(), 1.0, *[0.9] * 20)
    assert silent.converged_at == NOW
    assert not silent.reached()
    assert observe(Completion(stop_on_convergence=True), 1.0, *[0.9] * 20).reached()
