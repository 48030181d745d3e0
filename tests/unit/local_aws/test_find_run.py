from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from local_aws import find_run
from local_aws.errors import LocalAwsError
from local_aws.find_run import Search, dropped_object
from local_aws.stack import Stack
from tests.unit.local_aws.test_run_folder import bucket

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
VERSIONS = {"datasets/iris/train.csv": "v2"}


class FakeSteps:
    """Executions as a test describes them."""

    def __init__(self, *executions: dict[str, Any]) -> None:
        self.executions = executions

    def list_executions(self, **_arguments: Any) -> dict[str, Any]:
        return {"executions": list(self.executions)}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        return next(e for e in self.executions if e["executionArn"] == executionArn)


def execution(
    status: str = "RUNNING", *, version: str = "v2", ago: float = -1, **fields: Any
) -> dict[str, Any]:
    event = {"detail": {"object": {"key": "datasets/iris/train.csv", "version-id": version}}}
    return {
        "executionArn": f"arn:{version}:{ago}",
        "startDate": NOW - timedelta(seconds=ago),
        "status": status,
        "input": json.dumps(event),
        **fields,
    }


def search(
    *executions: dict[str, Any], known: frozenset[str] = frozenset(), **files: Any
) -> Search:
    contents = {
        f"runs/iris/{name.replace('__', '/')}.json": json.dumps(content).encode()
        for name, content in files.items()
    }
    clients: Any = SimpleNamespace(s3=bucket(contents), steps=FakeSteps(*executions))
    return Search(clients, Stack("T", "b", "arn", ""), "iris", VERSIONS, known, NOW)


def run_json(version: str) -> dict[str, Any]:
    return {
        "execution": "arn:claimed",
        "objects": [{"key": "datasets/iris/train.csv", "version_id": version}],
    }


def test_the_run_with_a_dropped_version_is_found() -> None:
    found = search(execution(), r1__run=run_json("v1"), r2__run=run_json("v2")).look()
    assert found is not None
    assert (found[0].run_id, found[1]) == ("r2", "arn:claimed")


def test_there_is_none_while_the_dataset_settles() -> None:
    assert search(execution()).look() is None


def test_a_run_that_was_there_before_is_not_it() -> None:
    assert search(execution(), known=frozenset({"r1"}), r1__run=run_json("v2")).look() is None


def test_a_run_that_failed_before_its_claim_is_found_by_its_failure() -> None:
    ended = execution("FAILED")
    found = search(ended, r3__failure={"execution": ended["executionArn"]}).look()
    assert found is not None
    assert found[0].run_id == "r3"


def test_another_executions_failure_is_not_ours() -> None:
    with pytest.raises(LocalAwsError, match="ended FAILED before its run began"):
        search(execution("FAILED"), r3__failure={"execution": "arn:other"}).look()


def test_a_drop_that_was_ignored_says_why() -> None:
    output = json.dumps({"outcome": "ignored", "reason": "There is no training data yet."})
    with pytest.raises(LocalAwsError, match=r"No run began\. There is no training data yet"):
        search(execution("SUCCEEDED", output=output)).look()


def test_an_execution_that_failed_says_its_error_and_message() -> None:
    cause = json.dumps({"errorMessage": "boom", "errorType": "ValueError"})
    with pytest.raises(LocalAwsError, match="FAILED before its run began: ValueError boom"):
        search(execution("FAILED", error="ValueError", cause=cause)).look()


@pytest.mark.parametrize("other", [execution("FAILED", version="v1"), execution("FAILED", ago=60)])
def test_executions_of_other_drops_do_not_count(other: dict[str, Any]) -> None:
    assert search(other).look() is None


def test_a_lost_event_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_run, "_EVENT_SECONDS", -1.0)
    with pytest.raises(LocalAwsError, match="No execution started"):
        search().look()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"detail": 1}', '{"dataset": "iris"}'])
def test_other_inputs_name_no_object(text: str) -> None:
    assert dropped_object(text) == ("", "")
