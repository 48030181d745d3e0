"""The expected and the maximum cost of a run, its fallback instances, and the limit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fake_pricing import US_EAST_1
from tests.support.planning import DEFAULT_LIMITS, choose
from tunedrop import wording
from tunedrop.errors import LimitError
from tunedrop.planning.costs import (
    FIRST_TIMES,
    Budget,
    JobTimes,
    plan_cost,
    seconds_per_contender,
)
from tunedrop.planning.machines import choose_fallback_instances

FIVE = "estimators: [svm, mlp, linear, decision_tree, random_forest]"
ONE_TYPE = replace(
    DEFAULT_LIMITS,
    max_training_job_seconds=3600,
    instance_types=("ml.m5.large",),
    prices_usd_per_hour={"ml.m5.large": 1.0},
)
# Rows of 20 columns for which each default type is the first that is large enough.
ROWS = {
    "ml.m5.large": 1_000,
    "ml.m5.xlarge": 10_000_000,
    "ml.m5.2xlarge": 20_000_000,
    "ml.m5.4xlarge": 40_000_000,
    "ml.m5.12xlarge": 100_000_000,
}


def is_decided(chosen: Budget, words: str) -> bool:
    return any(words in decision for decision in chosen.decisions)


class TestFallbackInstances:
    SMALL = ("ml.c5.large", "ml.m5.large", "ml.m5.xlarge", "ml.r5.large", "ml.g5.xlarge")
    TYPES = (*SMALL, "ml.m5.2xlarge")

    @pytest.mark.parametrize(
        ("first", "allowed", "further"),
        [
            ("ml.c5.large", TYPES, ["ml.m5.large", "ml.m5.xlarge"]),
            ("ml.m5.large", TYPES, ["ml.m5.xlarge", "ml.r5.large"]),
            ("ml.m5.xlarge", TYPES, ["ml.r5.large", "ml.m5.2xlarge"]),
            ("ml.m5.2xlarge", TYPES, ["ml.g5.xlarge"]),
            ("ml.g5.xlarge", TYPES, ["ml.c5.large", "ml.m5.large"]),
            ("ml.m5.large", ("ml.m5.2xlarge", "ml.m5.xlarge"), ["ml.m5.xlarge", "ml.m5.2xlarge"]),
            ("ml.m5.large", ("ml.m5.large",), []),
        ],
    )
    def test_it_has_two_allowed_types_with_no_less_memory_the_larger_one_last(
        self, first: str, allowed: tuple[str, ...], further: list[str]
    ) -> None:
        instances = choose_fallback_instances(first, allowed, spot=False)
        assert [instance.type for instance in instances] == further
        assert not any(instance.spot for instance in instances)

    @pytest.mark.parametrize(
        ("allowed", "expected"),
        [
            (("ml.m5.large",), [("ml.m5.large", False)]),
            (("ml.m5.large", "ml.c5.large"), [("ml.m5.large", False)]),
            (
                ("ml.m5.large", "ml.m5.xlarge"),
                [("ml.m5.xlarge", True), ("ml.m5.xlarge", False)],
            ),
            (TYPES, [("ml.m5.xlarge", True), ("ml.r5.large", False)]),
        ],
    )
    def test_with_spot_instances_its_last_machine_is_on_demand(
        self, allowed: tuple[str, ...], expected: list[tuple[str, bool]]
    ) -> None:
        instances = choose_fallback_instances("ml.m5.large", allowed, spot=True)
        assert [(instance.type, instance.spot) for instance in instances] == expected

    def test_the_plan_says_where_jobs_are_tried_again(self) -> None:
        assert is_decided(choose(), "Fallback instance types: ml.m5.xlarge, then ml.m5.2xlarge.")
        words = "ml.m5.xlarge (spot), then ml.m5.2xlarge (on demand)."
        assert is_decided(choose(spot=True), words)


@pytest.mark.parametrize("unknown", ["", "ml.m5.large", "ml.m5.2xlarge"])
def test_the_worst_case_is_every_attempt_until_its_limit_on_the_dearest_type(unknown: str) -> None:
    limits = replace(DEFAULT_LIMITS, max_training_job_seconds=3600, max_cost_usd=None)
    chosen = choose("estimators: [svm]\ntraining_jobs: 10\nmax_runtime: 2h", limits)
    prices = {name: usd for name, usd in US_EAST_1.items() if name != unknown}
    planned = plan_cost(chosen, prices, FIRST_TIMES)
    # three attempts of two machines for two hours, and of Confirm for one
    assert planned.max_seconds == 3 * (2 * 7200 + 3600)
    assert planned.max_usd == (None if unknown else pytest.approx(3 * 5 * 0.461))
    assert (planned.expected_usd is None) == (unknown == "ml.m5.large")


@pytest.mark.parametrize(
    ("yaml", "fold_seconds", "expected", "training_job", "confirm"),
    [
        ("", 1.0, FIRST_TIMES, 900, 3_600),
        ("", 10.0, FIRST_TIMES, 1_800, 14_400),  # 20 * 10 s * 5 folds, rounded up
        ("", 1_000.0, FIRST_TIMES, 14_400, 14_400),
        ("", None, FIRST_TIMES, 14_400, 14_400),
        ("", 1.0, JobTimes(2_000, 3_000, ""), 6_300, 6_300),  # 3 and 2 times the last run's
        ("max_runtime: 2h", 1.0, FIRST_TIMES, 7_200, 14_400),
    ],
)
def test_time_limits_follow_from_a_trial_fit_unless_tuning_yaml_has_one(
    yaml: str, fold_seconds: float | None, expected: JobTimes, training_job: int, confirm: int
) -> None:
    trials = {} if fold_seconds is None else {"svm": fold_seconds}
    limits = replace(DEFAULT_LIMITS, max_cost_usd=None)
    chosen = choose(f"estimators: [svm]\n{yaml}", limits, times=expected, fold_seconds=trials)
    assert (chosen.training_job_seconds, chosen.confirm_seconds) == ({"svm": training_job}, confirm)
    words = f"Each training job ends after at most {wording.duration(training_job)} for svm"
    assert is_decided(chosen, words) == (not yaml)


class TestLimit:
    @pytest.mark.parametrize("spot", [False, True])
    @pytest.mark.parametrize("yaml", ["", FIVE])
    @pytest.mark.parametrize("first", list(ROWS))
    def test_defaults_are_never_rejected_by_the_default_limit(
        self, first: str, yaml: str, spot: bool
    ) -> None:
        chosen = choose(yaml, rows=ROWS[first], spot=spot)
        assert chosen.instance_type == first
        assert set(chosen.training_jobs.values()) == {30}
        assert chosen.warnings == ()
        planned = plan_cost(chosen, US_EAST_1, FIRST_TIMES)
        assert planned.max_usd is not None
        assert planned.max_usd <= 25
        if first == "ml.m5.large":
            assert len(chosen.fallback_instances) == 2
            assert chosen.max_runtime_seconds >= 15 * FIRST_TIMES.training_job
            assert is_decided(chosen, f"ends after at most {chosen.max_runtime_seconds} seconds")

    def test_there_are_fewer_fallbacks_before_the_runtime_is_too_short(self) -> None:
        chosen = choose(rows=ROWS["ml.m5.2xlarge"])
        assert [instance.type for instance in chosen.fallback_instances] == ["ml.m5.4xlarge"]
        assert is_decided(chosen, "fewer fallback instance types")
        assert chosen.max_runtime_seconds >= 15 * FIRST_TIMES.training_job

    @pytest.mark.parametrize(
        ("yaml", "hours", "types"),
        [
            ("estimators: [svm]\nmax_runtime: 8h", 8, ["ml.m5.xlarge"]),
            ("max_runtime: 1d", 24, []),
        ],
    )
    def test_a_runtime_that_was_asked_for_stays_and_the_fallbacks_give_way(
        self, yaml: str, hours: int, types: list[str]
    ) -> None:
        chosen = choose(yaml)
        assert chosen.max_runtime_seconds == hours * 3600
        assert [instance.type for instance in chosen.fallback_instances] == types
        assert is_decided(chosen, "fewer fallback instance types")

    @pytest.mark.parametrize(
        ("yaml", "most"), [("max_runtime: 10h", 4.0), ("", 1.1), ("max_runtime: 1h", 0.5)]
    )
    def test_a_run_that_could_cost_too_much_is_rejected_with_what_to_do(
        self, yaml: str, most: float
    ) -> None:
        with pytest.raises(LimitError, match=rf"a maximum of .*at most {most:.2f} USD") as raised:
            choose(yaml, replace(ONE_TYPE, max_cost_usd=most))
        assert "max_runtime" in raised.value.to_do

    @given(
        most=st.floats(0.01, 200),
        prices=st.dictionaries(st.sampled_from(list(US_EAST_1)), st.floats(0.001, 50)),
        rows=st.sampled_from(list(ROWS.values())),
        runtime=st.sampled_from(["", "max_runtime: 20m", "max_runtime: 3h", "max_runtime: 1d"]),
        parallel=st.integers(1, 10),
        jobs=st.integers(10, 50),
        spot=st.booleans(),
        seconds=st.floats(0, 100_000),
    )
    def test_the_worst_case_is_within_the_limit_and_the_expected_one_within_the_worst(
        self,
        most: float,
        prices: dict[str, float],
        rows: int,
        runtime: str,
        parallel: int,
        jobs: int,
        spot: bool,
        seconds: float,
    ) -> None:
        yaml = f"training_jobs: {jobs}\nparallel_training_jobs: {parallel}\n{runtime}"
        limits = replace(DEFAULT_LIMITS, max_cost_usd=most, prices_usd_per_hour=prices)
        times = JobTimes(seconds, seconds * 3, "")
        try:
            chosen = choose(yaml, limits, rows=rows, spot=spot, times=times)
        except LimitError:
            assert prices
            return
        planned = plan_cost(chosen, prices, times)
        assert 0 <= planned.expected_seconds <= planned.max_seconds
        assert planned.max_seconds == chosen.max_seconds
        assert (planned.max_usd is None) == bool(chosen.warnings)
        if planned.max_usd is not None:
            assert planned.expected_usd is not None
            assert 0 <= planned.expected_usd <= planned.max_usd <= most + 1e-4
        if spot and chosen.fallback_instances:
            assert not chosen.fallback_instances[-1].spot


def test_confirms_contenders_leave_time_for_what_comes_after_them() -> None:
    for estimators in (1, 2, 5):
        seconds = seconds_per_contender(10_000, estimators, has_champion=False)
        assert 6_900 <= seconds * (2 * estimators + 1) <= 7_000
