import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.fake_sagemaker import training_job
from tests.support.fakes import client_error, quota_error
from tests.support.workflow_world import (
    CONFIRM_1,
    CONFIRM_JOB,
    DEPLOYMENT,
    EXECUTION,
    FOLDER,
    NOW,
    OTHER_TUNING_JOB,
    TUNING_1,
    TUNING_JOB,
    World,
    assert_survives_every_crash,
    job,
    make_plan,
    start_job,
    tuning_job,
)
from tunedrop.errors import (
    JobNameTaken,
    LimitRefused,
    QuotaExceeded,
    QuotaStayedInUse,
    QuotaTooSmall,
    Throttled,
)
from tunedrop.running.job_start import JobStart
from tunedrop.running.quota_wait import QuotaWait
from tunedrop_common.plan import FallbackInstance

CREATE = "CreateHyperParameterTuningJob"


FALLBACKS = (
    FallbackInstance(type="ml.m5.xlarge", spot=False),
    FallbackInstance(type="ml.m5.2xlarge", spot=False),
)
WARM: dict[str, Any] = {"parents": ["td-0a1b2c3d-aaaaaaaaaa-0"]}


def planned(**changes: Any) -> World:
    world = World()
    world.put_plan(make_plan(**changes))
    return world


def with_fallbacks() -> World:
    return planned(fallback_instances=FALLBACKS)


def request_of(world: World, name: str) -> Any:
    return world.json(f"{FOLDER}jobs/{name}.request.json")


def machine(request: Any) -> str:
    definition = request.get("TrainingJobDefinition", request)
    return str(definition["ResourceConfig"]["InstanceType"])


def parallel(request: Any) -> int:
    limits = request["HyperParameterTuningJobConfig"]["ResourceLimits"]
    return int(limits["MaxParallelTrainingJobs"])


def tuned() -> World:
    """Make the world after a tuning job with a tuned model, and another one that never started."""
    world = planned()
    start_job(world, TUNING_JOB)
    world.sagemaker.end(TUNING_1)
    world.sagemaker.trained[TUNING_1] = [
        training_job("a", 0.9, learning_rate="0.1", max_leaf_nodes="8"),
        training_job("b", 0.95, learning_rate="0.2", max_leaf_nodes="9", minute=1),
    ]
    world.power.calls = 0
    return world


def test_a_repeated_start_sends_the_first_request_even_if_the_deployment_changed_since() -> None:
    world = planned()
    world.sagemaker.fail_next(CREATE, client_error("ThrottlingException"))
    with pytest.raises(Throttled):
        start_job(world, TUNING_JOB)
    written = request_of(world, TUNING_1)
    changed = DEPLOYMENT.__class__(**{**vars(DEPLOYMENT), "training_role_arn": "another"})
    start_job(world, TUNING_JOB, changed)
    assert world.sagemaker.calls_of(CREATE)[-1] == written


def test_a_job_of_somebody_else_with_our_name_is_not_taken_for_ours() -> None:
    world = planned()
    world.sagemaker.add(TUNING_1)
    with pytest.raises(JobNameTaken, match=TUNING_1):
        start_job(world, TUNING_JOB)


@pytest.mark.parametrize("name", [TUNING_JOB, CONFIRM_JOB])
def test_a_start_killed_at_any_call_ends_the_same_when_repeated(name: str) -> None:
    assert_survives_every_crash(
        tuned if name == CONFIRM_JOB else planned, lambda world, _: start_job(world, name)
    )


def test_a_quota_of_nothing_fails_at_once_by_name_where_the_plan_has_no_other_machine() -> None:
    world = planned()
    world.sagemaker.fail_next(CREATE, quota_error(0))
    with pytest.raises(QuotaTooSmall) as caught:
        start_job(world, TUNING_JOB)
    for part in ("ml.m5.large for training job usage", "is 0", "Service Quotas"):
        assert part in str(caught.value)
    assert world.result(TUNING_1)["cause"] == "quota"


def test_a_quota_lowers_the_parallel_jobs_and_one_of_nothing_takes_the_next_machine() -> None:
    world = with_fallbacks()
    world.sagemaker.fail_next(CREATE, quota_error(1), quota_error(0, delta=1))
    assert start_job(world).attempt == f"{TUNING_JOB}-3"
    requests = [request_of(world, f"{TUNING_JOB}-{number}") for number in (1, 2, 3)]
    assert [parallel(request) for request in requests] == [2, 1, 2]
    assert machine(requests[2]) == "ml.m5.xlarge"
    assert world.result(TUNING_1)["status"] == "NotStarted"
    assert "QuotaTooSmall" in world.result(TUNING_1)["error"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            "The account-level service limit 'Training jobs of a tuning job' is 750 jobs, with "
            "current utilization of 0 jobs and a request delta of 800 jobs.",
            QuotaTooSmall,
        ),
        ("The requested resource is not available in this region", LimitRefused),
    ],
)
def test_a_limit_that_no_machine_and_no_wait_changes_fails_at_once(
    words: str, error: type[Exception]
) -> None:
    world = with_fallbacks()
    world.sagemaker.fail_next(CREATE, client_error("ResourceLimitExceeded", 400, words))
    with pytest.raises(error, match=words):
        start_job(world)
    assert len(world.sagemaker.calls_of(CREATE)) == 1
    assert not world.told


def test_a_wait_for_a_quota_is_told_once_a_run_with_its_deadline() -> None:
    world = planned()
    for name in (TUNING_JOB, TUNING_JOB, OTHER_TUNING_JOB):
        world.sagemaker.fail_next(CREATE, quota_error(2, 2))
        with pytest.raises(QuotaExceeded):
            start_job(world, name)
    ((subject, message),) = world.told
    assert subject == "Tunedrop: a run waits for a quota"
    assert "until 2026-11-24 14:00:00 UTC" in message
    assert "ml.m5.large for training job usage" in message


@pytest.mark.parametrize(("hours", "error"), [(23, QuotaExceeded), (24, QuotaStayedInUse)])
def test_the_wait_for_a_quota_ends_at_the_deployments_deadline(
    hours: int, error: type[Exception]
) -> None:
    world = planned()
    world.sagemaker.fail_next(CREATE, quota_error(2, 2), quota_error(2, 1))
    with pytest.raises(QuotaExceeded):
        start_job(world)
    with pytest.raises(error) as caught:
        start_job(world, now=NOW + timedelta(hours=hours))
    assert type(caught.value) is error
    start_job(world, now=NOW + timedelta(days=2))
    assert TUNING_1 in world.sagemaker.tuning_jobs


def test_people_who_cannot_be_told_of_a_wait_are_no_reason_to_fail() -> None:
    world = planned()
    world.sagemaker.fail_next(CREATE, quota_error(2, 2))

    def refuse(subject: str, message: str) -> None:
        raise client_error("AuthorizationError", 403)

    wait = QuotaWait(world.bucket, refuse, seconds=60, now=NOW)
    with pytest.raises(QuotaExceeded):
        JobStart(world.bucket, world.jobs, DEPLOYMENT, wait, EXECUTION).start(job())


@pytest.mark.parametrize("plan", [{}, {"tuning_jobs": [tuning_job(**WARM)]}])
def test_a_refusal_of_something_else_is_no_refusal_of_the_warm_start(plan: Any) -> None:
    world = planned(**plan)
    words = "no such role" if plan else "1 parent too many"
    world.sagemaker.fail_next(CREATE, client_error("ValidationException", 400, words))
    with pytest.raises(ClientError, match=words):
        start_job(world)


def test_confirm_keeps_its_tuned_models_on_the_next_machine() -> None:
    world = tuned()
    world.put_plan(make_plan(fallback_instances=FALLBACKS))
    start_job(world, CONFIRM_JOB)
    world.put_result(CONFIRM_1, status="Failed", cause="memory")
    world.sagemaker.trained[TUNING_1].append(training_job("late", 0.99, learning_rate="0.9"))
    assert start_job(world, CONFIRM_JOB).attempt == f"{CONFIRM_JOB}-2"
    request = request_of(world, f"{CONFIRM_JOB}-2")
    assert machine(request) == "ml.m5.xlarge"
    hyperparameters = request["HyperParameters"]
    assert hyperparameters == request_of(world, CONFIRM_1)["HyperParameters"]
    assert hyperparameters["tunedrop_job"] == "confirm"
    assert hyperparameters["tunedrop_estimator"] == "hist_gradient_boosting"
    tuned_model = json.loads(hyperparameters["tunedrop_tuned_hist_gradient_boosting"])
    assert tuned_model == {"learning_rate": "0.2", "max_leaf_nodes": "9"}


@pytest.mark.parametrize("result", [{"status": "Failed"}, {"status": "Failed", "cause": "memory"}])
def test_an_attempt_that_nothing_follows_is_not_started_again(result: dict[str, str]) -> None:
    world = planned()
    start_job(world)
    world.put_result(TUNING_1, **result)
    assert start_job(world).attempt == TUNING_1
    assert len(world.sagemaker.calls_of(CREATE)) == 1


def test_a_finished_job_of_an_earlier_run_is_not_started_again() -> None:
    finished = "td-0a1b2c3d-aaaaaaaaaa-0-1"
    world = planned(tuning_jobs=[tuning_job(finished_job=finished)])
    assert start_job(world).attempt == finished
    assert not world.sagemaker.calls
    assert not world.s3.keys(f"{FOLDER}jobs/")


def refused_twice() -> World:
    world = planned(fallback_instances=FALLBACKS, tuning_jobs=[tuning_job(**WARM)])
    warm = client_error("ValidationException", 400, "no such parent")
    create = world.sagemaker.create_hyper_parameter_tuning_job

    def refusing(**parameters: Any) -> Any:
        if "WarmStartConfig" in parameters:
            raise warm
        if machine(parameters) == "ml.m5.large":
            raise quota_error(0)
        return create(**parameters)

    world.sagemaker.create_hyper_parameter_tuning_job = refusing  # type: ignore[method-assign]
    return world


def test_refusals_killed_at_any_call_and_repeated_end_with_the_same_attempts() -> None:
    world = refused_twice()
    assert start_job(world).attempt == f"{TUNING_JOB}-3"
    assert "WarmStartConfig" in request_of(world, TUNING_1)
    assert "WarmStartConfig" not in request_of(world, f"{TUNING_JOB}-2")
    assert world.result(TUNING_1)["cause"] == "warm start"
    assert_survives_every_crash(refused_twice, lambda world, _: start_job(world))


def test_a_job_that_is_not_in_the_plan_is_not_started() -> None:
    world = planned()
    with pytest.raises(KeyError):
        start_job(world, TUNING_JOB[:-1] + "7")
    assert not world.sagemaker.tuning_jobs
