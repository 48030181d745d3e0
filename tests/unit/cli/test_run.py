"""`run`, `resume`, `pause`, `unpause` and `stop --all`: calls of Admit by users."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.admission_harness import STACK
from tests.support.deployment import PERSON, TABLE, TUNING, Deployment
from tests.support.fakes import client_error
from tunedrop import keys
from tunedrop.admission_state import read_admission_state
from tunedrop.environment import AdmissionSettings


@pytest.fixture(autouse=True)
def dataset(deployment: Deployment) -> None:
    deployment.s3.put("datasets/iris/train.csv", TABLE)
    deployment.s3.put("datasets/iris/tuning.yaml", TUNING)


def runs(deployment: Deployment) -> list[dict[str, Any]]:
    keys = [key for key in deployment.s3.keys("runs/") if key.endswith("/run.json")]
    return [json.loads(deployment.s3.body(key)) for key in keys]


def calls(deployment: Deployment) -> list[dict[str, Any]]:
    return [json.loads(call["Payload"]) for call in deployment.functions.calls_of("Invoke")]


def test_a_call_whose_answer_was_lost_is_made_again_as_the_same_request(
    deployment: Deployment,
) -> None:
    real = deployment.functions.handlers["Tunedrop-Admit"]

    def lost(call: dict[str, Any]) -> dict[str, Any]:
        real(call)
        deployment.functions.handlers["Tunedrop-Admit"] = real
        raise client_error("ServiceUnavailableException", 503)

    deployment.functions.handlers["Tunedrop-Admit"] = lost
    shown = deployment.run("run", "iris")
    [run] = runs(deployment)
    assert f"Run iris/{run['run_id']}" in shown
    first, second = calls(deployment)
    assert first == second


def test_a_run_that_has_to_wait_has_a_reason(deployment: Deployment) -> None:
    shown = deployment.run("run", "iris")
    [run] = runs(deployment)
    assert f"Run iris/{run['run_id']}\nWatch it: tunedrop watch 'iris/" in shown
    answer = json.loads(deployment.run("run", "iris", "--json"))
    assert (answer["run_id"], answer["status"]) == (None, "Waiting")
    assert f"the end of the run iris/{run['run_id']}" in answer["waiting"]
    assert "iris has no run yet. Waiting for the end of" in deployment.err
    assert "The run starts automatically." in deployment.err


def test_watch_waits_for_the_run_and_then_watches_it(deployment: Deployment) -> None:
    real = deployment.functions.handlers["Tunedrop-Admit"]
    answers = [{"dataset": "iris", "waiting": "Waiting for a slot."}] * 3

    def busy(call: dict[str, Any]) -> dict[str, Any]:
        return answers.pop() if answers else real(call)

    def fail(execution: str) -> None:
        deployment.executions.add(execution, "FAILED")
        [run] = runs(deployment)
        deployment.put_json(f"runs/iris/{run['run_id']}/failure.json", {"message": "It broke."})

    deployment.functions.handlers["Tunedrop-Admit"] = busy
    deployment.executions.started = fail
    shown = deployment.run("run", "iris", "--watch", status=1)
    assert shown.count("Waiting for a slot.") == 1
    assert "The run failed: It broke." in deployment.err
    assert len({call["request"] for call in calls(deployment)}) == 1


def test_a_request_that_admit_rejects_is_status_2_with_a_solution(deployment: Deployment) -> None:
    deployment.run("run", "irsi", status=2)
    assert deployment.err.startswith(
        "The dataset does not exist, or its folder has no data file (datasets/irsi/)"
    )
    assert deployment.err.endswith("Correct the name, or drop the dataset first.\n")


def test_resume_requests_a_new_run_in_place_of_the_failed_one(deployment: Deployment) -> None:
    deployment.put_run("iris/20261123T110000Z-00000000", "FAILED", failure={"message": "It broke."})
    answered = {"dataset": "iris", "run_id": "20261123T120000Z-11111111", "execution": "e"}
    deployment.functions.handlers["Tunedrop-Admit"] = lambda call: answered
    assert "Run iris/20261123T120000Z-11111111" in deployment.run("resume", "iris")
    [call] = calls(deployment)
    assert (call["resume"], call["stated_by"]) == ("iris/20261123T110000Z-00000000", PERSON)


def test_pause_lets_nothing_start_until_unpause(deployment: Deployment) -> None:
    assert "New runs are paused. Resume: tunedrop unpause" in deployment.run("pause")
    state = read_admission_state(deployment.bucket, STACK)
    assert state is not None
    assert state.paused is not None
    assert state.paused.stated_by == PERSON
    shown = deployment.run("run", "iris")
    assert f"they are paused since 2026-11-23T12:00:00Z, stated by {PERSON}" in shown
    assert runs(deployment) == []
    assert f"New runs are paused since 2026-11-23T12:00:00Z, by {PERSON}." in deployment.run("runs")
    assert deployment.run("unpause") == "New runs start again.\n"
    assert len(runs(deployment)) == 1


def test_runs_shows_waiting_datasets_with_time_and_reason(deployment: Deployment) -> None:
    deployment.admission = AdmissionSettings(0, 1, 1000, 1000)
    deployment.s3.put("datasets/wine/train.csv", TABLE)
    deployment.run("run", "iris")
    deployment.run("run", "iris")
    deployment.run("run", "wine")
    [run] = runs(deployment)
    lines = deployment.run("runs").splitlines()
    assert lines[0].split() == ["waiting", "since", "time", "waits", "for"]
    since = "2026-11-23T12:00:00Z"
    assert lines[1].startswith(f"iris     {since}")
    assert lines[1].rstrip().endswith(f"the end of iris/{run['run_id']}; requested by {PERSON}")
    assert lines[2].rstrip().endswith(f"a slot; requested by {PERSON}")
    listed = json.loads(deployment.run("runs", "wine", "--json"))
    [entry] = listed["waiting"]
    assert (entry["dataset"], entry["since"], entry["for"]) == ("wine", since, "slot")
    assert listed["runs"] == []
    assert listed["paused"] is None


def write_records(deployment: Deployment) -> None:
    """Do what StopJobs does after a stop."""
    for run in runs(deployment):
        key = f"runs/{run['dataset']}/{run['run_id']}/failure.json"
        deployment.put_json(key, {"message": "Stopped.", "stopped_jobs": []})


def free(deployment: Deployment) -> None:
    """Do what Admit does after a stop."""
    state = read_admission_state(deployment.bucket, STACK)
    assert state is not None
    for dataset, slot in state.slots.items():
        state = state.free_slot(dataset, slot.run_id)
    deployment.s3.put(keys.ADMISSION_STATE, state.to_bytes())


@pytest.mark.parametrize("lacks", [write_records, free])
def test_stop_all_waits_for_the_records_and_the_slots_of_runs(
    deployment: Deployment, lacks: Callable[[Deployment], None]
) -> None:
    deployment.run("run", "iris")
    does = free if lacks is write_records else write_records
    deployment.later = [lambda: does(deployment)]
    deployment.run("stop", "--all", status=1)
    assert "Not ended: iris/" in deployment.err


def test_stop_all_pauses_and_also_stops_runs_that_have_no_execution_yet(
    deployment: Deployment,
) -> None:
    deployment.s3.put("datasets/wine/train.csv", TABLE)
    deployment.run("run", "wine")
    deployment.run("run", "iris")
    run = next(run for run in runs(deployment) if run["dataset"] == "iris")
    execution = deployment.executions.executions.pop(run["execution"])
    missing = client_error("ExecutionDoesNotExist")
    deployment.executions.fail_next("StopExecution", missing)

    def appear() -> None:
        deployment.executions.executions[run["execution"]] = execution

    deployment.later = [appear, lambda: write_records(deployment), lambda: free(deployment)]
    shown = deployment.run("stop", "--all")
    state = read_admission_state(deployment.bucket, STACK)
    assert state is not None
    assert state.paused is not None
    stopped = {call["executionArn"] for call in deployment.executions.calls_of("StopExecution")}
    assert stopped == {run["execution"] for run in runs(deployment)}
    assert "Waiting for 2 runs and their jobs to end" in shown
    assert "Stopped 2 runs and their jobs." in shown
