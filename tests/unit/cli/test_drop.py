from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployment import BUCKET, TABLE, Deployment


def _runs(deployment: Deployment) -> list[str]:
    keys = deployment.s3.keys("runs/")
    return [key[len("runs/") : -len("/run.json")] for key in keys if key.endswith("/run.json")]


def test_it_uploads_all_files_and_names_the_run(deployment: Deployment, iris: Path) -> None:
    answer = json.loads(deployment.run("drop", str(iris), "--json"))
    calls = deployment.s3.calls_of("PutObject")
    uploaded = [call["Key"] for call in calls if "datasets" in call["Key"]]
    assert uploaded == ["datasets/iris/train.csv", "datasets/iris/tuning.yaml"]  # largest first
    assert deployment.s3.body("datasets/iris/train.csv").decode() == TABLE
    [run] = _runs(deployment)
    assert f"Uploaded 2 files to s3://{BUCKET}/datasets/iris/" in deployment.err
    assert f"Run {run}\nWatch it: tunedrop watch '{run}'\n" in deployment.err
    assert "iris: classification of 'species'" in deployment.err
    assert (f"iris/{answer['run_id']}", answer["status"]) == (run, "Running")


def test_other_files_without_an_option_and_rejected_datasets_are_not_uploaded(
    deployment: Deployment, iris: Path
) -> None:
    deployment.s3.put("datasets/iris/test.csv", TABLE)
    deployment.run("drop", str(iris), status=2)
    assert "has 1 other file in the bucket, such as test.csv. Use --keep" in deployment.err
    (iris / "tuning.yaml").write_text("target: kind\n")
    deployment.run("drop", str(iris), "--keep", status=2)
    assert "'kind'" in deployment.err
    assert deployment.s3.keys() == ["datasets/iris/test.csv"]


def test_replace_makes_the_dataset_exactly_these_files(deployment: Deployment, iris: Path) -> None:
    for key in ("datasets/iris/old.csv", "datasets/iris.csv", "datasets/iris2/train.csv"):
        deployment.s3.put(key, TABLE)
    deployment.run("drop", str(iris), "--replace")
    assert deployment.s3.keys("datasets/") == [
        "datasets/iris/train.csv",
        "datasets/iris/tuning.yaml",
        "datasets/iris2/train.csv",
    ]
    assert len(_runs(deployment)) == 1


def test_keep_checks_and_runs_the_dataset_with_its_other_files(
    deployment: Deployment, iris: Path
) -> None:
    deployment.s3.put("datasets/iris/train.csv", TABLE)
    shown = deployment.run("drop", str(iris / "tuning.yaml"), "--name", "iris", "--keep")
    assert "iris: classification of 'species'" in shown
    [run] = _runs(deployment)
    objects = json.loads(deployment.s3.body(f"runs/{run}/run.json"))["objects"]
    assert {entry["key"] for entry in objects} == {
        "datasets/iris/train.csv",
        "datasets/iris/tuning.yaml",
    }


def test_a_drop_that_starts_no_run_says_why(deployment: Deployment, tmp_path: Path) -> None:
    (tmp_path / "tuning.yaml").write_text("target: species\n")
    arguments = ("drop", str(tmp_path / "tuning.yaml"), "--name", "iris", "--no-check")
    deployment.run(*arguments, status=1)
    assert deployment.err == "No run started. The dataset has no training data yet.\n"
    assert (
        json.loads(deployment.run(*arguments, "--keep", "--json", status=1))["status"] == "Failed"
    )


def test_a_drop_that_is_left_to_schedules_succeeds_and_says_so(
    deployment: Deployment, iris: Path
) -> None:
    (iris / "tuning.yaml").write_text("target: species\nstart_on: [schedule]\n")
    shown = deployment.run("drop", str(iris))
    assert "Waiting for a schedule or a user: start_on has no drop" in shown
    assert not _runs(deployment)


def test_admit_is_called_again_after_the_quiet_period(deployment: Deployment, iris: Path) -> None:
    real = deployment.functions.handlers["Tunedrop-Admit"]
    waiting = {"waiting": "Waiting for the quiet period.", "for": "quiet_period", "seconds": 60.0}
    answers = [waiting, waiting]
    times: list[float] = []

    def waits(call: dict[str, Any]) -> dict[str, Any]:
        times.append(time.monotonic())
        return answers.pop() if answers else real(call)

    deployment.functions.handlers["Tunedrop-Admit"] = waits
    shown = deployment.run("drop", str(iris))
    assert shown.count("Waiting for the quiet period.") == 1
    assert len(_runs(deployment)) == 1
    first, second, third = times
    assert 60 <= second - first < 66
    assert 60 <= third - second < 66


def test_an_interrupt_leaves_the_upload_and_says_so(deployment: Deployment, iris: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    deployment.functions.handlers["Tunedrop-Admit"] = lambda call: {
        "waiting": "It waits.",
        "for": "quiet_period",
    }
    deployment.later = [interrupt]
    shown = deployment.run("drop", str(iris), status=130)
    assert "The run starts automatically. List the runs: tunedrop runs" in shown
    assert deployment.s3.body("datasets/iris/train.csv")


def test_a_file_as_the_folder_for_copies_is_an_error_before_the_upload(
    deployment: Deployment, iris: Path
) -> None:
    Path("out").write_text("")
    with pytest.raises(SystemExit):
        deployment.run("drop", str(iris), "--fetch", "out")
    assert deployment.s3.keys() == []


@pytest.mark.parametrize(
    ("file", "status"),
    [("report.html", "Succeeded"), ("failure.json", "Failed"), ("plan.json", "Running")],
)
def test_a_drop_of_contents_that_a_run_has_says_so_at_once(
    deployment: Deployment, iris: Path, file: str, status: str
) -> None:
    run = "iris/20261122T120000Z-00000000"
    deployment.put_run(run, "SUCCEEDED")
    deployment.put_json(f"runs/{run}/{file}", {})
    sentence = f"The run {run} of the same contents has ended."
    answer = {"dataset": "iris", "nothing": sentence, "run_id": "20261122T120000Z-00000000"}
    deployment.functions.handlers["Tunedrop-Admit"] = lambda call: answer
    shown = json.loads(deployment.run("drop", str(iris), "--json"))
    assert (shown["run_id"], shown["status"]) == ("20261122T120000Z-00000000", status)
    assert f"{sentence}\nRun {run}\n" in deployment.err
