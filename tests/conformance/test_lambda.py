"""Lambda functions in Python, as AWS documents them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local_aws import ACCOUNT, REGION
from local_aws.ministack.lambda_workers import worker_limit
from local_aws.workspace import REPOSITORY
from tests.support.conformance import functions
from tests.support.conformance.functions import Machines, create_function, eventually
from tests.support.conformance.servers import LocalAws, processes_of

Invoke = Callable[..., dict[str, Any]]


@pytest.fixture
def invoke(local_aws: LocalAws, machines: Machines) -> Invoke:
    return partial(functions.invoke, local_aws, machines.function)


def test_an_exception_is_told_by_its_class_with_the_stack(invoke: Invoke) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html"""
    answer = invoke(mode="raise")
    assert answer["error"] == "Unhandled"
    assert answer["payload"]["errorType"] == "DataQualityError"
    assert answer["payload"]["errorMessage"] == "row 7 has no label"
    assert "in handler" in "".join(answer["payload"]["stackTrace"])


@pytest.mark.parametrize("mode", ["kill", "exit"])
def test_a_process_that_ends_is_a_runtime_exit_error(invoke: Invoke, mode: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html"""
    payload = invoke(mode=mode)["payload"]
    assert payload.pop("requestId")
    assert payload == {
        "errorMessage": "Error: Runtime exited without providing a reason",
        "errorType": "Runtime.ExitError",
    }
    assert invoke(after=mode)["payload"] == {"after": mode}


def test_a_slow_invocation_times_out(local_aws: LocalAws) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html"""
    function = create_function(local_aws, "slow", timeout=1)
    payload = functions.invoke(local_aws, function, mode="sleep", seconds=10)["payload"]
    assert payload["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in payload["errorMessage"]


def test_logging_and_print_reach_cloudwatch_logs(local_aws: LocalAws, invoke: Invoke) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""
    invoke(mode="log")
    logs = local_aws.client("logs")

    def lines() -> str:
        events = logs.filter_log_events(logGroupName="/aws/lambda/worker")["events"]
        return "\n".join(event["message"] for event in events)

    log = eventually(lines, lambda text: "written by print" in text)
    assert "[WARNING]\t" in log
    assert "written by logging" in log


def test_only_the_asset_and_the_runtimes_packages_can_be_imported(invoke: Invoke) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html"""
    process = invoke(mode="path")["payload"]
    packages = (str(REPOSITORY), "site-packages")  # an editable install adds folders of the first
    assert not any(package in entry for package in packages for entry in process["path"])
    assert Path(process["path"][0]).resolve() == Path(process["cwd"])
    assert "PYTHONPATH" not in process["environment"]
    assert invoke(mode="import", module="boto3")["error"] is None
    assert invoke(mode="import", module="sklearn")["payload"]["errorType"] == "ModuleNotFoundError"
    assert invoke(mode="import", module="tunedrop")["payload"]["errorType"] == "ModuleNotFoundError"


def test_an_image_runs_its_command_with_the_packages_of_the_training_jobs(
    local_aws: LocalAws,
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/images-create.html"""
    client = local_aws.client("lambda")
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/images"
    client.create_function(
        FunctionName="image",
        PackageType="Image",
        Code={"ImageUri": f"{image}:first"},
        ImageConfig={"Command": ["sklearn.base.clone"]},
        Role="arn:aws:iam::000000000000:role/tests",
        Timeout=60,  # imports take seconds on a busy machine
    )
    first = client.publish_version(FunctionName="image")["FunctionArn"]
    client.update_function_code(FunctionName="image", ImageUri=f"{image}:second")
    client.update_function_configuration(
        FunctionName="image", ImageConfig={"Command": ["tunedrop.handlers.plan_run.handler"]}
    )

    # scikit-learn's function takes no context.
    assert functions.invoke(local_aws, first)["payload"]["errorType"] == "TypeError"
    assert functions.invoke(local_aws, "image")["payload"]["errorType"] == "UserInputError"


def test_a_burst_of_invocations_queues_on_few_processes_and_all_are_answered(
    local_aws: LocalAws,
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html"""
    create_function(local_aws, "burst")
    client = local_aws.client("lambda")

    def invoke(number: int) -> Any:
        event = {"mode": "sleep", "seconds": 0.1, "number": number}
        answer = client.invoke(FunctionName="burst", Payload=json.dumps(event))
        return json.load(answer["Payload"])["number"]

    with ThreadPoolExecutor(30) as pool:
        assert list(pool.map(invoke, range(30))) == list(range(30))
    workers = [
        pid
        for pid in processes_of(local_aws.workspace)
        if b"\0AWS_LAMBDA_FUNCTION_NAME=burst\0" in Path(f"/proc/{pid}/environ").read_bytes()
    ]
    assert 1 < len(workers) <= worker_limit(os.cpu_count())
