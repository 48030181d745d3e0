"""Stacks that go: that of the smoke test, and one whose bucket a later one adopts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from cdk_app.context import parse_settings
from local_aws import deploy, environment
from local_aws.workspace import REPOSITORY
from tests.support.conformance.functions import eventually
from tests.support.deployed import Deployment, deployed, up
from tests.support.runs import IRIS, QUICK, Runs
from tools.prepare_account import prepare


def destroy(deployment: Deployment) -> None:
    """Delete the stack, as `cdk destroy` does."""
    last = deploy.read_deployed(deployment.workspace)
    assert last is not None
    cloudformation, name = deployment.client("cloudformation"), last.stack
    cloudformation.delete_stack(StackName=name)

    def is_gone() -> bool:
        try:
            [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError:
            return True
        return bool(stack["StackStatus"] == "DELETE_COMPLETE")

    eventually(is_gone, bool, 60)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("local-aws")) as deployment:
        yield deployment


@pytest.mark.slow
def test_the_smoke_test_passes_and_leaves_the_stack_of_others_and_nothing_else(
    first: Deployment,
) -> None:
    def what_is_there() -> list[set[str]]:
        stacks = first.client("cloudformation").list_stacks()["StackSummaries"]
        functions = first.client("lambda").list_functions()["Functions"]
        return [
            {stack["StackName"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"},
            {bucket["Name"] for bucket in first.clients.s3.list_buckets()["Buckets"]},
            {function["FunctionName"] for function in functions},
        ]

    before = what_is_there()
    settings = deploy.settings_for_this_machine({"quiet_period_seconds": 1})
    process = subprocess.run(
        [sys.executable, "-m", "tools.smoke_test", "--settings", json.dumps(settings)],
        cwd=REPOSITORY,
        env={
            **environment.user_variables(first.clients.port, os.environ),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": "lambda:common:training_container",
            "CDK_HOME": str(first.workspace.root / "cdk-home"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    for step in ("deploy", "tune", "predict", "destroy"):
        assert f"\n{step}: " in process.stdout
    assert "SageMaker bills" in process.stdout
    assert what_is_there() == before


@pytest.mark.slow
def test_a_later_stack_goes_on_with_the_champions_and_the_history_of_the_bucket(
    first: Deployment,
) -> None:
    bucket, dataset = first.bucket, "iris"
    Runs(first, dataset).drop(tuning_yaml=QUICK, train_csv=IRIS)
    assert Runs(first, dataset).succeeded()["verdict"] == "first model"
    [before] = Runs(first, dataset).ids()

    # As `make destroy` does: pause, and wait until no run is active.
    first.invoke("Admit", pause=True)
    eventually(lambda: not first.state()["slots"], bool, 60)
    destroy(first)
    prepare(parse_settings({"existing_bucket": bucket}), first.client)
    second = up(first.workspace, existing_bucket=bucket)

    assert second.bucket == bucket
    runs = Runs(second, dataset)
    assert runs.ids() == [before]
    header, *rows = IRIS.splitlines(keepends=True)
    runs.drop(train_csv=header + "".join(reversed(rows)))
    _, after = runs.ended(2)
    results = runs.read(after, "results.json")
    assert results["verdict"] != "first model"
    names = {contender["name"] for contender in results["confirm"]["contenders"]}
    assert "champion" in names
