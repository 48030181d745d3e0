from __future__ import annotations

import json
import webbrowser
from pathlib import Path
from typing import Any

import pytest

from tests.support.checks import make_check
from tests.support.damage import commands, damages
from tests.support.deployment import PERSON, Deployment
from tests.support.report.synthetic_plan import RUN_ID, make_plan
from tests.support.report.synthetic_results import make_results
from tunedrop.errors import TunedropError

RUN = f"iris/{RUN_ID}"
PLAN = make_plan().model_dump(mode="json")
RESULTS = make_results().model_dump(mode="json")


def _finished(deployment: Deployment) -> None:
    deployment.put_run(RUN, "SUCCEEDED", plan=PLAN, results=RESULTS)
    deployment.s3.put(f"runs/{RUN}/report.html", "<html>report")


# report


def test_the_page_is_fetched(deployment: Deployment) -> None:
    _finished(deployment)
    page = Path("tunedrop-runs") / RUN / "report.html"
    assert deployment.run("report") == f"{page}\n"
    assert page.read_text() == "<html>report"
    deployment.run("report", RUN, "--output", "here/it.html")
    assert Path("here/it.html").read_text() == "<html>report"


def test_the_page_is_opened_in_a_browser(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finished(deployment)
    opened: list[str] = []

    def open_page(uri: str) -> bool:
        opened.append(uri)
        return True

    monkeypatch.setattr(webbrowser, "open", open_page)
    deployment.run("report", "--open", "--output", "it.html")
    assert opened == [Path("it.html").resolve().as_uri()]
    monkeypatch.setattr(webbrowser, "open", lambda uri: False)
    deployment.run("report", "--open", "--output", "it.html", status=1)
    assert "There is no browser on this machine. Open it.html in yours." in deployment.err


def test_a_missing_report_is_built_by_its_lambda(deployment: Deployment) -> None:
    deployment.put_run(RUN, "FAILED", plan=PLAN, failure={"message": "The report failed."})
    calls = []

    def make(call: dict[str, Any]) -> dict[str, Any]:
        calls.append(call)
        deployment.s3.put(f"runs/{RUN}/report.html", "<html>again")
        return {}

    deployment.functions.handlers["Tunedrop-WriteReport"] = make
    shown = deployment.run("report", "iris", "--output", "it.html")
    assert f"Building the report of {RUN}" in shown
    assert Path("it.html").read_text() == "<html>again"
    assert calls == [{"report": RUN}]


def test_a_report_that_cannot_be_rebuilt_is_an_error(deployment: Deployment) -> None:
    _finished(deployment)

    def fail(call: dict[str, Any]) -> dict[str, Any]:
        raise TunedropError("The plan cannot be read")

    deployment.functions.handlers["Tunedrop-WriteReport"] = fail
    deployment.run("report", "--rebuild", status=1)
    assert "The plan cannot be read. Read the log of Tunedrop-WriteReport" in deployment.err


# runs


def test_runs_are_listed_with_their_results(deployment: Deployment) -> None:
    assert "There is no run yet" in deployment.run("runs")
    _finished(deployment)
    failure = {"what": "The column 'y' is missing", "time": "2026-11-23T12:00:30+00:00"}
    deployment.put_run("wine/20261123T120000Z-00000000", "FAILED", failure=failure)
    deployment.put_run("wine/20261124T120000Z-00000000", plan=PLAN)
    deployment.put_run("wine/20261126T120000Z-00000000", "ABORTED")
    lines = deployment.run("runs").splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["wine/20261126T120000Z-00000000", "aborted"],
        ["wine/20261124T120000Z-00000000", "running"],
        [RUN, "succeeded"],
        ["wine/20261123T120000Z-00000000", "failed"],
    ]
    assert "promoted  " in lines[3]
    assert "0.9700 balanced accuracy" in lines[3]
    assert "The column 'y' is missing" in lines[4]
    assert lines[4].rstrip().endswith("30 s")


def test_runs_of_one_dataset_and_the_newest_only(deployment: Deployment) -> None:
    for day in (23, 24, 25):
        deployment.put_run(f"wine/202611{day}T120000Z-00000000")
    deployment.put_run("iris/20261126T120000Z-00000000")
    shown = deployment.run("runs", "wine", "--limit", "2")
    assert "iris" not in shown
    assert "20261125" in shown
    assert "20261123" not in shown
    assert "1 older run: --limit 3" in shown
    listed = json.loads(deployment.run("runs", "--json"))
    assert listed["runs"][0]["run"] == "iris/20261126T120000Z-00000000"
    deployment.run("runs", "wien", status=2)
    assert "There is no such run. Found 'wien'" in deployment.err


@damages
def test_a_damaged_run_hides_no_other_and_says_how_to_restore_it(
    deployment: Deployment, body: bytes
) -> None:
    deployment.put_run("iris/20261124T120000Z-00000000")
    deployment.put_run(RUN)
    key = f"runs/{RUN}/run.json"
    deployment.s3.put(key, body)
    lines = deployment.run("runs").splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["running", "damaged"]
    deployment.run("watch", RUN, status=1)
    assert commands(deployment.err, key)


def test_checks_of_a_dataset_are_listed_newest_first(deployment: Deployment) -> None:
    _finished(deployment)
    for number in (1, 2, 3):
        check = make_check(
            number,
            -1.5,
            metric="neg_mean_absolute_error",
            verdict="worse",
            promised={"value": -1.25, "interval": (-1.375, -1.125)},
            file=f"month-{number}\n\x1b[31m.csv",
        )
        deployment.put_json(f"checks/iris/{number}.json", check.model_dump(mode="json"))
    deployment.put_json("checks/iris/4.json", {"verdict": "worse"})
    lines = deployment.run("runs", "iris", "--limit", "3").splitlines()
    newest, *older = [line for line in lines if line.startswith("month-")]
    for part in (
        r"month-3\n\x1b[31m.csv  2026-11-23 10:03  run-0001  1,200",
        "1.5000 mean absolute error  1.4800 to 1.5200  1.1250 to 1.3750  worse",
    ):
        assert part in newest
    assert len(older) == 1
    listed = json.loads(deployment.run("runs", "iris", "--json"))["checks"]
    assert [check["score"]["value"] for check in listed] == [-1.5] * 3
    assert "month-3" not in deployment.run("runs")


@pytest.mark.parametrize(("schedule", "shown"), [("nightly", " (nightly)"), ("", "")])
def test_runs_of_a_dataset_say_why_its_latest_scheduled_start_was_skipped(
    deployment: Deployment, schedule: str, shown: str
) -> None:
    _finished(deployment)
    skipped = {"schedule": schedule, "time": "2026-11-23T03:00:00Z", "reason": "No\x1b[31m news."}
    deployment.put_json("admission/iris/skipped.json", skipped)
    lines = deployment.run("runs", "iris").splitlines()
    reason = "No\N{REPLACEMENT CHARACTER}[31m news."
    assert lines[0] == f"The scheduled start of 2026-11-23T03:00:00Z{shown} was skipped. {reason}"
    assert json.loads(deployment.run("runs", "iris", "--json"))["skipped"] == skipped
    assert json.loads(deployment.run("runs", "--json"))["skipped"] is None
    deployment.s3.put("admission/iris/skipped.json", "{")
    assert "skipped" not in deployment.run("runs", "iris")


# stop


def test_stop_ends_the_execution_and_waits_for_its_jobs(deployment: Deployment) -> None:
    execution = deployment.put_run(RUN, plan=PLAN)

    def cleaned_up() -> None:
        deployment.put_json(f"runs/{RUN}/failure.json", {"message": "Stopped."})

    deployment.later = [lambda: None, cleaned_up]
    shown = deployment.run("stop", "iris")
    [call] = deployment.executions.calls_of("StopExecution")
    assert call["executionArn"] == execution
    assert call["cause"] == f"Stopped with `tunedrop stop` by {PERSON}."
    assert f"Stopped the execution of {RUN}." in shown
    assert "Waiting for 1 run and their jobs to end\nStopped 1 run and their jobs.\n" in shown


def test_stop_of_a_run_that_has_ended_does_nothing(deployment: Deployment) -> None:
    _finished(deployment)
    assert f"The run {RUN} has already ended (succeeded)." in deployment.run("stop", RUN)
    assert deployment.executions.calls_of("StopExecution") == []
