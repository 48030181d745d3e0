from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.fake_stepfunctions import FakeStepFunctions
from tests.support.fakes import FakeClient, client_error
from tunedrop.cli.versions import Version, prune, unneeded

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:Tunedrop-run"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:Tunedrop-run:iris"
NAMES = ("Tunedrop-PlanRun", "Tunedrop-StartJob")


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
        self.versions = {
            f"Tunedrop-{name}": ["$LATEST", *map(str, range(1, count + 1))]
            for name, count in published.items()
        }

    def get_paginator(self, name: str) -> Any:
        return self

    def paginate(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        self._begin("ListVersionsByFunction", parameters)
        versions = self.versions[parameters["FunctionName"]]
        for number, version in enumerate(versions):
            time = NOW + timedelta(hours=number - len(versions))
            entry = {
                "Version": version,
                "LastModified": time.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            }
            yield {"Versions": [entry]}

    def delete_function(self, **parameters: Any) -> dict[str, Any]:
        self._begin("DeleteFunction", parameters)
        self.versions[parameters["FunctionName"]].remove(parameters["Qualifier"])
        return {}


class Machine(FakeStepFunctions):
    """The state machine with its definition, and that of each execution."""

    def __init__(self, current: str) -> None:
        super().__init__()
        self.current = current
        self.began_with: dict[str, str] = {}

    def describe_state_machine(self, **parameters: Any) -> dict[str, Any]:
        self._begin("DescribeStateMachine", parameters)
        return {"definition": self.current}

    def describe_state_machine_for_execution(self, **parameters: Any) -> dict[str, Any]:
        self._begin("DescribeStateMachineForExecution", parameters)
        return {"definition": self.began_with[parameters["executionArn"]]}


def pruned(client: FakeLambda, machine: Machine) -> list[tuple[str, int]]:
    lambda_client: Any = client
    stepfunctions: Any = machine
    old = prune(lambda_client, stepfunctions, NAMES, MACHINE, NOW)
    return [(version.function, version.number) for version in old]


def test_versions_that_neither_the_deployment_nor_a_running_execution_names_go() -> None:
    client, machine = FakeLambda(PlanRun=4, StartJob=2), Machine(definition(PlanRun=4, StartJob=2))
    machine.add(EXECUTION)
    machine.began_with[EXECUTION] = definition(PlanRun=2, StartJob=1)
    machine.add(f"{EXECUTION}-over", "FAILED")
    machine.began_with[f"{EXECUTION}-over"] = definition(PlanRun=1, StartJob=1)

    assert pruned(client, machine) == [("Tunedrop-PlanRun", 1), ("Tunedrop-PlanRun", 3)]

    assert client.versions == {
        "Tunedrop-PlanRun": ["$LATEST", "2", "4"],
        "Tunedrop-StartJob": ["$LATEST", "1", "2"],
    }
    assert pruned(client, machine) == []


def test_a_rollback_keeps_what_it_went_back_to() -> None:
    client, machine = FakeLambda(PlanRun=3, StartJob=1), Machine(definition(PlanRun=1, StartJob=1))
    assert pruned(client, machine) == [("Tunedrop-PlanRun", 2)]


def test_a_version_that_was_just_replaced_stays_as_lists_of_executions_lag() -> None:
    replaced = Version("f", 1, NOW - timedelta(days=1))
    for minutes, expected in ((14, []), (16, [replaced])):
        newer = Version("f", 2, NOW - timedelta(minutes=minutes))
        assert unneeded([newer, replaced], [definition()], NOW) == expected


def test_a_version_that_somebody_else_deleted_is_gone_as_well() -> None:
    client, machine = FakeLambda(PlanRun=2, StartJob=1), Machine(definition(PlanRun=2, StartJob=1))
    client.fail_next("DeleteFunction", client_error("ResourceNotFoundException"))
    assert pruned(client, machine) == [("Tunedrop-PlanRun", 1)]


def test_a_version_that_may_not_be_deleted_is_an_error() -> None:
    client, machine = FakeLambda(PlanRun=2, StartJob=1), Machine(definition(PlanRun=2, StartJob=1))
    client.fail_next("DeleteFunction", client_error("AccessDeniedException"))
    with pytest.raises(Exception, match="AccessDenied"):
        pruned(client, machine)
