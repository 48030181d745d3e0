"""`tunedrop champion`: what is in use, and what a user makes of it."""

from __future__ import annotations

import json

import pytest

from tests.support.deployment import PERSON, Deployment
from tests.support.plans import in_use
from tunedrop.cli.stack import Stack

RUN_ID = "20261123T000000Z-aaaaaaaa"


def test_it_shows_the_model_in_use_the_pin_what_waits_and_the_history(
    deployment: Deployment,
) -> None:
    assert "no model in use" in deployment.run("champion", "iris")
    record = in_use(RUN_ID).with_pin(True)
    assert record.in_use is not None
    pending = record.in_use.model_copy(update={"run_id": "20261124T000000Z-bbbbbbbb"})
    record = record.model_copy(update={"pending": pending})
    deployment.put_json("models/iris/champion.json", record.model_dump(mode="json"))
    shown = deployment.run("champion", "iris")
    for part in (f"iris/{RUN_ID}, pinned", "iris/20261124T000000Z-bbbbbbbb", "0.9500", "a run"):
        assert part in shown
    assert json.loads(deployment.run("champion", "iris", "--json")) == record.model_dump(
        mode="json"
    )


@pytest.mark.parametrize("run", [RUN_ID, f"iris/{RUN_ID}"])
def test_a_change_names_the_run_and_the_user(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, run: str
) -> None:
    calls = []

    def invoke(_: Stack, function: str, call: dict[str, str]) -> dict[str, object]:
        calls.append((function, call))
        return in_use(RUN_ID).model_dump(mode="json")

    monkeypatch.setattr(Stack, "invoke", invoke)
    assert RUN_ID in deployment.run("champion", "iris", "--use", run)
    expected = {"champion": "iris", "action": "use", "run_id": RUN_ID, "stated_by": PERSON}
    assert calls == [("WriteReport", expected)]


def test_a_name_that_is_no_run_is_wrong_usage(deployment: Deployment) -> None:
    deployment.run("champion", "iris", "--approve", "latest", status=2)
    assert "latest" in deployment.err
