"""Clients that nobody here wrote: the AWS CLI, boto3's waiters and pages, the SageMaker SDK."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from local_aws import environment
from tests.support.sagemaker.machine import Machine
from tests.support.sagemaker.requests import tuning_request

PROGRAM = Path(__file__).parents[2] / "support/sagemaker/programs/sagemaker_sdk_2.py"
BIN = Path(sys.executable).parent


def run(aws: Machine, *command: str | Path) -> str:
    """Run somebody's program against the server; return what it printed."""
    process = subprocess.run(
        [str(part) for part in command],
        env={
            **environment.client_variables(aws.port),
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "HOME": str(aws.workspace.home),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def test_the_aws_cli_creates_a_tuning_job_and_pages_and_waits(aws: Machine) -> None:
    def cli(*arguments: str) -> dict[str, Any]:
        answer = run(aws, sys.executable, BIN / "aws", "sagemaker", *arguments)
        return dict(json.loads(answer or "{}"))

    request = tuning_request("by-cli", jobs=2)
    created = cli("create-hyper-parameter-tuning-job", "--cli-input-json", json.dumps(request))
    assert created["HyperParameterTuningJobArn"].endswith("/by-cli")
    aws.wait_for_tuning_job("by-cli")
    # Both pages, of one row each.
    paged = ("--hyper-parameter-tuning-job-name", "by-cli", "--page-size", "1")
    listed = cli("list-training-jobs-for-hyper-parameter-tuning-job", *paged)
    names = [job["TrainingJobName"] for job in listed["TrainingJobSummaries"]]
    assert len(names) == 2
    cli("wait", "training-job-completed-or-stopped", "--training-job-name", names[0])


def test_the_sagemaker_sdk_tunes_waits_analyses_and_attaches(aws: Machine) -> None:
    uri = aws.put("sdk/train.csv", "1,2")
    printed = run(aws, sys.executable, PROGRAM, uri)
    summary = json.loads(printed.splitlines()[-1])
    assert summary["rows"] == 2
    assert {"x", "kind", "TrainingJobName", "FinalObjectiveValue"} <= set(summary["columns"])
    assert summary["best"] in summary["names"]
    assert summary["attached"] == {"jobs": 2, "metric": "objective", "ranges": ["kind", "x"]}
    assert summary["model"].endswith(f"{summary['best']}/output/model.tar.gz")
