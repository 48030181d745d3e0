"""Damaged state: the error names the object and how to restore it, and everything else goes on."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import workflow_world
from tests.support.admission_harness import AdmissionHarness, kills
from tests.support.damage import commands, damages, restore
from tests.support.fakes import FakeS3
from tests.support.workflow_world import FOLDER, GIVEN, RUN_ID, TUNING_JOB, World, job
from tunedrop import keys
from tunedrop.errors import UnreadableState
from tunedrop.handlers import plan_run, record_failure, start_job, write_report
from tunedrop.index.publishing import publish_failure
from tunedrop.run_record import execution_of_run
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan

RUN, PLAN = f"{FOLDER}run.json", f"{FOLDER}plan.json"
REQUEST, RESULT = (f"{FOLDER}jobs/{TUNING_JOB}-1.{name}.json" for name in ("request", "result"))
EXECUTION = execution_of_run(workflow_world.STATE_MACHINE, "iris", RUN_ID)
LOOK = json.dumps({"evaluate": "iris"})
FAILURE = {"error": "DatasetError", "what": "The file is empty", "time": "2026-11-20T10:00:00Z"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A run that has started a job."""
    world = World()
    world.connect(monkeypatch)
    world.claim(EXECUTION)
    world.put_plan()
    start_job.handler({**job().item(), "execution": EXECUTION}, None)
    return world


def damage(s3: FakeS3, key: str, body: bytes) -> None:
    """Spoil an object without a new version, as nothing of ours may ever write it again."""
    s3.versions[key][-1] = replace(s3.versions[key][-1], body=body)


def messages(world: AdmissionHarness) -> list[str]:
    return [sent["Message"] for sent in world.topic.calls_of("Publish")]


# the admission state


@damages
def test_a_damaged_admission_state_is_announced_once_and_admit_goes_on_when_it_is_restored(
    body: bytes,
) -> None:
    world = AdmissionHarness()
    world.drop("iris/train.csv")
    world.wait(100)
    world.s3.put(keys.ADMISSION_STATE, body)
    wine, reconcile = world.drop("wine/train.csv", lost=True), '{"reconcile": true}'
    world.clock.advance(100)
    assert world.deliver(wine, reconcile) == [wine, reconcile]
    assert world.deliver(wine) == [wine]
    (message,) = messages(world)
    restore(world.s3, message, keys.ADMISSION_STATE)
    assert world.deliver(wine, reconcile) == []
    assert set(world.state.slots) == {"iris", "wine"}
    assert len(world.running()) == 2


def test_a_user_who_calls_admit_is_told_of_a_damaged_admission_state() -> None:
    world = AdmissionHarness()
    world.s3.put(keys.ADMISSION_STATE, b"")
    with pytest.raises(UnreadableState) as raised:
        world.ask(evaluate="iris")
    assert commands(str(raised.value), keys.ADMISSION_STATE)


# run.json


@damages
def test_a_damaged_run_is_announced_and_keeps_no_dataset_from_its_next_run(body: bytes) -> None:
    world = AdmissionHarness()
    world.drop("iris/train.csv")
    world.wait(100)
    (key,) = world.s3.keys("runs/iris/")
    world.end("iris")
    damage(world.s3, key, body)
    world.drop("iris/train.csv")
    world.drop("wine/train.csv")
    world.wait(100)
    assert len(world.running("iris")) == len(world.running("wine")) == 1
    (message,) = messages(world)
    assert commands(message, key)


@damages
def test_a_run_that_is_damaged_before_its_start_starts_under_another_id(body: bytes) -> None:
    def dropped() -> AdmissionHarness:
        world = AdmissionHarness()
        world.drop("iris/train.csv", lost=True)
        world.clock.advance(100)
        return world

    claimed = [
        world
        for world in kills(dropped, lambda world: world.deliver(LOOK))
        if world.s3.keys("runs/") and not world.running()
    ]
    assert claimed
    for world in claimed:
        (key,) = world.s3.keys("runs/iris/")
        damage(world.s3, key, body)
        assert world.deliver(LOOK) == []
        (arn,) = world.running("iris")
        assert json.loads(world.steps.states[arn]["input"])["run_id"] not in key
        assert commands(messages(world)[0], key)


@damages
def test_the_failure_of_a_damaged_run_is_recorded_for_its_own_execution_alone(
    world: World, body: bytes
) -> None:
    world.s3.put(RUN, body)
    error = {"Error": "QuotaTooSmall", "Cause": "{}"}
    event = {"run": GIVEN, "error": error}
    stray = record_failure.handler({**event, "execution": workflow_world.OTHER_EXECUTION}, None)
    assert stray["run"]["run_id"] == ""
    assert not world.has(f"{FOLDER}failure.json")
    own = record_failure.handler({**event, "execution": EXECUTION}, None)
    assert own["run"]["run_id"] == RUN_ID
    assert world.json(f"{FOLDER}failure.json")["error"] == "QuotaTooSmall"


# a run that meets damaged state


@damages
@pytest.mark.parametrize(
    ("handler", "event", "key"),
    [
        (plan_run.handler, {**GIVEN, "execution": EXECUTION}, RUN),
        (plan_run.handler, {**GIVEN, "execution": EXECUTION}, keys.ADMISSION_STATE),
        (start_job.handler, {**job().item(), "execution": EXECUTION}, keys.ADMISSION_STATE),
        (start_job.handler, {**job().item(), "execution": EXECUTION}, PLAN),
        (write_report.handler, GIVEN, RUN),
        (write_report.handler, GIVEN, PLAN),
    ],
)
def test_a_run_fails_with_the_way_to_restore_what_it_needs(
    world: World,
    handler: Callable[[dict[str, Any], object], Any],
    event: dict[str, Any],
    key: str,
    body: bytes,
) -> None:
    written = world.s3.body(key)
    world.s3.put(key, body)
    with pytest.raises(UnreadableState) as raised:
        handler(event, None)
    cause = {"errorMessage": str(raised.value), "errorType": type(raised.value).__name__}
    error = {"Error": cause["errorType"], "Cause": json.dumps(cause)}
    answer = record_failure.handler({"run": GIVEN, "execution": EXECUTION, "error": error}, None)
    assert world.json(f"{FOLDER}failure.json")["error"] == "UnreadableState"
    restore(world.s3, answer["notification"]["message"], key)
    assert world.s3.body(key) == written


@damages
@pytest.mark.parametrize("key", [REQUEST, RESULT])
def test_a_failure_is_recorded_whatever_became_of_a_jobs_files(
    world: World, key: str, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    world.s3.put(key, body.replace(b'"x"', b'"x", "TrainingJobDefinition": 3'))
    error = {"Error": "NoSuccessfulTrainingJob", "Cause": "{}"}
    answer = record_failure.handler({"run": GIVEN, "execution": EXECUTION, "error": error}, None)
    assert f"{FOLDER}failure.json" in answer["notification"]["message"]
    failure = world.json(f"{FOLDER}failure.json")
    assert failure["stopped_jobs"] == [f"{TUNING_JOB}-1"]
    if key == REQUEST:
        assert f"{key} cannot be read" in failure["message"]
        assert commands(caplog.messages[0], key)


# the index


@damages
@pytest.mark.parametrize("key", ["index/iris.json", keys.INDEX_CATALOGUE])
def test_a_damaged_index_is_made_anew_and_the_log_says_how_to_have_the_old_one(
    s3: FakeS3, bucket: Bucket, key: str, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert publish_failure(bucket, "iris", RUN_ID, FAILURE)
    written = s3.body(key)
    s3.put(key, body)
    assert publish_failure(bucket, "iris", RUN_ID, FAILURE)
    assert s3.body(key) == written
    assert commands(caplog.messages[-1], key)


# any damage


def written_plan() -> Any:
    world = World()
    world.put_plan()
    return world.json(PLAN)


DOCUMENT = written_plan()
VALUE = "Ann Smith"  # out of people's data


@st.composite
def damaged(draw: st.DrawFn, value: Any) -> Any:
    """Change one place of a document, however deep."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from([None, 3, VALUE, [], {}, [VALUE], {VALUE: [VALUE]}]))
    place = draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
    changed = value.copy()
    changed[place] = draw(damaged(value[place]))
    return changed


@given(st.data())
def test_a_record_is_read_or_named_and_never_quoted(data: st.DataObject) -> None:
    s3 = FakeS3()
    bucket = Bucket(s3, "bucket")  # type: ignore[arg-type]
    written = json.dumps(DOCUMENT)
    s3.put(PLAN, written)
    assert isinstance(bucket.get_record(PLAN, Plan), Plan)
    s3.put(PLAN, data.draw(st.integers(0, len(written) - 1).map(lambda end: written[:end])))
    with pytest.raises(UnreadableState, match=r"cannot be read"):
        bucket.get_record(PLAN, Plan)
    s3.put(PLAN, json.dumps(data.draw(damaged(DOCUMENT))))
    logged = ""
    try:
        bucket.get_record(PLAN, Plan)
    except UnreadableState as error:
        logged = "".join(traceback.format_exception(error))
    assert not logged or commands(logged, PLAN)
    assert VALUE not in logged
