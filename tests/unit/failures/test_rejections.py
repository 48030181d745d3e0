"""A rejected input: everything in failure.json, nothing of the data in what leaves the Lambda."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.fakes import FakeS3
from tests.support.planning import admitted
from tests.support.workflow_world import EXECUTION, OTHER_EXECUTION, World
from tunedrop.errors import DatasetError, NotAdmitted
from tunedrop.handlers import plan_run

NO_HEADER = "5.1,secret-red\n4.9,secret-blue\n" * 10


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> FakeS3:
    world = World()
    world.connect(monkeypatch)
    return world.s3


def start(s3: FakeS3) -> dict[str, Any]:
    """Admit the dataset; return what its execution gives PlanRun."""
    run = admitted(s3, "plants", EXECUTION)
    return {"dataset": run.dataset, "run_id": run.run_id, "execution": EXECUTION}


def failure(s3: FakeS3) -> dict[str, Any]:
    [key] = [key for key in s3.keys("runs/") if key.endswith("/failure.json")]
    document: dict[str, Any] = json.loads(s3.body(key))
    return document


def test_values_of_the_data_are_in_failure_json_only(s3: FakeS3) -> None:
    s3.put("datasets/plants/train.csv", NO_HEADER)
    with pytest.raises(DatasetError) as raised:
        plan_run.handler(start(s3), None)
    assert "secret" not in str(raised.value)
    assert "no header" in str(raised.value)
    assert raised.value.__suppress_context__
    document = failure(s3)
    assert "secret-red" in document["message"]
    assert document["error"] == "DatasetError"
    assert document["to_do"]
    assert document["execution"] == EXECUTION


@pytest.mark.parametrize(
    "changes", [{"execution": OTHER_EXECUTION}, {"run_id": "20261123T120000Z-ffffffff"}]
)
def test_an_execution_that_nobody_admitted_plans_nothing(
    s3: FakeS3, changes: dict[str, str]
) -> None:
    s3.put("datasets/plants/train.csv", NO_HEADER)
    with pytest.raises(NotAdmitted, match="has not been started by this execution"):
        plan_run.handler(start(s3) | changes, None)
    assert [key.rpartition("/")[2] for key in s3.keys("runs/")] == ["run.json"]


def test_a_run_that_is_over_is_not_planned_again(s3: FakeS3) -> None:
    s3.put("datasets/plants/train.csv", NO_HEADER)
    event = start(s3)
    s3.put("admission/state.json", '{"since": "2026-11-23T12:00:00Z"}')
    with pytest.raises(NotAdmitted, match="has no slot"):
        plan_run.handler(event, None)
