"""The workflow's Lambdas through their handlers, with the events that AWS sends them."""

import json
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.environ import ENVIRON
from tests.support.fakes import quota_error
from tests.support.workflow_world import (
    EXECUTION,
    STATE_MACHINE,
    TUNING_1,
    TUNING_JOB,
    World,
    job,
)
from tunedrop import clients
from tunedrop.errors import NotAdmitted, QuotaExceeded, TransientAwsError
from tunedrop.handlers import (
    await_job,
    record_failure,
    resume_run,
    start_job,
    stop_jobs,
)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    world.connect(monkeypatch)
    world.claim()
    world.put_plan()
    return world


def call(handler: Callable[[dict[str, Any], object], Any], event: dict[str, Any]) -> Any:
    """Call a Lambda as AWS does: JSON in, JSON out."""
    return json.loads(json.dumps(handler(json.loads(json.dumps(event)), None)))


def change(name: str, status: str) -> dict[str, Any]:
    field = "HyperParameterTuningJob" if name.startswith("td-") else "TrainingJob"
    return {
        "source": "aws.sagemaker",
        "detail-type": "SageMaker Job State Change",
        "detail": {f"{field}Name": name, f"{field}Status": status, "Tags": {}},
    }


@pytest.mark.parametrize("status", ["InProgress", "Stopping", "Surprise"])
def test_an_event_of_a_job_that_goes_on_asks_nobody(world: World, status: str) -> None:
    answer = call(resume_run.handler, change(TUNING_JOB, status))
    assert answer == {"job": TUNING_JOB, "outcome": "goes on"}
    assert not world.sagemaker.calls


def test_an_event_that_is_ahead_of_sagemakers_answers_is_tried_again(world: World) -> None:
    item = call(start_job.handler, {**job().item(), "execution": EXECUTION})
    world.stepfunctions.live_tokens.add("token")
    call(await_job.handler, {**item, "token": "token", "execution": EXECUTION})
    with pytest.raises(TransientAwsError, match=TUNING_1):
        call(resume_run.handler, change(TUNING_1, "Completed"))
    world.sagemaker.end(TUNING_1)
    answer = call(resume_run.handler, change(TUNING_1, "Completed"))
    assert answer == {"job": TUNING_1, "outcome": "resumed"}


def test_a_wait_for_a_quota_is_published_to_the_topic(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[dict[str, str]] = []
    topic = SimpleNamespace(publish=lambda **message: published.append(message))
    monkeypatch.setattr(clients, "sns", lambda: topic)
    world.sagemaker.fail_next("CreateHyperParameterTuningJob", quota_error(2, 2))
    with pytest.raises(QuotaExceeded):
        call(start_job.handler, {**job().item(), "execution": EXECUTION})
    (message,) = published
    assert message["TopicArn"] == ENVIRON["TUNEDROP_TOPIC"]
    assert len(message["Subject"]) < 100


def test_a_failed_job_is_recorded(world: World) -> None:
    error = {"Error": "QuotaTooSmall", "Cause": "{}"}
    event = {"job": job().item(), "execution": EXECUTION, "error": error}
    assert call(record_failure.handler, event) == {**job().item(), "status": "NotStarted"}
    assert world.result()["status"] == "NotStarted"


def test_the_hourly_reconciliation_looks_at_everything(world: World) -> None:
    world.sagemaker.add(TUNING_JOB, execution=EXECUTION)
    answer = call(stop_jobs.handler, {"reconcile": True, "state_machine": STATE_MACHINE})
    assert answer == {"executions": 0, "jobs": 1, "stopped": 1, "skipped": 0}


def test_a_run_that_was_redriven_or_has_lost_its_slot_starts_no_job(world: World) -> None:
    world.s3.put("admission/state.json", '{"since": "2026-11-23T12:00:00Z"}')
    with pytest.raises(NotAdmitted, match="has no slot"):
        call(start_job.handler, {**job().item(), "execution": EXECUTION})
    assert not world.sagemaker.tuning_jobs


def test_what_a_lambda_did_reaches_its_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Lambda's runtime leaves the root logger at WARNING."""
    assert logging.getLogger().level == logging.WARNING
    call(start_job.handler, {**job().item(), "execution": EXECUTION})
    assert f"{TUNING_1} started" in caplog.messages
