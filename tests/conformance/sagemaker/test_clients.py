"""Clients that nobody here wrote: the AWS CLI, boto3's waiters and pages, the SageMaker SDKs, more.

What is not of this repository's environment is installed into one of its own by the slow tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import WaiterError

from tests.support.sagemaker.machine import Machine, channel, training_request, tuning_request

PROGRAMS = Path(__file__).parents[2] / "support/sagemaker/programs"
BIN = Path(sys.executable).parent

Cli = Callable[..., dict[str, Any]]


def environment(aws: Machine) -> dict[str, str]:
    return {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(aws.workspace.home),
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def run(aws: Machine, *command: str | Path) -> str:
    """Run somebody's program against the server; return what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        env=environment(aws),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def seen_by(aws: Machine, *command: str | Path) -> dict[str, Any]:
    """Run a program whose last line is JSON."""
    return dict(json.loads(run(aws, *command).splitlines()[-1]))


@pytest.fixture
def cli(aws: Machine) -> Cli:
    def call(*arguments: str) -> dict[str, Any]:
        answer = run(aws, sys.executable, BIN / "aws", "sagemaker", *arguments)
        return dict(json.loads(answer or "{}"))

    return call


def test_the_aws_cli_creates_lists_and_describes_a_tuning_job(aws: Machine, cli: Cli) -> None:
    request = tuning_request("by-cli", jobs=2, Tags=[{"Key": "by", "Value": "cli"}])
    created = cli("create-hyper-parameter-tuning-job", "--cli-input-json", json.dumps(request))
    assert created["HyperParameterTuningJobArn"].endswith("/by-cli")
    aws.wait_for_tuning_job("by-cli")
    name = ("--hyper-parameter-tuning-job-name", "by-cli")
    described = cli("describe-hyper-parameter-tuning-job", *name)
    assert described["TrainingJobStatusCounters"]["Completed"] == 2
    # Both pages, of one row each.
    listed = cli("list-training-jobs-for-hyper-parameter-tuning-job", *name, "--page-size", "1")
    assert len(listed["TrainingJobSummaries"]) == 2
    assert cli("list-tags", "--resource-arn", created["HyperParameterTuningJobArn"]) == {
        "Tags": request["Tags"]
    }


def test_the_aws_cli_waits_for_a_training_job(aws: Machine, cli: Cli) -> None:
    request = training_request("by-cli-too")
    cli("create-training-job", "--cli-input-json", json.dumps(request))
    cli("wait", "training-job-completed-or-stopped", "--training-job-name", "by-cli-too")
    described = cli("describe-training-job", "--training-job-name", "by-cli-too")
    assert described["TrainingJobStatus"] == "Completed"


def test_boto3_waits_until_a_training_job_is_over_and_says_when_it_failed(aws: Machine) -> None:
    waiter = aws.sagemaker.get_waiter("training_job_completed_or_stopped")
    quickly = {"Delay": 1, "MaxAttempts": 30}
    aws.sagemaker.create_training_job(**training_request("waited-for"))
    waiter.wait(TrainingJobName="waited-for", WaiterConfig=quickly)
    aws.sagemaker.create_training_job(**training_request("waited-in-vain", "fail"))
    with pytest.raises(WaiterError, match="terminal failure state"):
        waiter.wait(TrainingJobName="waited-in-vain", WaiterConfig=quickly)


@pytest.mark.parametrize(
    ("operation", "member", "request_"),
    [
        ("list_hyper_parameter_tuning_jobs", "HyperParameterTuningJobSummaries",
         {"NameContains": "paged"}),
        ("list_training_jobs", "TrainingJobSummaries", {"NameContains": "paged"}),
        ("list_training_jobs_for_hyper_parameter_tuning_job", "TrainingJobSummaries",
         {"HyperParameterTuningJobName": "paged-1"}),
        ("search", "Results", {"Resource": "TrainingJob", "SearchExpression": {
            "Filters": [{"Name": "TrainingJobName", "Operator": "Contains", "Value": "paged"}]}}),
    ],
)  # fmt: skip
def test_boto3s_paginators_give_every_row_once(
    aws: Machine, operation: str, member: str, request_: dict[str, Any]
) -> None:
    for name in ("paged-1", "paged-2"):
        if not aws.sagemaker.list_hyper_parameter_tuning_jobs(NameContains=name)[
            "HyperParameterTuningJobSummaries"
        ]:
            aws.tune(name, jobs=3)

    def rows(size: int) -> list[str]:
        pages = list(
            aws.sagemaker.get_paginator(operation).paginate(
                **request_, PaginationConfig={"PageSize": size}
            )
        )
        assert all(len(page[member]) <= size for page in pages)
        return [json.dumps(row, default=str) for page in pages for row in page[member]]

    one_by_one = rows(1)
    assert len(one_by_one) == len(set(one_by_one)) >= 2
    assert rows(100) == one_by_one


def test_a_request_that_is_signed_by_hand_is_answered_as_json(aws: Machine) -> None:
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "SageMaker.DescribeHyperParameterTuningJob",
    }
    body = json.dumps({"HyperParameterTuningJobName": "nobodys"})
    request = AWSRequest("POST", f"{aws.endpoint}/", headers=headers, data=body)
    SigV4Auth(Credentials("local", "local"), "sagemaker", "us-east-1").add_auth(request)
    answer = urllib3.request("POST", str(request.url), body=body, headers=dict(request.headers))
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"
    assert answer.headers["x-amzn-requestid"]
    assert json.loads(answer.data) == {
        "__type": "ResourceNotFound",
        "message": "Amazon SageMaker can't find a tuning job called nobodys. Type another name.",
    }


def test_the_sagemaker_sdk_tunes_waits_analyses_and_attaches(aws: Machine) -> None:
    uri = aws.put("sdk/train.csv", "1,2")
    seen = seen_by(aws, sys.executable, PROGRAMS / "sagemaker_sdk_2.py", uri)
    assert seen["rows"] == 2
    assert {"x", "kind", "TrainingJobName", "FinalObjectiveValue"} <= set(seen["columns"])
    assert seen["best"] in seen["names"]
    assert seen["attached"] == {"jobs": 2, "metric": "objective", "ranges": ["kind", "x"]}
    assert seen["model"].endswith(f"{seen['best']}/output/model.tar.gz")
    assert seen["overall_best"] is not None
    assert seen["charts"] == {"jobs": 2, "metrics": ["objective"]}
    # The objective of epoch n is 1 - 0.1/n of what the hyperparameters make possible.
    first, second = seen["curve"]
    assert second / first == pytest.approx(0.95 / 0.9)


@pytest.mark.slow
def test_every_kind_of_tuner_of_the_sagemaker_sdk_2_ends_well(aws: Machine) -> None:
    uri = aws.put("sdk2/train.csv", "1,2")
    seen = seen_by(aws, sys.executable, PROGRAMS / "sagemaker_sdk_2_tuners.py", uri)
    assert set(seen["statuses"].values()) == {"Completed"}
    assert seen["rows"].pop("bounded") <= 4
    assert seen["rows"] == {"hyperband": 4, "flexible": 4, "grid": 4, "child": 2, "several": 4}
    assert seen["attached"] == ["one", "two"]
    assert seen["best"].startswith("s3://tuning/tuners/sdk2-several-")
    place = "s3://tuning/tuners/sdk2-single/output/model/"
    assert seen["single"]["model"]["S3DataSource"]["S3Uri"] == place
    assert seen["single"]["hyperparameters"] == {"epochs": "2"}


@pytest.mark.slow
def test_the_sagemaker_sdk_3_trains_tunes_and_manages_jobs(aws: Machine, tmp_path: Path) -> None:
    python = environment_with(tmp_path, "sagemaker==3.27.0")
    uri = aws.put("sdk3/train.csv", "1,2")
    seen = seen_by(aws, python, PROGRAMS / "sagemaker_sdk_3.py", uri)
    assert seen["status"] == "Completed"
    assert seen["rows"] == len(set(seen["names"])) == 4
    assert seen["best"] == seen["names"][0]
    assert seen["metrics"] == ["objective"]
    assert seen["overall_best"].startswith("by-sdk3-")
    assert seen["tags"] == [["by", "sdk3"]]
    assert seen["stopped"] == "Stopped"


@pytest.mark.slow
def test_airflows_operators_sensors_triggers_and_waiters_work(aws: Machine, tmp_path: Path) -> None:
    python = environment_with(
        tmp_path,
        "apache-airflow==3.3.2",
        "apache-airflow-providers-amazon==9.39.0",
        "aiobotocore",
    )
    channels = {"InputDataConfig": [channel("train", aws.put("airflow/train.csv", "1,2"))]}
    requests = (
        tuning_request("by-airflow", jobs=2, change=channels),
        training_request("by-airflow-too", change=channels),
    )
    seen = seen_by(aws, python, PROGRAMS / "airflow_operators.py", *map(json.dumps, requests))
    assert seen["status"] == "Completed"
    assert seen["trained"] == "by-airflow-too"
    assert seen["again"].startswith("by-airflow-too-")
    assert seen["listed"] == 2
    assert "The column 'petal' is missing." in seen["failure"]
    assert seen["event"] == "success"


@pytest.mark.slow
def test_the_sdk_for_javascript_waits_pages_and_tells_errors_apart(
    aws: Machine, tmp_path: Path
) -> None:
    program = Path(shutil.copy(PROGRAMS / "javascript_sdk.mjs", tmp_path))
    npm: list[str | Path] = [BIN / "npm", "install", "--silent", "--prefix", tmp_path]
    subprocess.run([*npm, "@aws-sdk/client-sagemaker@3.1142.0"], check=True, timeout=300)
    requests = tuning_request("by-javascript", jobs=3), training_request("by-javascript-too")
    seen = seen_by(aws, BIN / "node", program, *map(json.dumps, requests))
    assert seen == {
        "waited": "SUCCESS",
        "status": "Completed",
        "pages": [[True]] * 3,
        "errors": ["ResourceInUse", "ResourceNotFound", "ValidationException"],
    }


def environment_with(folder: Path, *requirements: str) -> Path:
    """Make a virtual environment; return its interpreter."""
    python = folder / "venv" / "bin" / "python"
    subprocess.run([BIN / "uv", "venv", "--quiet", folder / "venv"], check=True, timeout=60)
    install: list[str | Path] = [BIN / "uv", "pip", "install", "--quiet", "--python", python]
    subprocess.run([*install, *requirements], check=True, timeout=600)
    return python
