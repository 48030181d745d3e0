"""Drops a dataset on a local AWS, waits for its report, and prints where the time went.

`drop_to_report.py WORKSPACE DATASET JOB`, where DATASET is a folder, and JOB the folder that gets,
for the peer, the plan and the hyperparameters of the run's training jobs.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from local_aws.clients import Clients
from local_aws.deploy import Stack
from local_aws.session import running_stack
from local_aws.workspace import Workspace

_LOOK_SECONDS = 0.1

# By the states of the state machine, from the first's start to the last's end.
_PHASES = {
    "waiting for more files": ("Settle", "Settle"),
    "the plan": ("PlanRun", "PlanRun"),
    "training jobs": ("Tune", "Tune"),
    "Confirm": ("StartConfirm", "AwaitConfirm"),
    "the report": ("WriteReport", "WriteReport"),
}


def main() -> None:
    """Run the dataset; print the seconds from its first byte to its report, and the parts."""
    workspace, source, job = (Path(argument) for argument in sys.argv[1:4])
    with running_stack(Workspace(workspace), lambda line: print(line, flush=True)) as found:
        clients, stack = found
        _warm_up(clients, stack, source)
        dataset = f"measured-{time.time_ns()}"
        started = time.time()
        for path in sorted(source.iterdir(), reverse=True):
            clients.s3.upload_file(str(path), stack.bucket, f"datasets/{dataset}/{path.name}")
        run = _wait_for_report(clients, stack, dataset)
        seconds = time.time() - started
        parts = _phases(clients, _read(clients, stack, f"{run}run.json")["execution"])
        tuned = _training_jobs(clients, _read(clients, stack, f"{run}results.json"))
        _keep_for_peer(clients, stack, run, source, job, tuned)
    parts["between them"] = seconds - sum(parts.values())
    print(
        json.dumps(
            {
                "seconds": seconds,
                "parts": parts,
                "score": max(item["objective"] for item in tuned),
            }
        )
    )


def _warm_up(clients: Clients, stack: Stack, source: Path) -> None:
    """Let a small dataset take its run: a new deployment's Lambdas have no bytecode yet."""
    rows = (source / "train.csv").read_text().splitlines()[:200]
    settings = "target: y\nestimators: [linear]\ntraining_jobs: 10\nfolds: 3\n"
    dataset = f"warm-up-{time.time_ns()}"
    for name, text in (("tuning.yaml", settings), ("train.csv", "\n".join(rows))):
        key = f"datasets/{dataset}/{name}"
        clients.s3.put_object(Bucket=stack.bucket, Key=key, Body=text.encode())
    _wait_for_report(clients, stack, dataset)


def _wait_for_report(clients: Clients, stack: Stack, dataset: str) -> str:
    """Wait for the report; return the prefix of the run."""
    while True:
        found = clients.s3.list_objects_v2(Bucket=stack.bucket, Prefix=f"runs/{dataset}/")
        for item in found.get("Contents", []):
            if item["Key"].endswith("failure.json"):
                raise SystemExit(_read(clients, stack, item["Key"])["message"])
            if item["Key"].endswith("report.html"):
                return item["Key"].removesuffix("report.html")
        time.sleep(_LOOK_SECONDS)


def _phases(clients: Clients, execution: str) -> dict[str, float]:
    """Read the seconds of each phase from the execution's history."""
    while clients.steps.describe_execution(executionArn=execution)["status"] == "RUNNING":
        time.sleep(_LOOK_SECONDS)
    pages = clients.steps.get_paginator("get_execution_history").paginate(executionArn=execution)
    entered: dict[str, datetime] = {}
    left: dict[str, datetime] = {}
    for page in pages:
        for event in page["events"]:
            if "stateEnteredEventDetails" in event:
                entered.setdefault(event["stateEnteredEventDetails"]["name"], event["timestamp"])
            elif "stateExitedEventDetails" in event:
                left[event["stateExitedEventDetails"]["name"]] = event["timestamp"]
    return {
        phase: (left[last] - entered[first]).total_seconds()
        for phase, (first, last) in _PHASES.items()
    }


def _training_jobs(clients: Clients, results: dict[str, Any]) -> list[dict[str, Any]]:
    """List the hyperparameters and the objective of each of the run's training jobs."""
    metric = "validation:" + results["metric"]
    found = []
    for row in results["training_jobs"]:
        job = clients.sagemaker.describe_training_job(TrainingJobName=row["name"])
        final = {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]}
        found.append({"hyperparameters": job["HyperParameters"], "objective": final[metric]})
    return found


def _keep_for_peer(
    clients: Clients, stack: Stack, run: str, source: Path, job: Path, tuned: list[dict[str, Any]]
) -> None:
    channels = job / "input" / "data"
    for channel in ("plan", "train"):
        (channels / channel).mkdir(parents=True, exist_ok=True)
    clients.s3.download_file(stack.bucket, f"{run}plan.json", str(channels / "plan/plan.json"))
    shutil.copy(source / "train.csv", channels / "train")
    (job / "tuned.json").write_text(json.dumps(tuned))


def _read(clients: Clients, stack: Stack, key: str) -> dict[str, Any]:
    body = clients.s3.get_object(Bucket=stack.bucket, Key=key)["Body"].read()
    content: dict[str, Any] = json.loads(body)
    return content


if __name__ == "__main__":
    main()
