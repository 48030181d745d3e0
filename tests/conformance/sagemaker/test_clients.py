"""Clients that nobody here wrote: the AWS CLI and the SageMaker Python SDK."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.sagemaker.machine import Machine, tuning_request

SDK_PROGRAM = Path(__file__).with_name("sdk_program.py")


def environment(aws: Machine) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH",)},
        "HOME": str(aws.workspace.home),
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_the_aws_cli_creates_lists_and_describes_a_tuning_job(aws: Machine) -> None:
    program = Path(sys.executable).with_name("aws")

    def cli(*arguments: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, str(program), "sagemaker", *arguments],
            env=environment(aws),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout or "{}"))

    request = tuning_request("by-cli", jobs=2)
    created = cli("create-hyper-parameter-tuning-job", "--cli-input-json", json.dumps(request))
    assert created["HyperParameterTuningJobArn"].endswith("/by-cli")
    aws.wait_for_tuning_job("by-cli")
    name = ("--hyper-parameter-tuning-job-name", "by-cli")
    described = cli("describe-hyper-parameter-tuning-job", *name)
    assert described["TrainingJobStatusCounters"]["Completed"] == 2
    listed = cli("list-training-jobs-for-hyper-parameter-tuning-job", *name)
    assert len(listed["TrainingJobSummaries"]) == 2


def test_the_sagemaker_sdk_tunes_waits_analyses_and_attaches(aws: Machine) -> None:
    uri = aws.put("sdk/train.csv", "1,2")
    done = subprocess.run(
        [sys.executable, str(SDK_PROGRAM), uri],
        env=environment(aws),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["rows"] == 4
    assert {"x", "kind", "TrainingJobName", "FinalObjectiveValue"} <= set(seen["columns"])
    assert seen["best"] in seen["names"]
    assert seen["attached"] == {"jobs": 4, "metric": "objective", "ranges": ["kind", "x"]}
    assert seen["model"].endswith(f"{seen['best']}/output/model.tar.gz")
    assert seen["overall_best"] is not None
    # The objective of epoch n is 1 - 0.1/n of what the hyperparameters make possible.
    first, second, third = seen["curve"]
    assert (second / first, third / first) == pytest.approx((0.95 / 0.9, (1 - 0.1 / 3) / 0.9))
