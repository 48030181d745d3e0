"""The commands of the local AWS, from a dropped dataset to its report."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local_aws import daemon
from local_aws.workspace import REPOSITORY, Workspace
from tests.support.conformance.functions import eventually
from tests.support.conformance.servers import processes_of
from tests.support.deployed import Deployment
from tests.support.runs import Tuned


def test_a_dropped_dataset_becomes_a_report_and_a_model(
    deployment: Deployment, penguins: Path, tmp_path: Path
) -> None:
    ran = deployment.command("run", str(penguins), "--json", "--output", str(tmp_path / "out"))
    result = json.loads(ran.stdout)
    assert result.keys() == {
        "run_id",
        "status",
        "report",
        "best_training_job",
        "objective",
        "hyperparameters",
        "confirm",
    }
    assert result["status"] == "Succeeded"
    files = {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {"run.json", "plan.json", "results.json", "training_jobs.csv", "report.md"} <= files
    assert {"report.html", "model.tar.gz"} <= files
    results = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    assert len(results["training_jobs"]) == 10
    tried = {json.dumps(job["hyperparameters"]) for job in results["training_jobs"]}
    assert len(tried) == 10
    best = max(job["objective"] for job in results["training_jobs"] if job["objective"])
    assert result["objective"] == best
    assert result["confirm"]["selected"]
    reproduced, documented = run_documented_code(tmp_path / "out")
    assert reproduced == pytest.approx(documented, rel=1e-6) == best


def run_documented_code(run: Path) -> list[float]:
    """Run the code on the page that reproduces the objective of a run's best training job."""
    page = (REPOSITORY / "docs/training-container.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (code,) = [block for block in blocks if "cross_validate(" in block]
    code = re.sub(r'Path\("tunedrop-runs/[^"]*"\)', f"Path({str(run)!r})", code)
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=REPOSITORY, text=True)
    return [float(number) for number in printed.split()]


def test_status_and_logs_show_what_ran(deployment: Deployment, wine: Tuned) -> None:
    shown = deployment.command("status").stdout
    assert f"bucket {deployment.bucket}" in shown
    assert deployment.variables["AWS_ENDPOINT_URL"] in shown
    assert "SUCCEEDED" in shown
    assert "START RequestId" in deployment.command("logs").stdout


def test_a_second_up_says_that_it_is_up_and_where(deployment: Deployment) -> None:
    again = deployment.command("up")
    assert "is up already" in again.stderr
    assert f"export AWS_ENDPOINT_URL={deployment.variables['AWS_ENDPOINT_URL']}" in again.stdout


def test_an_interrupt_leaves_no_process_behind(penguins: Path, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "aws")
    run = subprocess.Popen(
        [
            *(sys.executable, "-m", "local_aws", "--root", str(workspace.root)),
            *("run", str(penguins), "--output", str(tmp_path / "out")),
        ],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    eventually(lambda: daemon.find(workspace), bool, seconds=60)
    time.sleep(2)  # the CDK is at work now
    run.send_signal(signal.SIGINT)
    assert run.stderr is not None
    assert b"Interrupted." in run.stderr.read()
    assert run.wait(60) == 130
    run.stderr.close()
    eventually(lambda: processes_of(workspace), lambda pids: not pids)
