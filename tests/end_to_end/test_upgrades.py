"""A deployment in the middle of a run: that run goes on with what it began with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.deploy import SOURCES
from local_aws.workspace import REPOSITORY
from tests.support.deployed import Deployment, deployed, up
from tests.support.runs import IRIS, QUICK, SLOWER, Runs

# What the later release answers, for people to see which code wrote a report.
BEFORE, AFTER = '"run": {"dataset":', '"written_by": "later", "run": {"dataset":'


@pytest.fixture
def own_deployment(tmp_path: Path) -> Iterator[Deployment]:
    """A deployment that other tests don't share: its stack changes."""
    with deployed(tmp_path / "local-aws") as deployment:
        yield deployment


@pytest.fixture
def later_release(tmp_path: Path) -> Path:
    """A copy of the repository in which all Lambdas and the training image are others."""
    copy = tmp_path / "later"
    for name in (*SOURCES, "local_aws", ".dockerignore"):
        source = REPOSITORY / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, copy / name, ignore=ignored)
        elif source.exists():
            copy.mkdir(exist_ok=True)
            shutil.copy(source, copy / name)
    (copy / "node_modules").symlink_to(REPOSITORY / "node_modules")
    edit(copy / "lambda/tunedrop/handlers/write_report.py", BEFORE, AFTER)
    edit(copy / "lambda/tunedrop/__init__.py", '__version__ = "', '__version__ = "later than ')
    edit(copy / "training_container/sklearn_trainer/__init__.py", '"""', '"""Later. ')
    return copy


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def image_of(request: Any) -> str:
    definition = request.get("TrainingJobDefinition", request)
    return str(definition["AlgorithmSpecification"]["TrainingImage"])


def versions_of(deployment: Deployment, execution: str) -> set[str]:
    """The Lambdas, by version, that an execution's definition names."""
    answer = deployment.clients.steps.describe_state_machine_for_execution(executionArn=execution)
    states = json.dumps(json.loads(answer["definition"]))
    return {part.split('"')[0] for part in states.split(":function:")[1:]}


def output_of(runs: Runs, run_id: str) -> Any:
    execution = runs.read(run_id, "run.json")["execution"]
    description = runs.deployment.clients.steps.describe_execution(executionArn=execution)
    return json.loads(description["output"])


@pytest.mark.slow
def test_a_run_ends_with_the_lambdas_and_the_image_that_it_began_with(
    own_deployment: Deployment, later_release: Path
) -> None:
    before, after = Runs(own_deployment, "before"), Runs(own_deployment, "after")
    before.drop(tuning_yaml=SLOWER, train_csv=IRIS)
    run_id, _ = before.tuning()
    assert not [name for name in before.files(run_id) if name.startswith("jobs/tc-")]
    up(own_deployment.workspace, later_release)
    after.drop(tuning_yaml=QUICK, train_csv=IRIS)
    for runs in (before, after):
        runs.succeeded()

    [later_id] = after.ids()
    plan, later_plan = before.read(run_id, "plan.json"), after.read(later_id, "plan.json")
    assert not plan["release"].startswith("later")
    assert later_plan["release"] == f"later than {plan['release']}"
    assert "@sha256:" in plan["image"]
    assert later_plan["image"] != plan["image"]
    for runs, current_id, its_plan in ((before, run_id, plan), (after, later_id, later_plan)):
        requests = [name for name in runs.files(current_id) if name.endswith(".request.json")]
        assert len(requests) > 1
        assert {image_of(runs.read(current_id, name)) for name in requests} == {its_plan["image"]}
    assert "written_by" not in output_of(before, run_id)
    assert output_of(after, later_id)["written_by"] == "later"
    executions = (
        before.read(run_id, "run.json")["execution"],
        after.read(later_id, "run.json")["execution"],
    )
    old, new = (versions_of(own_deployment, current_id) for current_id in executions)
    assert len(old) == len(new) == 5
    assert not old & new
