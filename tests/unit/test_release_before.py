"""Runs of the release before, in flight when this one is deployed: its files and its calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.environ import ENVIRON
from tests.support.release_before import (
    CONFIRM_JOB,
    EXECUTION,
    FOLDER,
    PAYLOADS,
    RUN_ID,
    TUNING_JOBS,
    end,
    world_of,
)
from tests.support.workflow_world import BUCKET, DEPLOYMENT, STATE_MACHINE, World
from tunedrop import clients
from tunedrop.handlers import await_job, plan_run, record_failure, resume_run, start_job, stop_jobs


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the Lambdas a world and an environment."""

    def use(world: World) -> World:
        monkeypatch.setattr(clients, "s3", lambda: world.s3)
        monkeypatch.setattr(clients, "sagemaker", lambda: world.sagemaker)
        monkeypatch.setattr(clients, "stepfunctions", lambda: world.stepfunctions)
        image = {"TUNEDROP_TRAINING_IMAGE": DEPLOYMENT.training_image}
        for name, value in {**ENVIRON, "TUNEDROP_BUCKET": BUCKET, **image}.items():
            monkeypatch.setenv(name, value)
        return world

    return use


def call(module: Any, payload: Any) -> Any:
    """Call a Lambda as AWS does: JSON in, JSON out."""
    return json.loads(json.dumps(module.handler(json.loads(json.dumps(payload)), None)))


def changed(name: str, status: str = "Completed") -> dict[str, Any]:
    """Make SageMaker's event of a job."""
    field = "HyperParameterTuningJob" if name.startswith("td-") else "TrainingJob"
    return {"source": "aws.sagemaker", "detail": {f"{field}Name": name, f"{field}Status": status}}


def test_an_execution_that_was_about_to_claim_ends_without_a_run(deployed: Any) -> None:
    deployed(world_of("tuning"))
    assert call(plan_run, PAYLOADS["PlanRun"][0])["outcome"] == "ignored"


def test_a_job_that_was_started_is_not_started_again(deployed: Any) -> None:
    world = deployed(world_of("tuning"))
    item = call(start_job, PAYLOADS["StartJob"][0])
    assert sorted(world.sagemaker.tuning_jobs) == TUNING_JOBS
    assert item.items() >= PAYLOADS["planned"]["tuning_jobs"][0].items()


def test_the_end_of_a_job_wakes_the_execution_that_left_its_token_before(deployed: Any) -> None:
    world = deployed(world_of("tuning"))
    for name in TUNING_JOBS:
        end(world, name)
        assert call(resume_run, changed(name))["outcome"] == "resumed"
    answers = [answer for _, answer in world.stepfunctions.answers]
    assert [a.items() >= b.items() for a, b in zip(answers, PAYLOADS["tuned"], strict=True)] == [
        True,
        True,
    ]
    assert not world.s3.keys("callbacks/")
    assert world.json(f"{FOLDER}jobs/{TUNING_JOBS[0]}.result.json")["status"] == "Completed"


def test_a_heartbeat_that_expires_looks_at_the_job_again(deployed: Any) -> None:
    world = deployed(world_of("tuning"))
    end(world, TUNING_JOBS[0])
    world.stepfunctions.live_tokens.add("newer")
    call(await_job, {**PAYLOADS["AwaitJob"][0], "token": "newer"})
    assert [token for token, _ in world.stepfunctions.answers] == ["newer"]


def test_confirm_starts_with_the_winner_and_the_deployments_image(deployed: Any) -> None:
    world = deployed(world_of("tuning"))
    for name in TUNING_JOBS:
        end(world, name)
        call(resume_run, changed(name))
    *_, start_confirm = PAYLOADS["StartJob"]
    *_, await_confirm = PAYLOADS["AwaitJob"]
    call(start_job, start_confirm)
    (confirm,) = world.sagemaker.training_jobs.values()
    assert confirm["AlgorithmSpecification"]["TrainingImage"] == DEPLOYMENT.training_image
    assert confirm["HyperParameters"]["tunedrop_estimator"] == "linear"
    assert [each["ChannelName"] for each in confirm["InputDataConfig"]] == ["plan", "train"]
    # The definition before drops StartConfirm's answer: AwaitConfirm gets the plan's name only.
    world.stepfunctions.live_tokens.add("confirm")
    call(await_job, {**await_confirm, "token": "confirm"})
    name = confirm["TrainingJobName"]
    world.sagemaker.end(name)
    assert call(resume_run, changed(name))["outcome"] == "resumed"
    token, answer = world.stepfunctions.answers[-1]
    assert (token, answer["job"], answer["status"]) == ("confirm", CONFIRM_JOB, "Completed")


def test_a_failed_confirm_ends_the_run_as_its_definition_says(deployed: Any) -> None:
    world = deployed(world_of("confirming"))
    world.sagemaker.end(CONFIRM_JOB, "Failed", "AlgorithmError: it broke")
    assert call(resume_run, changed(CONFIRM_JOB, "Failed"))["outcome"] == "resumed"
    _, answer = world.stepfunctions.answers[-1]
    assert (answer["job"], answer["status"]) == (CONFIRM_JOB, "Failed")


def test_a_failure_is_recorded_from_the_payload_of_the_release_before(deployed: Any) -> None:
    world = deployed(world_of("confirming"))
    (payload,) = PAYLOADS["RecordFailure"]
    answer = call(record_failure, payload)
    assert answer["run"] == {"dataset": "iris", "run_id": RUN_ID}
    assert world.json(f"{FOLDER}failure.json")["error"] == "ConfirmFailed"
    assert world.sagemaker.status(CONFIRM_JOB) == "Stopping"


def test_a_jobs_failure_is_recorded_from_the_payload_of_the_release_before(deployed: Any) -> None:
    world = deployed(world_of("tuning"))
    (payload,) = PAYLOADS["RecordJobFailure"]
    assert call(record_failure, payload)["status"] == "NotStarted"
    assert world.sagemaker.status(TUNING_JOBS[1]) == "Stopping"


@pytest.mark.parametrize("by", ["event", "sweep"])
def test_an_execution_that_was_cut_off_is_cleaned_up(deployed: Any, by: str) -> None:
    world = deployed(world_of("tuning"))
    event = PAYLOADS["PlanRun"][0]["input"]
    world.stepfunctions.add(EXECUTION, "ABORTED", given=event, stopped=datetime.now(UTC))
    if by == "event":
        call(stop_jobs, {"detail": {"executionArn": EXECUTION, "status": "ABORTED"}})
    else:
        call(stop_jobs, {"sweep": True, "state_machine": STATE_MACHINE})
    assert {world.sagemaker.status(name) for name in TUNING_JOBS} == {"Stopping"}
    assert world.json(f"{FOLDER}failure.json")["error"] == "Aborted"
