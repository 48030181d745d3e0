from dataclasses import replace

import pytest

from tests.support.planning import DEFAULT_LIMITS, choose
from tunedrop.errors import LimitError, TuningConfigError
from tunedrop.running.next_attempt import memory_gib

LIMITS = replace(
    DEFAULT_LIMITS,
    max_training_jobs=200,
    instance_types=("ml.m5.large", "ml.m5.xlarge"),
    max_cost_usd=None,
)


def test_large_data_gets_the_first_machine_that_holds_it() -> None:
    # 20 columns x 8 bytes x 8 copies = 1,280 bytes a row, beside 2 GiB.
    assert choose(limits=LIMITS, rows=5_000_000).instance_type == "ml.m5.large"  # 8.0 GiB of 8
    chosen = choose(limits=LIMITS, rows=6_000_000)
    assert chosen.instance_type == "ml.m5.xlarge"
    assert "Instance type: ml.m5.xlarge, for about 9 GiB of data." in chosen.decisions
    largest = choose(limits=LIMITS, rows=60_000_000)
    assert largest.instance_type == "ml.m5.xlarge"
    assert any("may need 74 GiB" in decision for decision in largest.decisions)
    assert (
        choose("instance_type: ml.m5.large", LIMITS, rows=6_000_000).instance_type == "ml.m5.large"
    )


def test_memory_is_known_for_the_usual_families() -> None:
    names = ("c5.large", "m5.large", "r5.xlarge", "m6i.2xlarge", "m5.12xlarge", "c5.18xlarge")
    assert [memory_gib(f"ml.{name}") for name in names] == [4, 8, 32, 32, 192, 144]
    assert memory_gib("ml.p3.2xlarge") is memory_gib("local") is None


@pytest.mark.parametrize("most", [1, 2, 7, 11])
@pytest.mark.parametrize("requested", [None, 1, 3, 10])
def test_jobs_at_the_same_time_stay_within_the_limit(most: int, requested: int | None) -> None:
    yaml = "estimators: [svm, mlp, linear, decision_tree, random_forest, extra_trees]\n"
    yaml += f"parallel_training_jobs: {requested or '~'}"
    limits = replace(LIMITS, max_parallel_training_jobs=most)
    if requested is not None and requested > most:
        with pytest.raises(LimitError, match=f"at most {most}"):
            choose(yaml, limits)
        return
    chosen = choose(yaml, limits)
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
        choose(f"# first line\n{yaml}", LIMITS)
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
            "cannot use 27000 training jobs",
        ),
    ],
)
def test_what_sagemaker_does_not_take_is_rejected(yaml: str, message: str) -> None:
    with pytest.raises((TuningConfigError, LimitError), match=message):
        choose(yaml, LIMITS)


def test_a_default_gives_way_to_a_limit_and_says_so() -> None:
    chosen = choose(limits=replace(LIMITS, max_training_jobs=24))
    assert set(chosen.training_jobs.values()) == {12}
    assert any("the deployment's maximum" in d for d in chosen.decisions)
    with pytest.raises(LimitError, match="Found 20; expected at most 19"):
        choose(limits=replace(LIMITS, max_training_jobs=19))


@pytest.mark.parametrize(
    ("yaml", "training_jobs"),
    [
        ("", {"hist_gradient_boosting": 30, "linear": 30}),
        (
            "training_jobs: 12\nestimators: {svm: {training_jobs: 40}, linear: {}}",
            {"svm": 40, "linear": 12},
        ),
        (
            "strategy: grid\nestimators: {svm: {ranges: {C: [1, 2, 3], gamma: [scale, auto]}}}",
            {"svm": 6},
        ),
        ("estimators: [svm]\nstrategy: random\ntraining_jobs: 751", {"svm": 751}),
    ],
)
def test_each_estimator_has_its_number_of_jobs(yaml: str, training_jobs: dict[str, int]) -> None:
    assert choose(yaml, replace(LIMITS, max_training_jobs=10_000)).training_jobs == training_jobs
