"""Clients that nobody here wrote: the AWS CLI, boto3's waiters and pages, the SageMaker SDK."""

from __future__ import annotations

import json
import os
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

from tests.support.sagemaker.machine import Machine, training_request, tuning_request

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
    assert seen["rows"] == {"hyperband": 4, "flexible": 4, "grid": 4, "child": 2}
    assert seen["model"] == "s3://tuning/tuners/sdk2-single/output/model.tar.gz"
    assert "TrainingJobDefinitions are not supported" in seen["refused"]
