"""What starts a run and what does not, and that waiting costs no state transitions."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from sklearn.datasets import load_iris, load_wine

from tests.end_to_end.conftest import RETUNED, Deployment
from tests.support.conformance.functions import eventually
from tests.support.runs import QUICK, SLOWER, Runs, nothing_is_running


def iris() -> str:
    table = load_iris(as_frame=True).frame.rename(columns={"target": "kind"})
    return str(
        table.assign(
            kind=table["kind"].map(["setosa", "versicolor", "virginica"].__getitem__)
        ).to_csv(index=False)
    )


def wine() -> str:
    return str(
        load_wine(as_frame=True).frame.rename(columns={"target": "kind"}).to_csv(index=False)
    )


def test_five_files_by_the_aws_cli_in_any_order_are_one_run(
    deployment: Deployment, tmp_path: Path
) -> None:
    lines = iris().splitlines(keepends=True)
    header, rows = lines[0], lines[1:]
    random.Random(1).shuffle(rows)  # noqa: S311 - any order will do
    (tmp_path / "tuning.yaml").write_text(QUICK)
    (tmp_path / "test.csv").write_text(header + "".join(rows[120:]))
    for part in range(3):
        (tmp_path / f"part-0000{part}.csv").write_text(
            header + "".join(rows[part * 40 : part * 40 + 40])
        )
    files = sorted(tmp_path.iterdir())
    random.Random(2).shuffle(files)  # noqa: S311
    for path in files:
        deployment.aws("s3", "cp", str(path), f"s3://{deployment.bucket}/datasets/five/")
    runs = Runs(deployment, "five")
    results = runs.succeeded()
    [run_id] = runs.ids()
    assert len(runs.read(run_id, "run.json")["objects"]) == 5
    assert results["confirm"]["rows"] == {"train": 120, "test": 30, "dropped_missing_target": 0}
    shipped = results["confirm"]["shipped"]
    [contender] = [e for e in results["confirm"]["contenders"] if e["name"] == shipped]
    assert contender["test_score"] > 0.8


def test_the_same_event_ten_times_is_one_run_and_a_changed_tuning_yaml_a_second(
    deployment: Deployment,
) -> None:
    runs = Runs(deployment, "repeated")
    runs.drop(tuning_yaml=QUICK, train_csv=iris())
    [first] = eventually(runs.ids, bool, 60)
    event = event_of(deployment, runs.read(first, "run.json")["execution"])
    for number in range(10):
        deployment.clients.steps.start_execution(
            stateMachineArn=deployment.state_machine,
            name=f"again-{number}",
            input=json.dumps(event),
        )
    runs.succeeded()
    eventually(lambda: [runs.status(arn) for arn in executions(deployment, "again-")], all_over, 60)
    assert runs.ids() == [first]
    tuning_jobs = runs.tuning_jobs(first)

    runs.drop(tuning_yaml=QUICK.replace("folds: 3", "folds: 4"))
    runs.ended(2)
    [second] = set(runs.ids()) - {first}
    plan = runs.read(second, "plan.json")
    assert plan["cross_validation"]["folds"] == 4
    # It learns from the first run, and has to beat its model.
    assert {job["parents"][0] for job in plan["tuning_jobs"]} == set(tuning_jobs)
    contenders = [
        each["name"] for each in runs.read(second, "results.json")["confirm"]["contenders"]
    ]
    assert "champion" in contenders


def test_a_longer_tuning_has_the_same_state_transitions(deployment: Deployment) -> None:
    quick, longer = Runs(deployment, "quick"), Runs(deployment, "longer")
    one = QUICK.replace("[decision_tree, linear]", "[decision_tree]")
    quick.drop(tuning_yaml=one, train_csv=wine())
    quick.succeeded()
    longer.drop(tuning_yaml=SLOWER, train_csv=wine())
    results = longer.succeeded()
    [quick_run], [longer_run] = quick.ids(), longer.ids()
    seconds = {
        runs.dataset: duration(runs, run_id)
        for runs, run_id in ((quick, quick_run), (longer, longer_run))
    }
    assert len(results["training_jobs"]) == 40
    assert seconds["longer"] > 2 * seconds["quick"]
    assert quick.states(quick_run) == longer.states(longer_run)


def test_the_schedule_retunes_its_dataset_once_a_tick(deployment: Deployment) -> None:
    runs = Runs(deployment, RETUNED)
    runs.drop(tuning_yaml=QUICK, train_csv=iris())
    runs.succeeded()
    retuning = due_schedule(deployment)
    machine = deployment.state_machine.replace("-run", "-retune")
    tick = event_of(deployment, retuning)
    # Delivered twice, as the Scheduler may do.
    deployment.clients.steps.start_execution(stateMachineArn=machine, input=json.dumps(tick))
    runs.ended(2)
    eventually(lambda: nothing_is_running(deployment), bool, 60)
    [_, second] = runs.ids()
    assert second.startswith(tick["tick"].replace("-", "").replace(":", ""))
    assert runs.read(second, "run.json")["trigger"]["kind"] == "schedule"
    assert "report.html" in runs.files(second)
    index = deployment.clients.s3.get_object(
        Bucket=deployment.bucket, Key=f"index/{runs.dataset}.html"
    )["Body"].read()
    for run_id in runs.ids():
        assert f"../runs/kept%20fresh/{run_id}/report.html".encode() in index
    assert "index/index.html" in deployment.keys("index/")


def test_a_lost_report_is_made_again(deployment: Deployment) -> None:
    runs = Runs(deployment, "report again")
    runs.drop(tuning_yaml=QUICK, train_csv=iris())
    runs.succeeded()
    [run_id] = runs.ids()
    before = runs.read(run_id, "results.json")
    folder = f"runs/{runs.dataset}/{run_id}/"
    for name in ("report.html", "report.md", "results.json", "trials.csv"):
        deployment.clients.s3.delete_object(Bucket=deployment.bucket, Key=folder + name)
    execution = deployment.clients.steps.start_execution(
        stateMachineArn=deployment.state_machine,
        input=json.dumps({"report": f"{runs.dataset}/{run_id}"}),
    )["executionArn"]
    eventually(lambda: runs.status(execution), lambda status: status == "SUCCEEDED", 60)
    assert {"report.html", "report.md", "trials.csv"} <= runs.files(run_id)
    assert runs.read(run_id, "results.json") == before


def due_schedule(deployment: Deployment) -> str:
    """Make the deployed schedule due now; return the execution that it starts."""
    scheduler = deployment.client("scheduler")
    [listed] = scheduler.list_schedules()["Schedules"]
    schedule = scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
    kept = {
        name: schedule[name]
        for name in ("Name", "GroupName", "Description", "FlexibleTimeWindow", "Target")
    }
    retune = deployment.state_machine.replace("-run", "-retune")
    scheduler.update_schedule(**kept, ScheduleExpression="rate(1 minute)")
    try:
        [execution] = eventually(lambda: executions(deployment, "", retune), bool, 90)
    finally:
        scheduler.update_schedule(**kept, ScheduleExpression=schedule["ScheduleExpression"])
    return execution


def event_of(deployment: Deployment, execution: str) -> dict[str, Any]:
    found = deployment.clients.steps.describe_execution(executionArn=execution)["input"]
    return dict(json.loads(found))


def executions(deployment: Deployment, prefix: str, machine: str | None = None) -> list[str]:
    pages = deployment.clients.steps.get_paginator("list_executions").paginate(
        stateMachineArn=machine or deployment.state_machine
    )
    return [
        entry["executionArn"]
        for page in pages
        for entry in page["executions"]
        if entry["name"].startswith(prefix)
    ]


def all_over(statuses: list[str]) -> bool:
    return len(statuses) == 10 and set(statuses) == {"SUCCEEDED"}


def duration(runs: Runs, run_id: str) -> float:
    [job] = runs.tuning_jobs(run_id)
    found = runs.describe(job)
    return float((found["HyperParameterTuningEndTime"] - found["CreationTime"]).total_seconds())
