"""Why a job was not finished, by SageMaker's words and those of the training container."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fake_sagemaker import training_job
from tests.support.fakes import client_error
from tests.support.workflow_world import CONFIRM_1, CONFIRM_JOB, TUNING_1, TUNING_JOB, World, job
from tunedrop.running.causes import cause_in, cause_of_end
from tunedrop.running.jobs import describe
from tunedrop.running.next_attempt import Cause

CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a "
    "different ML instance type."
)
MEMORY = "AlgorithmError: The kernel killed the training job., exit code: 137"
BAD_DATA = "AlgorithmError: The target of a regression has text in it, exit code: 1"


def cause_of(world: World, name: str, attempt: str) -> Cause | None:
    item = job(name, attempt)
    state = describe(world.jobs, attempt, item.kind)
    assert state is not None
    return cause_of_end(world.jobs, item, state)


def confirm(status: str, reason: str = "", **more: Any) -> Cause | None:
    world = World()
    world.sagemaker.add(CONFIRM_1)
    world.sagemaker.end(CONFIRM_1, status, reason)
    world.sagemaker.training_jobs[CONFIRM_1] |= more
    return cause_of(world, CONFIRM_JOB, CONFIRM_1)


def tuning(*trained: dict[str, Any], status: str = "Failed", **more: Any) -> Cause | None:
    world = World()
    world.sagemaker.add(TUNING_1)
    world.sagemaker.end(TUNING_1, status, "No training job succeeded after 5 attempts.")
    world.sagemaker.tuning_jobs[TUNING_1] |= more
    world.sagemaker.trained[TUNING_1] = list(trained)
    for each in trained:
        world.sagemaker.training_jobs[each["TrainingJobName"]] = each
    return cause_of(world, TUNING_JOB, TUNING_1)


def failed(name: str, reason: str) -> dict[str, Any]:
    return training_job(name, None, status="Failed", reason=reason)


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (CAPACITY, "capacity"),
        ("InsufficientInstanceCapacity", "capacity"),
        (MEMORY, "memory"),
        ("AlgorithmError: , exit code: 137", "memory"),
        ("AlgorithmError: No column 'CapacityError: memory ran out', exit code: 1", None),
        ("ClientError: Please use an instance type with more memory", "memory"),
        (BAD_DATA, None),
        ("InternalServerError: We encountered an internal error.", None),
        ("", None),
    ],
)
def test_words_name_a_cause_or_none(words: str, cause: Cause | None) -> None:
    assert cause_in(words) == cause


def test_a_confirm_job_says_itself_why_it_was_not_finished() -> None:
    assert confirm("Failed", CAPACITY) == "capacity"
    assert confirm("Failed", MEMORY) == "memory"
    assert confirm("Failed", BAD_DATA) is None
    assert confirm("Completed") is None


def test_a_spot_job_that_waited_too_long_is_stopped_with_a_status_of_its_own() -> None:
    assert confirm("Stopped", SecondaryStatus="MaxWaitTimeExceeded") == "spot wait"
    assert confirm("Stopped", SecondaryStatus="Stopped") is None
    assert confirm("Stopped", SecondaryStatus="MaxRuntimeExceeded") is None


def test_a_tuning_job_is_explained_by_what_most_of_its_training_jobs_failed_of() -> None:
    assert tuning(failed("a", MEMORY), failed("b", MEMORY), failed("c", BAD_DATA)) == "memory"
    assert tuning(failed("a", MEMORY), failed("b", BAD_DATA), failed("c", BAD_DATA)) is None
    assert tuning(failed("a", CAPACITY), status="Stopped") == "capacity"
    assert tuning() is None


@pytest.mark.parametrize("status", ["Completed", "Stopped", "Failed"])
@pytest.mark.parametrize(
    "counters",
    [
        {"TrainingJobStatusCounters": {"Completed": 1}},
        {"ObjectiveStatusCounters": {"Succeeded": 1}},
    ],
)
def test_a_tuning_job_with_one_success_is_finished(status: str, counters: dict[str, Any]) -> None:
    assert tuning(failed("a", CAPACITY), status=status, **counters) is None


@pytest.mark.parametrize(("spot", "cause"), [(True, "spot wait"), (False, None)])
def test_stopped_training_jobs_are_asked_on_spot_only(spot: bool, cause: Cause | None) -> None:
    waited = [
        training_job(name, None, status="Stopped") | {"SecondaryStatus": "MaxWaitTimeExceeded"}
        for name in ("a", "b")
    ]
    definition: Any = {"TrainingJobDefinition": {"EnableManagedSpotTraining": spot}}
    assert tuning(*waited, **definition) == cause


def test_reasons_that_are_denied_are_no_cause() -> None:
    world = World()
    world.sagemaker.add(TUNING_1)
    world.sagemaker.end(TUNING_1, "Failed", CAPACITY)
    denied = client_error("AccessDeniedException", 403)
    world.sagemaker.fail_next("ListTrainingJobsForHyperParameterTuningJob", denied)
    assert cause_of(world, TUNING_JOB, TUNING_1) == "capacity"
