from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.support.fake_sagemaker import training_job
from tests.support.fakes import client_error, quota_error
from tests.support.workflow_world import (
    CONFIRM_JOB,
    DEPLOYMENT,
    EXECUTION,
    FOLDER,
    OTHER_TUNING_JOB,
    TUNING_JOB,
    World,
    assert_survives_every_crash,
    job,
)
from tunedrop.errors import (
    JobNameTaken,
    NoSuccessfulTrainingJob,
    QuotaExceeded,
    QuotaTooSmall,
    Throttled,
    TransientAwsError,
    TunedropError,
)
from tunedrop.running.job_start import start

CREATE = "CreateHyperParameterTuningJob"


def planned() -> World:
    world = World()
    world.put_plan()
    return world


def tuned() -> World:
    """Make the world after a tuning job with a winner, and another one that never started."""
    world = planned()
    start_job(world, TUNING_JOB)
    world.sagemaker.end(TUNING_JOB)
    world.sagemaker.trained[TUNING_JOB] = [
        training_job("a", 0.9, learning_rate="0.1", max_leaf_nodes="8"),
        training_job("b", 0.95, learning_rate="0.2", max_leaf_nodes="9", minute=1),
    ]
    world.power.calls = 0
    return world


def start_job(world: World, name: str) -> None:
    start(world.bucket, world.jobs, DEPLOYMENT, job(name), execution=EXECUTION)


def test_the_request_is_written_down_and_sent_as_it_is() -> None:
    world = planned()
    start_job(world, TUNING_JOB)
    request = world.json(f"{FOLDER}jobs/{TUNING_JOB}.request.json")
    assert world.sagemaker.calls_of(CREATE) == [request]


def test_a_start_that_is_repeated_finds_its_own_job_and_changes_nothing() -> None:
    world = planned()
    start_job(world, TUNING_JOB)
    before = world.state()
    start_job(world, TUNING_JOB)
    assert world.state() == before
    assert len(world.sagemaker.tuning_jobs) == 1


def test_a_repeated_start_sends_the_first_request_even_if_the_deployment_changed_since() -> None:
    world = planned()
    world.sagemaker.fail_next(CREATE, client_error("ThrottlingException"))
    with pytest.raises(Throttled):
        start_job(world, TUNING_JOB)
    written = world.json(f"{FOLDER}jobs/{TUNING_JOB}.request.json")
    changed = DEPLOYMENT.__class__(**{**vars(DEPLOYMENT), "training_image": "another:image"})
    start(world.bucket, world.jobs, changed, job(), execution=EXECUTION)
    assert world.sagemaker.calls_of(CREATE)[-1] == written


def test_a_job_of_somebody_else_with_our_name_is_not_taken_for_ours() -> None:
    world = planned()
    world.sagemaker.add(TUNING_JOB)
    with pytest.raises(JobNameTaken, match=TUNING_JOB):
        start_job(world, TUNING_JOB)


@pytest.mark.parametrize("name", [TUNING_JOB, CONFIRM_JOB])
def test_a_start_killed_at_any_call_ends_the_same_when_repeated(name: str) -> None:
    assert_survives_every_crash(
        tuned if name == CONFIRM_JOB else planned, lambda world, _: start_job(world, name)
    )


def test_confirm_is_about_the_winner_of_the_tuning() -> None:
    world = tuned()
    start_job(world, CONFIRM_JOB)
    sent = world.sagemaker.training_jobs[CONFIRM_JOB]["HyperParameters"]
    assert sent["tunedrop_job"] == "confirm"
    assert sent["tunedrop_estimator"] == "hist_gradient_boosting"
    assert (sent["learning_rate"], sent["max_leaf_nodes"]) == ("0.2", "9")


def test_a_repeated_start_of_confirm_keeps_its_winner() -> None:
    world = tuned()
    world.sagemaker.fail_next("CreateTrainingJob", client_error("InternalFailure", 500))
    with pytest.raises(TransientAwsError):
        start_job(world, CONFIRM_JOB)
    world.sagemaker.trained[TUNING_JOB].append(training_job("late", 0.99, learning_rate="0.9"))
    start_job(world, CONFIRM_JOB)
    assert world.sagemaker.training_jobs[CONFIRM_JOB]["HyperParameters"]["learning_rate"] == "0.2"


def test_nothing_to_confirm_names_each_tuning_job_and_how_it_ended_but_no_data() -> None:
    world = planned()
    for name, status in ((TUNING_JOB, "Failed"), (OTHER_TUNING_JOB, "NotStarted")):
        world.put_json(
            f"{FOLDER}jobs/{name}.result.json",
            {"job": name, "kind": "tuning", "status": status, "failure_reason": "John Smith"},
        )
    world.sagemaker.add(TUNING_JOB, status="Failed")
    with pytest.raises(NoSuccessfulTrainingJob) as caught:
        start_job(world, CONFIRM_JOB)
    assert f"{TUNING_JOB}: Failed, {OTHER_TUNING_JOB}: NotStarted" in str(caught.value)
    assert "John Smith" not in str(caught.value)
    assert not world.sagemaker.training_jobs


@pytest.mark.parametrize(("limit", "used"), [(2, 2), (4, 3), (2, 1)])
def test_a_quota_that_is_used_up_can_be_waited_for(limit: int, used: int) -> None:
    world = planned()
    world.sagemaker.fail_next(CREATE, quota_error(limit, used))
    with pytest.raises(QuotaExceeded) as caught:
        start_job(world, TUNING_JOB)
    assert f"{TUNING_JOB} asks for 2 x ml.m5.large" in str(caught.value)
    assert "ml.m5.large for training job usage" in str(caught.value)


@pytest.mark.parametrize("limit", [0, 1])
def test_a_quota_that_can_never_fit_fails_at_once_by_name(limit: int) -> None:
    world = planned()
    world.sagemaker.fail_next(CREATE, quota_error(limit))
    with pytest.raises(QuotaTooSmall) as caught:
        start_job(world, TUNING_JOB)
    for part in ("ml.m5.large for training job usage", f"is {limit}", "Service Quotas"):
        assert part in str(caught.value)


def test_a_quota_in_unknown_words_is_waited_for() -> None:
    world = planned()
    error = client_error("ResourceLimitExceeded", 400, "Too many jobs, whatever they are")
    world.sagemaker.fail_next(CREATE, error)
    with pytest.raises(QuotaExceeded, match="Too many jobs"):
        start_job(world, TUNING_JOB)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (client_error("ThrottlingException"), Throttled),
        (client_error("InternalFailure", 500), TransientAwsError),
        (client_error("Whatever", 503), TransientAwsError),
        (EndpointConnectionError(endpoint_url="https://x"), TransientAwsError),
        (client_error("ValidationException", 400, "no such role"), ClientError),
        (client_error("AccessDeniedException", 403), ClientError),
    ],
)
def test_errors_of_aws_are_told_apart(error: Any, expected: type[Exception]) -> None:
    world = planned()
    world.sagemaker.fail_next(CREATE, error)
    with pytest.raises(expected):
        start_job(world, TUNING_JOB)


def test_a_job_that_is_not_in_the_plan_is_not_started() -> None:
    world = planned()
    with pytest.raises(TunedropError, match="has no job"):
        start_job(world, TUNING_JOB[:-1] + "7")
    assert not world.sagemaker.tuning_jobs
