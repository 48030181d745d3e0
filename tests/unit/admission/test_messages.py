"""Messages of the queue: which are known, what each means, and what happens to those that fail."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.admission_harness import BUCKET, AdmissionHarness, ended_event
from tests.support.environ import ENVIRON
from tests.support.fakes import START, client_error, object_created
from tunedrop import clients
from tunedrop.admission.messages import (
    DatasetEvaluation,
    RunEnded,
    UnknownMessage,
    read_message,
)
from tunedrop.handlers import admit

TIME = "2026-11-23T12:00:00Z"


def read(value: Any) -> Any:
    return read_message(json.dumps(value), BUCKET)


def event(key: object, **changes: Any) -> dict[str, Any]:
    return {**object_created(key, TIME), **changes}


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ('datasets/iris/a "quoted" name.csv', DatasetEvaluation("iris", START)),
        ("datasets/iris.csv", DatasetEvaluation("iris", START)),
        ("datasets/iris/_SUCCESS", DatasetEvaluation("iris", START)),
        ("datasets/README.md", None),
        ("runs/x/_y", None),
    ],
)
def test_an_event_of_s3_lets_its_dataset_be_evaluated(key: str, message: object) -> None:
    assert read(event(key)) == message
    assert read(event(key, **{"detail-type": "Object Deleted"})) is None
    assert read_message(json.dumps(event(key)), "another") is None


def test_an_end_names_its_run() -> None:
    given_input = json.dumps({"dataset": "iris", "run_id": "20261123T120000Z-1a2b3c4d"})
    message = read_message(ended_event("arn", "ABORTED", given_input), BUCKET)
    assert message == RunEnded("iris", "20261123T120000Z-1a2b3c4d")
    assert read_message(ended_event("arn", "RUNNING", given_input), BUCKET) is None
    for other in ("null", "{", '{"report": "x"}', '{"dataset": "iris"}', "[" * 100_000):
        assert read_message(ended_event("arn", "FAILED", other), BUCKET) is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"reconcile": False},
        {"scheduled_start": "soon"},
        {"scheduled_start": TIME, "dataset": "iris"},
        {"evaluate": 7},
        {"evaluate": "x" * 2000},
        {"reconcile": "yes"},
        {"scheduled_start": TIME, "datasets": "iris"},
        {"scheduled_start": TIME, "datasets": [None]},
        {"scheduled_start": TIME, "when": "later"},
        {"scheduled_start": TIME, "schedule": "x" * 2000},
        {"evaluate": "iris", "quiet_since": "soon"},
        event(7),
        event("datasets/a.csv", detail=None),
        event("datasets/a.csv", detail={"bucket": {"name": "bucket"}}),
        event("datasets/a.csv", time="2026-13-99"),
        event("datasets/a.csv", source="aws.ec2"),
    ],
)
def test_what_nobody_sends_is_unknown(value: Any) -> None:
    with pytest.raises(UnknownMessage):
        read(value)


@given(st.text() | st.dictionaries(st.text(), st.text()).map(json.dumps))
def test_no_message_brings_it_down(body: str) -> None:
    with pytest.raises(UnknownMessage):
        read_message(body, BUCKET)


def test_a_poisonous_message_fails_alone() -> None:
    world = AdmissionHarness()
    world.drop("iris/train.csv", lost=True)
    world.clock.advance(100)
    deep = "[" * 100_000
    evaluation = json.dumps({"evaluate": "iris"})
    assert world.deliver("?", deep, evaluation, "{}") == ["?", deep, "{}"]
    assert world.running("iris")


def test_an_error_of_one_dataset_leaves_the_others_alone() -> None:
    world = AdmissionHarness()
    for name in ("iris", "wine"):
        world.drop(f"{name}/train.csv", lost=True)
    world.clock.advance(100)
    world.s3.fail_next("ListObjectsV2", client_error("SlowDown", 503))
    evaluations = [json.dumps({"evaluate": name}) for name in ("iris", "iris", "wine")]
    assert world.deliver(*evaluations) == evaluations[:2]
    assert world.running("wine")
    assert world.deliver(*evaluations[:2]) == []
    assert world.running("iris")


def test_what_fails_comes_again_later_each_time() -> None:
    world = AdmissionHarness()
    for receive_count in (1, 5, 12):
        assert world.deliver("?", receive_count=receive_count) == ["?"]
    delays = [c["VisibilityTimeout"] for c in world.queue.calls_of("ChangeMessageVisibility")]
    assert delays == [15, 240, 900]


def test_a_scheduled_start_never_becomes_a_dead_letter_within_a_week() -> None:
    world = AdmissionHarness()
    world.drop("iris/train.csv", lost=True)
    message = world.schedule("iris")
    [(_, body)] = world.queue.messages
    world.queue.messages.clear()
    for receive_count, failed, sent in ((10, [message], []), (11, [], [message])):
        world.s3.fail_next("ListObjectsV2", client_error("InternalError", 500))
        assert world.deliver(body, receive_count=receive_count) == failed
        assert [body for _, body in world.queue.messages] == sent
    world.wait(900, step=300)
    assert world.running("iris")
    world.clock.advance(8 * 24 * 3600)
    world.s3.fail_next("ListObjectsV2", client_error("InternalError", 500))
    assert world.deliver(body, receive_count=11) == [message]


def test_messages_beyond_the_time_limit_are_left_for_the_next_invocation() -> None:
    world = AdmissionHarness()
    for name in ("iris", "wine", "zoo"):
        world.drop(f"{name}/train.csv", lost=True)
    world.clock.advance(100)
    evaluations = [json.dumps({"evaluate": name}) for name in ("iris", "wine", "zoo")]
    times = iter([900, 121, 120])
    left = world.deliver(*evaluations, remaining_seconds=lambda: next(times))
    assert left == evaluations[2:]
    assert world.running("iris")
    assert world.running("wine")
    assert world.deliver(*left) == []
    assert world.running("zoo")


def test_an_end_comes_again_until_all_that_wait_were_evaluated() -> None:
    world = AdmissionHarness(slots=1)
    for name in ("iris", "wine", "zoo"):
        world.drop(f"{name}/train.csv")
        world.wait(70)
    end = world.end("iris", lost=True)
    times = iter([900, 900, 0])
    assert world.deliver(end, remaining_seconds=lambda: next(times)) == [end]
    assert world.deliver(end) == []
    assert world.running("wine")


def test_the_lambda_takes_batches_and_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    world = AdmissionHarness()
    # At rest for the handler's own clock.
    world.clock.time = world.steps.created = START.replace(year=2020)
    world.drop("iris/train.csv", lost=True)
    for name, client in (
        ("s3", world.s3),
        ("stepfunctions", world.steps),
        ("sqs", world.queue),
        ("sns", world.topic),
    ):
        monkeypatch.setattr(clients, name, lambda client=client: client)
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    context = SimpleNamespace(aws_request_id="call-1", get_remaining_time_in_millis=lambda: 900_000)
    records = [{"messageId": "1", "body": "?"}, {"messageId": "2", "body": '{"evaluate": "iris"}'}]
    answer = admit.handler({"Records": records}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert world.running("iris")
    first = admit.handler({"dataset": "iris", "stated_by": "kim"}, context)
    assert "waiting" in first
    assert admit.handler({"dataset": "iris", "stated_by": "kim"}, context) == first
    [waiting] = world.state.waiting.values()
    assert [r.id for r in waiting.requests] == ["call-1"]
