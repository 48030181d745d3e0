import pytest

from tests.support.fake_sagemaker import WorkflowSageMaker, training_job
from tests.support.fakes import client_error
from tests.support.workflow_world import (
    OTHER_TUNING_JOB,
    TUNING_JOB,
    World,
    make_plan,
    tuning_job,
)
from tunedrop.errors import NoSuccessfulTrainingJob, Throttled
from tunedrop.running.job_requests import ScoredJob
from tunedrop.running.scored_jobs import best_jobs
from tunedrop_common.plan import Plan


def best(world: World, plan: Plan | None = None) -> ScoredJob:
    return best_jobs(world.bucket, world.jobs, plan or make_plan())[0]


def world_with(first: list[object], second: list[object], page_size: int = 2) -> World:
    world = World(sagemaker=WorkflowSageMaker(page_size))
    for name, jobs in ((TUNING_JOB, first), (OTHER_TUNING_JOB, second)):
        world.sagemaker.add(name, status="Completed")
        world.sagemaker.trained[name] = jobs  # type: ignore[assignment]
    return world


def test_only_completed_training_jobs_with_an_objective_can_win() -> None:
    world = world_with(
        [
            training_job("stopped early", 0.99, status="Stopped"),
            training_job("failed", 0.98, status="Failed"),
            training_job("not a number", float("nan")),
            training_job("silent", None),
            training_job("still running", 0.97, status="InProgress"),
            training_job("completed", 0.5),
        ],
        [training_job("c", 0.92, C="10"), training_job("d", 0.91)],
    )
    selected, second = best_jobs(world.bucket, world.jobs, make_plan())
    assert (selected.training_job, selected.estimator, selected.objective) == ("c", "linear", 0.92)
    assert selected.tuned == {"C": "10"}
    assert second.training_job == "completed"


def test_ties_go_to_the_first_tuning_job_then_to_the_oldest_training_job() -> None:
    world = world_with(
        [
            training_job("late", 0.9, minute=9),
            training_job("b", 0.9, minute=3),
            training_job("a", 0.9, minute=3),
            training_job("worse", 0.1, minute=0),
        ],
        [training_job("other", 0.9, minute=0)],
    )
    assert best(world).training_job == "a"


def test_a_best_beyond_the_first_hundred_is_found_page_by_page() -> None:
    stopped = [training_job(f"s{n}", 0.99, status="Stopped") for n in range(250)]
    world = world_with([*stopped, training_job("late", 0.8)], [])
    assert best(world).training_job == "late"
    calls = world.sagemaker.calls_of("ListTrainingJobsForHyperParameterTuningJob")
    assert [call.get("NextToken") for call in calls[:3]] == [None, "100", "200"]


def test_a_tuning_job_that_was_never_started_does_not_matter() -> None:
    world = World()
    world.sagemaker.add(OTHER_TUNING_JOB, status="Completed")
    world.sagemaker.trained[OTHER_TUNING_JOB] = [training_job("a", 0.6)]
    assert best(world).estimator == "linear"


def test_no_completed_training_job_at_all_is_an_error() -> None:
    with pytest.raises(NoSuccessfulTrainingJob, match="No training job"):
        best(world_with([training_job("a", 0.9, status="Failed")], []))


def test_throttling_is_left_to_the_state_machine() -> None:
    world = world_with([training_job("a", 0.9)], [])
    world.sagemaker.fail_next(
        "ListTrainingJobsForHyperParameterTuningJob", client_error("ThrottlingException")
    )
    with pytest.raises(Throttled):
        best(world)


HYPERBAND = make_plan(tuning_jobs=[tuning_job(strategy="Hyperband")], cross_validation={"folds": 8})


def hyperband(*trained: tuple[str, float, str, float | None]) -> World:
    """Make a Hyperband tuning job's world; each has a name, objective, status and folds_done."""
    jobs = []
    world = World()
    for name, value, status, folds in trained:
        jobs.append(training_job(name, value, status=status))
        metrics = [] if folds is None else [{"MetricName": "folds_done", "Value": folds}]
        world.sagemaker.training_jobs[name] = jobs[-1] | {"FinalMetricDataList": metrics}
    world.sagemaker.add(TUNING_JOB, status="Completed")
    world.sagemaker.trained[TUNING_JOB] = jobs
    return world


def test_hyperband_may_stop_a_best_after_its_last_fold() -> None:
    world = hyperband(
        ("half", 0.99, "Stopped", 4.0),
        ("silent", 0.98, "Stopped", None),
        ("all-folds", 0.97, "Stopped", 8.0),
        ("completed", 0.9, "Completed", 8.0),
        ("worse", 0.8, "Stopped", 8.0),
    )
    assert best(world, HYPERBAND).training_job == "all-folds"
    described = world.sagemaker.calls_of("DescribeTrainingJob")
    assert [call["TrainingJobName"] for call in described] == ["half", "silent", "all-folds"]
