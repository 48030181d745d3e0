from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.support.deployment import BUCKET, EXECUTION, TABLE, Deployment
from tests.support.fakes import client_error
from tunedrop.cli.dropping import dropped_object


def _runs(deployment: Deployment) -> list[str]:
    keys = deployment.s3.keys("runs/")
    return [
        key.removeprefix("runs/").removesuffix("/run.json")
        for key in keys
        if key.endswith("/run.json")
    ]


def test_it_uploads_all_files_and_names_the_run(deployment: Deployment, iris: Path) -> None:
    deployment.later = [deployment.plan_arrivals]
    shown = deployment.run("drop", str(iris))
    put = [call["Key"] for call in deployment.s3.calls_of("PutObject") if "datasets" in call["Key"]]
    assert put == ["datasets/iris/train.csv", "datasets/iris/tuning.yaml"]  # the largest first
    assert deployment.s3.body("datasets/iris/train.csv").decode() == TABLE
    [run] = _runs(deployment)
    assert f"Dropped 2 files into s3://{BUCKET}/datasets/iris/" in shown
    assert f"Run {run}\nTo watch it: tunedrop watch '{run}'\n" in shown
    assert "iris: classification of 'species'" in shown


def test_json_is_one_object_and_nothing_else(deployment: Deployment, iris: Path) -> None:
    deployment.later = [deployment.plan_arrivals]
    found = json.loads(deployment.run("drop", str(iris), "--json"))
    [run] = _runs(deployment)
    assert (found["run_id"], found["status"]) == (run.removeprefix("iris/"), "Running")
    assert f"Run {run}" in deployment.err


def test_a_file_becomes_a_dataset_of_its_name(deployment: Deployment, tmp_path: Path) -> None:
    (tmp_path / "my flowers.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    deployment.later = [deployment.plan_arrivals]
    deployment.run("drop", str(tmp_path / "my flowers.csv.gz"))
    assert deployment.s3.keys("datasets/") == ["datasets/my flowers/my flowers.csv.gz"]
    assert [run.partition("/")[0] for run in _runs(deployment)] == ["my flowers"]


def test_what_would_be_refused_is_not_uploaded(deployment: Deployment, iris: Path) -> None:
    (iris / "tuning.yaml").write_text("target: kind\n")
    deployment.run("drop", str(iris), status=2)
    assert "'kind'" in deployment.err
    assert deployment.s3.keys() == []


def test_other_files_of_the_dataset_are_not_touched_unasked(
    deployment: Deployment, iris: Path
) -> None:
    deployment.s3.put("datasets/iris/test.csv", TABLE)
    deployment.run("drop", str(iris), status=2)
    assert "has other files than these: test.csv. Add --keep" in deployment.err
    assert deployment.s3.keys() == ["datasets/iris/test.csv"]


def test_replace_makes_the_dataset_exactly_these_files(deployment: Deployment, iris: Path) -> None:
    for key in ("datasets/iris/old.csv", "datasets/iris.csv", "datasets/iris2/train.csv"):
        deployment.s3.put(key, TABLE)
    deployment.later = [deployment.plan_arrivals]
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
    deployment.later = [deployment.plan_arrivals]
    shown = deployment.run("drop", str(iris / "tuning.yaml"), "--name", "iris", "--keep")
    assert "iris: classification of 'species'" in shown
    [run] = _runs(deployment)
    claimed = {
        entry["key"] for entry in json.loads(deployment.s3.body(f"runs/{run}/run.json"))["objects"]
    }
    assert claimed == {"datasets/iris/train.csv", "datasets/iris/tuning.yaml"}


def test_a_failed_run_is_status_1_with_the_message_of_failure_json(
    deployment: Deployment, iris: Path
) -> None:
    (iris / "tuning.yaml").write_text("target: kind\n")
    deployment.later = [deployment.plan_arrivals]
    shown = deployment.run("drop", str(iris), "--no-check", "--watch", "--json", status=1)
    assert json.loads(shown)["status"] == "Failed"
    [run] = _runs(deployment)
    message = json.loads(deployment.s3.body(f"runs/{run}/failure.json"))["message"]
    assert f"The run failed: {message}" in deployment.err
    assert f"s3://{BUCKET}/runs/{run}/failure.json" in deployment.err


def test_a_drop_that_starts_no_run_says_why(deployment: Deployment, tmp_path: Path) -> None:
    (tmp_path / "tuning.yaml").write_text("target: species\n")
    deployment.later = [deployment.plan_arrivals]
    arguments = ("drop", str(tmp_path / "tuning.yaml"), "--name", "iris", "--no-check")
    deployment.run(*arguments, status=1)
    assert deployment.err == "No run began. The dataset has no training data yet.\n"


def test_an_execution_that_failed_without_a_run_says_its_error(
    deployment: Deployment, iris: Path
) -> None:
    def broken() -> None:
        key = "datasets/iris/train.csv"
        version = deployment.s3.versions[key][-1].version_id
        deployment.executions.add(
            f"{EXECUTION}:1",
            "FAILED",
            given={"detail": {"object": {"key": key, "version-id": version}}},
            started=deployment.s3.clock(),
            error="ValueError",
            cause=json.dumps({"errorMessage": "boom", "errorType": "ValueError"}),
        )

    deployment.later = [broken]
    deployment.run("drop", str(iris), status=1)
    told = "The execution ended FAILED before its run began: ValueError boom\n"
    assert deployment.err == told


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"detail": 1}', '{"dataset": "iris"}'])
def test_inputs_of_other_triggers_name_no_object(text: str) -> None:
    assert dropped_object(text) == ("", "")


def test_when_no_execution_starts_it_says_where_to_look(deployment: Deployment, iris: Path) -> None:
    deployment.run("drop", str(iris), status=1)
    assert "No execution has started within 300 s of the upload" in deployment.err


def test_runs_of_other_drops_are_not_taken_for_it(deployment: Deployment, iris: Path) -> None:
    deployment.put_run("iris/20261123T110000Z-00000000")

    def another_one_first() -> None:
        deployment.put_run("iris/20261123T130000Z-11111111")

    deployment.later = [another_one_first, deployment.plan_arrivals]
    shown = deployment.run("drop", str(iris))
    assert "Run iris/20261123T120000Z-" in shown


def test_short_failures_of_aws_do_not_end_the_waiting(deployment: Deployment, iris: Path) -> None:
    def throttled() -> None:
        deployment.executions.fail_next("ListExecutions", client_error("ThrottlingException"))

    deployment.later = [throttled, deployment.plan_arrivals]
    deployment.run("drop", str(iris))


def test_an_interrupt_leaves_the_upload_and_says_so(deployment: Deployment, iris: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    deployment.later = [interrupt]
    shown = deployment.run("drop", str(iris), status=130)
    assert "The run starts without us. To watch it: tunedrop watch" in shown
    assert deployment.s3.body("datasets/iris/train.csv")


def test_a_place_for_the_files_that_is_a_file_is_refused_first(
    deployment: Deployment, iris: Path
) -> None:
    Path("out").write_text("")
    deployment.run("drop", str(iris), "--fetch", "out", status=2)
    assert "--fetch out is a file; name a folder." in deployment.err
    assert deployment.s3.keys() == []
