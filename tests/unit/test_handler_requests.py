"""Wrong requests to every Lambda: a clear error, nothing done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.json_values import JSON_VALUES
from tests.support.workflow_world import (
    EXECUTION,
    GIVEN,
    STATE_MACHINE,
    TUNING_1,
    World,
    job,
)
from tunedrop import clients
from tunedrop.errors import UserInputError
from tunedrop.handlers import (
    admit,
    await_job,
    plan_run,
    record_failure,
    resume_run,
    start_job,
    stop_jobs,
    write_report,
)

HANDLERS = (
    admit, await_job, plan_run, record_failure, resume_run, start_job, stop_jobs, write_report,
)  # fmt: skip
START = {**job().item(), "execution": EXECUTION}
AWAIT = {**START, "attempt": TUNING_1, "token": "token"}
FAILED_JOB = {"job": job().item(), "execution": EXECUTION, "error": {"Error": "E", "Cause": "{}"}}
JOB_CHANGE = {
    "detail": {
        "HyperParameterTuningJobName": TUNING_1,
        "HyperParameterTuningJobStatus": "Completed",
    }
}
# Every name in every request: the Lambda, a request that is right, where in it the name is.
NAMES = [
    *((admit, {name: "iris"}, name) for name in ("dataset", "evaluate")),
    (admit, {"resume": "iris/20261123T120000Z-1a2b3c4d"}, "resume"),
    *((plan_run, {**GIVEN, "execution": EXECUTION}, name) for name in (*GIVEN, "execution")),
    *((start_job, START, name) for name in START),
    *((await_job, AWAIT, name) for name in AWAIT if name != "token"),
    *((record_failure, FAILED_JOB, f"job.{name}") for name in job().item()),
    (record_failure, FAILED_JOB, "execution"),
    (resume_run, JOB_CHANGE, "detail.HyperParameterTuningJobName"),
    (stop_jobs, {"detail": {"executionArn": EXECUTION}}, "detail.executionArn"),
    (stop_jobs, {"reconcile": True, "state_machine": STATE_MACHINE}, "state_machine"),
    *((write_report, GIVEN, name) for name in GIVEN),
    (write_report, {"report": "iris/20261123T120000Z-1a2b3c4d"}, "report"),
]

# Nothing that any name can be: of another type, with a path in it, or too long.
wrong_names = (
    JSON_VALUES.filter(lambda value: not isinstance(value, str))
    | st.tuples(st.text(), st.text()).map("/../".join)
    | st.text(st.characters(categories=["C", "Z"]), min_size=1)
    | st.text(min_size=2049, max_size=2100)
)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    world.claim()
    world.put_plan()
    with pytest.MonkeyPatch.context() as patch:
        world.connect(patch)
        for name in ("sqs", "sns", "pricing"):
            patch.setattr(clients, name, SimpleNamespace)
        yield world


def call(module: ModuleType, event: Any) -> Any:
    """Call a Lambda as AWS does, JSON in, JSON out."""
    context = SimpleNamespace(aws_request_id="request-1")
    return json.loads(json.dumps(module.handler(json.loads(json.dumps(event)), context)))


def assert_refused(world: World, module: ModuleType, event: Any) -> None:
    """Assert that a request ends with words for a person, before AWS is asked for anything."""
    world.s3.calls.clear()
    world.sagemaker.calls.clear()
    with pytest.raises(UserInputError) as caught:
        call(module, event)
    assert len(str(caught.value)) < 1000
    assert not world.s3.calls + world.sagemaker.calls


@pytest.mark.parametrize("module", HANDLERS)
@given(event=JSON_VALUES)
@example(event=None)
@example(event=[])
@example(event=7)
@example(event="iris")
@example(event={"detail": None, "job": None, "Records": 7, "report": [], "reconcile": 1})
def test_what_is_no_request_is_refused(world: World, module: ModuleType, event: Any) -> None:
    assert_refused(world, module, event)


@pytest.mark.parametrize(("module", "event", "place"), NAMES)
@settings(max_examples=25)
@given(value=wrong_names)
@example(value="../../datasets/iris")
@example(value="td-0a1b2c3d-0123456789-0\n")
@example(value="x" * 300_000)
def test_a_wrong_name_is_refused_before_anything_is_written(
    world: World, module: ModuleType, event: dict[str, Any], place: str, value: Any
) -> None:
    wrong: dict[str, Any] = deepcopy(event)
    *path, name = place.split(".")
    inner = wrong
    for step in path:
        inner = inner[step]
    inner[name] = value
    assert_refused(world, module, wrong)


@pytest.mark.parametrize("module", [start_job, await_job])
@pytest.mark.parametrize("changes", [{"kind": "confirm"}, {"attempt": "tc-0a1b2c3d-0123456789-1"}])
def test_a_job_of_another_kind_than_its_name_is_refused(
    world: World, module: ModuleType, changes: dict[str, str]
) -> None:
    assert_refused(world, module, AWAIT | changes)


def test_a_task_token_is_in_no_error(world: World) -> None:
    with pytest.raises(UserInputError) as caught:
        call(await_job, {**AWAIT, "token": "secret", "job": None})
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
