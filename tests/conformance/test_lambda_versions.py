"""Published versions of Lambdas, which an execution in flight goes on with, as AWS documents them.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.conformance.functions import (
    Machines,
    archive,
    create_function,
    eventually,
    invoke,
)
from tests.support.conformance.servers import LocalAws

SOURCE = """
import os

def handler(event, context):
    return {"code": "%s", "variable": os.environ.get("SET"), "version": context.function_version}
"""


def release(local_aws: LocalAws, function: str, name: str) -> str:
    """Publish new code and variables of a function; return the version's ARN."""
    client = local_aws.client("lambda")
    client.update_function_code(FunctionName=function, ZipFile=archive(SOURCE % name))
    eventually(lambda: status_of(client, function), "Successful".__eq__)
    client.update_function_configuration(
        FunctionName=function, Environment={"Variables": {"SET": name}}
    )
    eventually(lambda: status_of(client, function), "Successful".__eq__)
    return str(client.publish_version(FunctionName=function)["FunctionArn"])


def status_of(client: Any, function: str) -> str:
    return str(client.get_function_configuration(FunctionName=function)["LastUpdateStatus"])


@pytest.fixture(scope="module")
def versions(local_aws: LocalAws) -> tuple[str, str, str]:
    """A function, and its versions 1 and 2."""
    create_function(local_aws, "released", SOURCE % "unpublished")
    first = release(local_aws, "released", "first")
    invoke(local_aws, first)  # its process is there when the code changes
    return "released", first, release(local_aws, "released", "second")


def test_an_execution_in_flight_goes_on_with_the_versions_of_the_definition_it_began_with(
    local_aws: LocalAws, machines: Machines, versions: tuple[str, str, str]
) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html"""
    _, first, second = versions

    def definition(version: str) -> dict[str, Any]:
        wait = machines.callback(Next="Then", ResultPath=None)
        del wait["End"]
        parameters = {"FunctionName": version, "Payload": {}}
        next_state = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": parameters,
            "OutputPath": "$.Payload",
            "End": True,
        }
        return {"StartAt": "Wait", "States": {"Wait": wait, "Then": next_state}}

    steps = machines.steps
    machine = machines.create(definition(first)["States"])
    before = steps.start_execution(stateMachineArn=machine)["executionArn"]
    (token,) = machines.tokens(before)
    steps.update_state_machine(stateMachineArn=machine, definition=json.dumps(definition(second)))
    after = steps.start_execution(stateMachineArn=machine)["executionArn"]
    (newer_token,) = machines.tokens(after)
    answer = steps.describe_state_machine_for_execution(executionArn=before)
    assert json.loads(answer["definition"]) == definition(first)
    for pending in (token, newer_token):
        steps.send_task_success(taskToken=pending, output="{}")
    assert machines.wait(before).output["code"] == "first"
    assert machines.wait(after).output["code"] == "second"
