"""WriteReport on checks of models in use: what is shown, and what is announced."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.admission_harness import FakeTopic
from tests.support.environ import ENVIRON
from tests.support.fakes import FakeEvents, FakeS3, client_error
from tests.support.plans import champion
from tests.support.workflow_world import NOW
from tunedrop import clients
from tunedrop.champions.record import ChampionRecord
from tunedrop.checks import Check
from tunedrop.errors import Throttled, TransientAwsError, UnreadableState, UserInputError
from tunedrop.handlers import write_report
from tunedrop_common.estimates import IntervalEstimate

RUN_ID, OLDER_RUN_ID = "20261123T120000Z-1a2b3c4d", "20261101T120000Z-1a2b3c4d"
KEY = "checks/iris/June “a” & b.csv-version 1.json"
PAGE = "index/iris.html"


@dataclass
class World:
    """A dataset with a model in use, and its checks."""

    s3: FakeS3 = field(default_factory=FakeS3)
    sns: FakeTopic = field(default_factory=FakeTopic)
    events: FakeEvents = field(default_factory=FakeEvents)

    def put_check(self, key: str = KEY, **changes: Any) -> None:
        estimate = IntervalEstimate(value=-0.9, interval=(-0.95, -0.85))
        promised = IntervalEstimate(value=-0.5, interval=(-0.6, -0.4))
        check = Check(
            dataset="iris", run_id=RUN_ID, file="June.csv", version_id="1", time=NOW,
            metric="neg_log_loss", rows=214, of_rows=214, score=estimate, promised=promised,
            promised_by="fresh folds", verdict="worse",
        )  # fmt: skip
        self.s3.put(key, check.model_copy(update=changes).model_dump_json())

    def deliver(self, key: str = KEY) -> str:
        event = {"source": "aws.s3", "detail": {"bucket": {}, "object": {"key": key, "size": 9}}}
        return str(write_report.handler(json.loads(json.dumps(event)), None)["check"])

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.sns.calls_of("Publish")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clients, "s3", lambda: world.s3)
    monkeypatch.setattr(clients, "sns", lambda: world.sns)
    monkeypatch.setattr(clients, "events", lambda: world.events)
    record = ChampionRecord(dataset="iris", in_use=champion(RUN_ID))
    world.s3.put("models/iris/champion.json", record.model_dump_json())
    return world


def test_a_worse_model_is_announced_by_message_event_and_metric(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.put_check()
    assert world.deliver() == "announced"
    [message] = world.messages
    assert message["Subject"] == "Tunedrop iris: the model in use is worse"
    assert (
        "log loss on these 214 rows is 0.9 (95% CI 0.85 to 0.95), worse than promised"
        in (message["Message"])
    )
    assert f"s3://bucket/{KEY}" in message["Message"]
    attributes = {k: v["StringValue"] for k, v in message["MessageAttributes"].items()}
    assert attributes == {"dataset": "iris", "status": "checked", "verdict": "worse"}
    [(kind, detail)] = world.events.taken
    assert (kind, detail["run_id"], detail["check"]) == ("Model Worse", RUN_ID, KEY)
    assert (detail["score"], detail["promised_interval"]) == (-0.9, [-0.6, -0.4])
    assert [r.worse_models for r in caplog.records if hasattr(r, "worse_models")] == [1]
    assert world.s3.keys(PAGE)


def test_the_same_check_is_announced_once_and_another_one_again(world: World) -> None:
    world.put_check()
    assert [world.deliver(), world.deliver()] == ["announced", "shown"]
    other = "checks/iris/July.csv-1.json"
    world.put_check(other)
    assert world.deliver(other) == "announced"
    assert len(world.messages) == len(world.events.taken) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "as promised"},
        {"verdict": "too few rows"},
        {"run_id": OLDER_RUN_ID},
        {"dataset": "wine"},
    ],
    ids=str,
)
def test_a_model_that_holds_or_is_not_in_use_is_shown_only(
    world: World, changes: dict[str, str]
) -> None:
    world.put_check(**changes)
    assert world.deliver() == "shown"
    assert world.s3.keys(PAGE)
    assert not world.messages + world.events.taken


@pytest.mark.parametrize(
    ("key", "outcome"),
    [
        ("checks/iris/expired.json", "shown"),
        ("checks/wine/a.csv-1.json", "no model in use"),
        ("checks/iris/a/b.csv-1.json", "no check"),
        ("checks/iris/readme.txt", "no check"),
        ("checks/../runs/x.json", "no check"),
        ("checks/<script>/x.json", "no check"),
        ("checks/.json", "no check"),
        ("", "no check"),
    ],
)
def test_a_key_without_a_check_to_announce_is_no_error(
    world: World, key: str, outcome: str
) -> None:
    assert world.deliver(key) == outcome
    assert not world.messages + world.events.taken
    assert outcome == "shown" or not world.s3.keys("index/")


@pytest.mark.parametrize("key", [None, 7, "x" * 1025])
def test_what_is_no_key_is_refused(world: World, key: Any) -> None:
    with pytest.raises(UserInputError):
        world.deliver(key)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"verdict": "worse"}', b"\xff"])
def test_a_damaged_check_is_named_after_the_page_is_drawn(world: World, body: bytes) -> None:
    world.s3.put(KEY, body)
    with pytest.raises(UnreadableState, match="June"):
        world.deliver()
    assert world.s3.keys(PAGE)
    assert not world.messages + world.events.taken


def test_what_could_not_be_announced_is_announced_in_another_attempt(world: World) -> None:
    world.put_check()
    world.sns.fail_next("Publish", client_error("Throttling"))
    with pytest.raises(Throttled):
        world.deliver()
    world.events.refuse_next = ["InternalFailure"]
    with pytest.raises(TransientAwsError):
        world.deliver()
    assert world.deliver() == "announced"
    assert [kind for kind, _ in world.events.taken] == ["Model Worse"]
