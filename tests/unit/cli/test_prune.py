"""`doctor --prune`: versions of Lambdas that nothing needs any more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.deployment import EXECUTION, Deployment, Executions
from tests.support.fakes import FakeClient

PLAN_RUN = "Tunedrop-PlanRun"


def definition(**versions: int) -> str:
    """Write a definition that names versions of Lambdas."""
    prefix = "arn:aws:lambda:eu-west-1:123456789012:function:Tunedrop-"
    states = {name: {"FunctionName": f"{prefix}{name}:{n}"} for name, n in versions.items()}
    return json.dumps({"States": states})


class FakeLambda(FakeClient):
    """Lambda with published versions, one an hour."""

    service = "lambda"
    size_parameter = "MaxItems"

    def __init__(self, **published: int) -> None:
        super().__init__()
        self.age = timedelta(hours=1)  # of the newest one
        self.versions = {
            f"Tunedrop-{name}": ["$LATEST", *map(str, range(1, count + 1))]
            for name, count in published.items()
        }

    def get_paginator(self, name: str) -> Any:
        return self

    def paginate(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        self._begin("ListVersionsByFunction", parameters)
        versions = self.versions[parameters["FunctionName"]]
        for number, version in enumerate(versions, start=1):
            time = datetime.now(UTC) - self.age - timedelta(hours=len(versions) - number)
            yield {
                "Versions": [{"Version": version, "LastModified": f"{time:%Y-%m-%dT%H:%M:%S%z}"}]
            }

    def delete_function(self, **parameters: Any) -> dict[str, Any]:
        self._begin("DeleteFunction", parameters)
        self.versions[parameters["FunctionName"]].remove(parameters["Qualifier"])
        return {}


class Machine(Executions):
    """The state machine with its definition, and that of each execution."""

    def __init__(self, current: str) -> None:
        super().__init__()
        self.current = current
        self.definitions: dict[str, str] = {}

    def describe_state_machine(self, **parameters: Any) -> dict[str, Any]:
        self._begin("DescribeStateMachine", parameters)
        return {"definition": self.current}

    def describe_state_machine_for_execution(self, **parameters: Any) -> dict[str, Any]:
        self._begin("DescribeStateMachineForExecution", parameters)
        return {"definition": self.definitions[parameters["executionArn"]]}


def prune(deployment: Deployment, client: FakeLambda, machine: Machine) -> str:
    deployment.services |= {"lambda": client, "stepfunctions": machine}
    return deployment.run("doctor", "--prune")


def test_versions_that_neither_the_deployment_nor_a_running_execution_names_go(
    deployment: Deployment,
) -> None:
    client, machine = FakeLambda(PlanRun=4, StartJob=2), Machine(definition(PlanRun=4, StartJob=2))
    machine.add(EXECUTION)
    machine.definitions[EXECUTION] = definition(PlanRun=2, StartJob=1)
    machine.add(f"{EXECUTION}-over", "FAILED")
    assert prune(deployment, client, machine).splitlines() == [
        f"Deleted version 1 of {PLAN_RUN}.",
        f"Deleted version 3 of {PLAN_RUN}.",
    ]
    assert client.versions == {
        PLAN_RUN: ["$LATEST", "2", "4"],
        "Tunedrop-StartJob": ["$LATEST", "1", "2"],
    }
    assert prune(deployment, client, machine) == "There is no unused version.\n"


def test_a_rollback_keeps_what_it_went_back_to(deployment: Deployment) -> None:
    client, machine = FakeLambda(PlanRun=3), Machine(definition(PlanRun=1))
    assert prune(deployment, client, machine) == f"Deleted version 2 of {PLAN_RUN}.\n"


@pytest.mark.parametrize(("minutes", "left"), [(10, ["1", "2"]), (16, ["2"])])
def test_a_version_that_was_just_replaced_stays_as_lists_of_executions_lag(
    deployment: Deployment, minutes: int, left: list[str]
) -> None:
    client = FakeLambda(PlanRun=2)
    client.age = timedelta(minutes=minutes)
    prune(deployment, client, Machine(definition(PlanRun=2)))
    assert client.versions[PLAN_RUN] == ["$LATEST", *left]
