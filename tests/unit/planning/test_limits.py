from dataclasses import replace

import pytest

from tunedrop.environment import Limits
from tunedrop.errors import LimitError, TuningConfigError
from tunedrop.planning.costs import FIRST_TIMES, Budget
from tunedrop.planning.estimators.search_spaces import resolve_estimator
from tunedrop.planning.estimators.selection import DEFAULT_ESTIMATORS
from tunedrop.planning.limits import choose_budget
from tunedrop.planning.machines import memory_gib
from tunedrop.planning.tuning_config.file import read_tuning_config

LIMITS = Limits(
    max_training_jobs=200,
    max_parallel_training_jobs=10,
    max_runtime_seconds=86_400,
    max_training_job_seconds=3_600,
    instance_types=("ml.m5.large", "ml.m5.xlarge"),
    max_dataset_bytes=1_000,
)


def budget(yaml: str = "", limits: Limits = LIMITS, rows: int = 1_000) -> Budget:
    config = read_tuning_config(yaml.encode())
    keys = config.estimators or DEFAULT_ESTIMATORS
    estimators = [resolve_estimator(key, "classification", config, 0) for key in keys]
    return choose_budget(config, estimators, limits, FIRST_TIMES, rows=rows, columns=20, spot=False)


def test_defaults_are_thirty_jobs_and_two_at_a_time_for_each() -> None:
    chosen = budget()
    assert chosen.training_jobs == {"hist_gradient_boosting": 30, "linear": 30}
    assert (chosen.parallel_training_jobs, chosen.parallel_tuning_jobs) == (2, 2)
    assert chosen.max_runtime_seconds == 86_400
    assert chosen.instance_type == "ml.m5.large"


def test_large_data_gets_the_first_machine_that_holds_it() -> None:
    # 20 columns x 8 bytes x 8 copies = 1,280 bytes a row, beside 2 GiB.
    assert budget(rows=5_000_000).instance_type == "ml.m5.large"  # 8.0 GiB of 8
    chosen = budget(rows=6_000_000)
    assert chosen.instance_type == "ml.m5.xlarge"
    assert "Instance type: ml.m5.xlarge, for about 9 GiB of data." in chosen.decisions
    assert budget("instance_type: ml.m5.large", rows=6_000_000).instance_type == "ml.m5.large"


def test_data_too_large_for_every_machine_gets_the_largest_and_that_is_said() -> None:
    chosen = budget(rows=60_000_000)
    assert chosen.instance_type == "ml.m5.xlarge"
    assert any("may need 74 GiB" in decision for decision in chosen.decisions)


@pytest.mark.parametrize(
    ("instance_type", "gib"),
    [
        ("ml.c5.large", 4),
        ("ml.m5.large", 8),
        ("ml.r5.xlarge", 32),
        ("ml.m6i.2xlarge", 32),
        ("ml.m5.12xlarge", 192),
        ("ml.c5.18xlarge", 144),
        ("ml.p3.2xlarge", None),
        ("local", None),
    ],
)
def test_memory_is_known_for_the_usual_families(instance_type: str, gib: int | None) -> None:
    assert memory_gib(instance_type) == gib


@pytest.mark.parametrize("most", [1, 2, 7, 11])
@pytest.mark.parametrize("requested", [None, 1, 3, 10])
def test_jobs_at_the_same_time_stay_within_the_limit(most: int, requested: int | None) -> None:
    yaml = "estimators: [svm, mlp, linear, decision_tree, random_forest, extra_trees]\n"
    yaml += "" if requested is None else f"parallel_training_jobs: {requested}"
    limits = replace(LIMITS, max_parallel_training_jobs=most)
    if requested is not None and requested > most:
        with pytest.raises(LimitError, match=f"at most {most}"):
            budget(yaml, limits)
        return
    chosen = budget(yaml, limits)
    assert chosen.parallel_training_jobs * chosen.parallel_tuning_jobs <= most
    assert chosen.parallel_tuning_jobs >= 1


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("training_jobs: 101", "Found 202.*at most 200"),
        ("parallel_training_jobs: 11", "at most 10"),
        ("max_runtime: 25h", "Found 90000; expected at most 86400"),
        ("instance_type: ml.m5.2xlarge", "Found .ml.m5.2xlarge.; expected one of"),
        ("instance_type: ml.p5.48xlarge", "one of ml.m5.large, ml.m5.xlarge"),
    ],
)
def test_a_request_beyond_a_limit_is_rejected_with_its_line(yaml: str, message: str) -> None:
    with pytest.raises(LimitError, match=message) as raised:
        budget(f"# first line\n{yaml}")
    assert "line 2" in raised.value.where


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("training_jobs: 9", "10 to 750"),
        ("training_jobs: 751", "Found 751; expected 10 to 750"),
        ("estimators: {svm: {training_jobs: 5}}", "cannot use 5 training jobs"),
        ("training_jobs: 10\nparallel_training_jobs: 100", "parallel_training_jobs would be more"),
        ("strategy: grid", "needs a list of values"),
        (
            "strategy: grid\ntraining_jobs: 10\nestimators: {svm: {ranges: {C: [1, 2, 3]}}}",
            "3 combinations",
        ),
        (
            "strategy: grid\nestimators: {svm: {ranges: {"
            + ", ".join(f"{n}: {list(range(1, 31))}" for n in ("C", "gamma", "degree"))
            + "}}}",
            "too many combinations",
        ),
    ],
)
def test_what_sagemaker_does_not_take_is_rejected(yaml: str, message: str) -> None:
    with pytest.raises((TuningConfigError, LimitError), match=message):
        budget(yaml)


def test_a_grid_is_as_large_as_its_combinations_and_may_be_small() -> None:
    chosen = budget(
        "strategy: grid\nestimators: {svm: {ranges: {C: [1, 2, 3], gamma: [scale, auto]}}}"
    )
    assert chosen.training_jobs == {"svm": 6}


def test_an_estimator_can_have_its_own_number_of_jobs() -> None:
    chosen = budget("training_jobs: 12\nestimators: {svm: {training_jobs: 40}, linear: {}}")
    assert chosen.training_jobs == {"svm": 40, "linear": 12}


def test_a_default_gives_way_to_a_limit_and_says_so() -> None:
    chosen = budget(limits=replace(LIMITS, max_training_jobs=24))
    assert set(chosen.training_jobs.values()) == {12}
    assert any("the deployment's maximum" in d for d in chosen.decisions)
    with pytest.raises(LimitError, match="too few training jobs"):
        budget(limits=replace(LIMITS, max_training_jobs=19))


def test_more_random_training_jobs_than_the_default_quota_need_a_raised_one() -> None:
    limits = replace(LIMITS, max_training_jobs=10_000)
    chosen = budget("estimators: [svm]\nstrategy: random\ntraining_jobs: 751", limits)
    assert chosen.training_jobs == {"svm": 751}
    assert any("more than 750 need a raised quota" in decision for decision in chosen.decisions)
    chosen = budget("estimators: [svm]\nstrategy: random\ntraining_jobs: 750", limits)
    assert not any("quota" in decision for decision in chosen.decisions)
