"""`doctor --prune`: versions of Lambdas that nothing needs any more."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.answers import Answers
from tests.support.deployment import EXECUTION, Deployment

PLAN_RUN, START_JOB = "Tunedrop-PlanRun", "Tunedrop-StartJob"


def definition(**versions: int) -> str:
    """Write a definition that names versions of Lambdas."""
    prefix = "arn:aws:lambda:eu-west-1:123456789012:function:Tunedrop-"
    states = {name: {"FunctionName": f"{prefix}{name}:{n}"} for name, n in versions.items()}
    return json.dumps({"States": states})


@dataclass
class Account:
    """Lambdas with published versions, one an hour, and what executions need of them."""

    versions: dict[str, list[str]]
    current: str
    running: str = ""
    age: timedelta = timedelta(hours=1)  # of the newest version

    def prune(self, deployment: Deployment) -> str:
        functions = Answers(
            "lambda", list_versions_by_function=self._list, delete_function=self._delete
        )
        machine = Answers(
            "stepfunctions",
            describe_state_machine={"definition": self.current},
            list_executions=self._executions,
            describe_state_machine_for_execution={"definition": self.running},
        )
        deployment.services |= {"lambda": functions, "stepfunctions": machine}
        return deployment.run("doctor", "--prune")

    def _list(self, parameters: dict[str, Any]) -> dict[str, Any]:
        numbers = self.versions[parameters["FunctionName"]]
        published = [
            datetime.now(UTC) - self.age - timedelta(hours=len(numbers) - place)
            for place in range(1, len(numbers) + 1)
        ]
        return {
            "Versions": [
                {"Version": number, "LastModified": f"{time:%Y-%m-%dT%H:%M:%S%z}"}
                for number, time in zip(numbers, published, strict=True)
            ]
        }

    def _delete(self, parameters: dict[str, Any]) -> dict[str, Any]:
        self.versions[parameters["FunctionName"]].remove(parameters["Qualifier"])
        return {}

    def _executions(self, parameters: dict[str, Any]) -> dict[str, Any]:
        is_running = self.running and parameters["statusFilter"] == "RUNNING"
        return {"executions": [{"executionArn": EXECUTION}] if is_running else []}


def test_versions_that_neither_the_deployment_nor_a_running_execution_names_go(
    deployment: Deployment,
) -> None:
    versions = {PLAN_RUN: ["$LATEST", *"1234"], START_JOB: ["$LATEST", *"12"]}
    account = Account(
        versions,
        current=definition(PlanRun=4, StartJob=2),
        running=definition(PlanRun=2, StartJob=1),
    )
    assert account.prune(deployment).splitlines() == [
        f"Deleted version 1 of {PLAN_RUN}.",
        f"Deleted version 3 of {PLAN_RUN}.",
    ]
    assert versions == {PLAN_RUN: ["$LATEST", "2", "4"], START_JOB: ["$LATEST", "1", "2"]}
    assert account.prune(deployment) == "There is no unused version.\n"


def test_a_rollback_keeps_what_it_went_back_to(deployment: Deployment) -> None:
    account = Account({PLAN_RUN: [*"123"]}, current=definition(PlanRun=1))
    assert account.prune(deployment) == f"Deleted version 2 of {PLAN_RUN}.\n"


@pytest.mark.parametrize(("minutes", "left"), [(10, ["1", "2"]), (16, ["2"])])
def test_a_version_that_was_just_replaced_stays_as_lists_of_executions_lag(
    deployment: Deployment, minutes: int, left: list[str]
) -> None:
    age = timedelta(minutes=minutes)
    account = Account({PLAN_RUN: [*"12"]}, current=definition(PlanRun=2), age=age)
    account.prune(deployment)
    assert account.versions[PLAN_RUN] == left
