"""A stack that goes, and a later one that adopts its bucket."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from cdk_app.context import parse_settings
from local_aws import deploy
from local_aws.workspace import Workspace
from tests.support.conformance.functions import eventually
from tests.support.deployed import Deployment, run_command, up
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


@pytest.mark.slow
def test_a_later_stack_goes_on_with_the_champions_and_the_history_of_the_bucket(
    tmp_path: Path,
) -> None:
    workspace = Workspace(tmp_path / "local-aws")
    try:
        first = up(workspace)
        bucket, dataset = first.bucket, "iris"
        Runs(first, dataset).drop(tuning_yaml=QUICK, train_csv=IRIS)
        assert Runs(first, dataset).succeeded()["verdict"] == "first model"
        [before] = Runs(first, dataset).ids()

        # As `make destroy` does: pause, and wait until no run is active.
        first.invoke("Admit", pause=True)
        eventually(lambda: not first.state()["slots"], bool, 60)
        destroy(first)
        prepare(parse_settings({"existing_bucket": bucket}), first.client)
        second = up(workspace, existing_bucket=bucket)

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
    finally:
        run_command(workspace, "down")
