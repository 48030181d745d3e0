"""SQS as a Lambda's event source, as AWS documents it.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import json

import pytest
import urllib3
from botocore.exceptions import ClientError

from tests.support.conformance.functions import create_function, eventually
from tests.support.conformance.servers import LocalAws

PREFIX = "arn:aws:sqs:us-east-1:000000000000"
# AWS's words: https://github.com/github-aws-runners/terraform-aws-github-runner/issues/465
TOO_SHORT = "Queue visibility timeout: 19 seconds is less than Function timeout: 20 seconds"


def test_a_queue_whose_messages_return_too_early_is_no_event_source(local_aws: LocalAws) -> None:
    functions, queues = local_aws.client("lambda"), local_aws.client("sqs")
    create_function(local_aws, "slow", timeout=20)
    for seconds in (19, 20):
        queues.create_queue(
            QueueName=f"visible-{seconds}", Attributes={"VisibilityTimeout": f"{seconds}"}
        )
    with pytest.raises(ClientError, match=TOO_SHORT) as refused:
        functions.create_event_source_mapping(
            FunctionName="slow", EventSourceArn=f"{PREFIX}:visible-19"
        )
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    functions.create_event_source_mapping(
        FunctionName="slow", EventSourceArn=f"{PREFIX}:visible-20"
    )


def test_a_stack_with_such_an_event_source_fails(local_aws: LocalAws) -> None:
    create_function(local_aws, "slow-in-a-stack", timeout=20)
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 19}}
    mapping = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "FunctionName": "slow-in-a-stack",
            "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
        },
    }
    template = {"Resources": {"Queue": queue, "Mapping": mapping}}
    stacks = local_aws.client("cloudformation")
    stacks.create_stack(StackName="early", TemplateBody=json.dumps(template))

    def reasons() -> list[str]:
        events = stacks.describe_stack_events(StackName="early")["StackEvents"]
        return [event.get("ResourceStatusReason", "") for event in events]

    assert eventually(reasons, lambda found: any(TOO_SHORT in each for each in found))


def test_what_a_poller_asks_of_its_queue_is_recorded_as_the_functions(
    local_aws: LocalAws,
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    create_function(local_aws, "polled")
    url = local_aws.client("sqs").create_queue(QueueName="polled")["QueueUrl"]
    local_aws.client("lambda").create_event_source_mapping(
        FunctionName="polled", EventSourceArn=f"{PREFIX}:polled"
    )
    local_aws.client("sqs").send_message(QueueUrl=url, MessageBody="{}")

    def recorded() -> set[str]:
        calls = urllib3.request("GET", f"{local_aws.endpoint}/_local_aws/calls").json()
        return {call[1] for call in calls if call[::2][:2] == ["polled", f"{PREFIX}:polled"]}

    expected = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    assert eventually(recorded, bool) == expected
