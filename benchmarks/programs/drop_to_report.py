"""Drops a dataset on a local AWS, waits for its report, and prints the seconds that both took.

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


def main() -> None:
    """Run the dataset once with few rows, to start the Lambdas; then measure it."""
    workspace, source, job = (Path(argument) for argument in sys.argv[1:4])
    table, settings = (source / name for name in ("train.csv", "tuning.yaml"))
    head = b"".join(table.read_bytes().splitlines(keepends=True)[:200])
    with running_stack(Workspace(workspace), lambda line: print(line, flush=True)) as found:
        drop(*found, "warm-up", head, b"target: y\nestimators: [linear]\ntraining_jobs: 10\n")
        started = time.time()
        run = drop(*found, "measured", table.read_bytes(), settings.read_bytes())
        seconds = time.time() - started
        plan = read(*found, f"{run}plan.json")
        confirm = read(*found, f"{run}jobs/{plan['confirm']['name']}-1.result.json")["description"]
        tuned = _training_jobs(*found, read(*found, f"{run}results.json"))
    channels = job / "input/data"
    for channel in ("plan", "train"):
        (channels / channel).mkdir(parents=True, exist_ok=True)
    (channels / "plan/plan.json").write_text(json.dumps(plan))
    shutil.copy(table, channels / "train")
    (job / "tuned.json").write_text(json.dumps(tuned))
    began, ended = (
        datetime.fromisoformat(confirm[key]) for key in ("CreationTime", "TrainingEndTime")
    )
    print(
        json.dumps(
            {
                "seconds": seconds,
                "confirm_seconds": (ended - began).total_seconds(),
                "score": max(item["objective"] for item in tuned),
            }
        )
    )


def drop(clients: Clients, stack: Stack, name: str, table: bytes, settings: bytes) -> str:
    """Drop a dataset and wait for its report; return the prefix of the run."""
    dataset = f"{name}-{time.time_ns()}"
    for file, body in (("tuning.yaml", settings), ("train.csv", table)):
        key = f"datasets/{dataset}/{file}"
        clients.s3.put_object(Bucket=stack.bucket, Key=key, Body=body)
    while True:
        time.sleep(0.1)
        found = clients.s3.list_objects_v2(Bucket=stack.bucket, Prefix=f"runs/{dataset}/")
        for item in found.get("Contents", []):
            if item["Key"].endswith("failure.json"):
                raise SystemExit(read(clients, stack, item["Key"])["message"])
            if item["Key"].endswith("report.html"):
                return item["Key"].removesuffix("report.html")


def _training_jobs(clients: Clients, stack: Stack, results: dict[str, Any]) -> list[dict[str, Any]]:
    """List the hyperparameters and the objective of each of the run's training jobs."""
    metric, found = "validation:" + results["metric"], []
    for row in results["training_jobs"]:
        job = clients.sagemaker.describe_training_job(TrainingJobName=row["name"])
        final = {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]}
        found.append({"hyperparameters": job["HyperParameters"], "objective": final[metric]})
    return found


def read(clients: Clients, stack: Stack, key: str) -> dict[str, Any]:
    """Return an object's JSON."""
    body = clients.s3.get_object(Bucket=stack.bucket, Key=key)["Body"].read()
    content: dict[str, Any] = json.loads(body)
    return content


if __name__ == "__main__":
    main()
