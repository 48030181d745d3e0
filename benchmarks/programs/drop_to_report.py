"""Drops a dataset on a local AWS, waits for its report, and prints the seconds that both took.

`drop_to_report.py WORKSPACE DATASET JOB`, where DATASET is a folder, and JOB the folder that gets,
for the peer, the channels of the run's training jobs and the run's results.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from local_aws.deploy import Stack
from local_aws.environment import Clients
from local_aws.session import running_stack
from local_aws.workspace import Workspace

_WARM_UP = "estimators: [linear]\ntraining_jobs: 10\n"
_WARM_UP_LINES = 200


def main() -> None:
    """Run a dataset, and write what the peer needs."""
    workspace, source, job = (Path(argument) for argument in sys.argv[1:4])
    table, settings = (source / name for name in ("train.csv", "tuning.yaml"))
    with running_stack(Workspace(workspace), print) as stack:
        run, seconds = drop_twice(*stack, table.read_bytes(), settings.read_bytes())
        plan, results = (read(*stack, f"{run}{name}.json") for name in ("plan", "results"))
    for channel in ("plan", "train"):
        (job / "input/data" / channel).mkdir(parents=True, exist_ok=True)
    (job / "input/data/plan/plan.json").write_text(json.dumps(plan))
    shutil.copy(table, job / "input/data/train")
    (job / "results.json").write_text(json.dumps(results))
    created, ended = (
        datetime.fromisoformat(results["confirm_job"][key]) for key in ("created", "ended")
    )
    confirm = {"confirm_seconds": (ended - created).total_seconds()}
    print(json.dumps({"seconds": seconds, "score": results["objective"], **confirm}))


def drop_twice(clients: Clients, stack: Stack, table: bytes, settings: bytes) -> tuple[str, float]:
    """Run a dataset with few rows, which starts the Lambdas, and then with all.

    Returns the prefix of the second run, and its seconds.
    """
    head = b"".join(table.splitlines(keepends=True)[:_WARM_UP_LINES])
    target = settings.splitlines(keepends=True)[0]
    _drop(clients, stack, "warm-up", head, target + _WARM_UP.encode())
    started = time.time()
    run = _drop(clients, stack, "measured", table, settings)
    return run, time.time() - started


def _drop(clients: Clients, stack: Stack, name: str, table: bytes, settings: bytes) -> str:
    dataset = f"{name}-{time.time_ns()}"
    for file, body in (("tuning.yaml", settings), ("train.csv", table)):
        key = f"datasets/{dataset}/{file}"
        clients.s3.put_object(Bucket=stack.bucket, Key=key, Body=body)
    while True:
        time.sleep(0.1)
        listing = clients.s3.list_objects_v2(Bucket=stack.bucket, Prefix=f"runs/{dataset}/")
        for item in listing.get("Contents", []):
            if item["Key"].endswith("failure.json"):
                raise SystemExit(read(clients, stack, item["Key"])["message"])
            if item["Key"].endswith("report.html"):
                return item["Key"].removesuffix("report.html")


def read(clients: Clients, stack: Stack, key: str) -> dict[str, Any]:
    """Return an object's JSON."""
    body = clients.s3.get_object(Bucket=stack.bucket, Key=key)["Body"].read()
    content: dict[str, Any] = json.loads(body)
    return content


if __name__ == "__main__":
    main()
