"""SQS in front of a Lambda, as the door uses it: delayed, in batches, message by message.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3

from tests.support.conformance.functions import create_function, eventually
from tests.support.conformance.servers import LocalAws

ACCOUNT = "000000000000"
BUCKET = "collected"
# Keeps what it is called with, and fails on the messages that say so.
COLLECT = f"""
import json, time
import boto3

def handler(event, context):
    boto3.client("s3").put_object(
        Bucket="{BUCKET}", Key=f"{{context.function_name}}/{{time.time_ns()}}",
        Body=json.dumps([record["body"] for record in event["Records"]]).encode())
    failed = [r["messageId"] for r in event["Records"] if "fails" in r["body"]]
    return {{"batchItemFailures": [{{"itemIdentifier": each}} for each in failed]}}
"""


@dataclass(frozen=True)
class Collector:
    """A queue, and the function that Lambda calls with its messages."""

    local_aws: LocalAws
    name: str
    url: str

    @property
    def arn(self) -> str:
        return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{self.name}"

    def send(self, *bodies: str) -> None:
        sqs = self.local_aws.client("sqs")
        for body in bodies:
            sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def batches(self) -> list[list[str]]:
        """The bodies that the function was called with, call by call."""
        s3 = self.local_aws.client("s3")
        found = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{self.name}/").get("Contents", [])
        keys = [entry["Key"] for entry in found]
        return [json.load(s3.get_object(Bucket=BUCKET, Key=key)["Body"]) for key in keys]

    def received(self) -> list[str]:
        return [body for batch in self.batches() for body in batch]


@pytest.fixture(scope="module")
def collector(local_aws: LocalAws) -> Callable[..., Collector]:
    local_aws.client("s3").create_bucket(Bucket=BUCKET)

    def make(name: str, **attributes: str) -> Collector:
        function = create_function(local_aws, name, COLLECT)
        url = local_aws.client("sqs").create_queue(QueueName=name, Attributes=attributes)
        made = Collector(local_aws, name, url["QueueUrl"])
        local_aws.client("lambda").create_event_source_mapping(
            EventSourceArn=made.arn,
            FunctionName=function,
            BatchSize=200,
            MaximumBatchingWindowInSeconds=5,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            ScalingConfig={"MaximumConcurrency": 2},
        )
        return made

    return make


def test_a_rules_event_reaches_the_function_whole_after_the_queues_delay(
    local_aws: LocalAws, collector: Callable[..., Collector]
) -> None:
    queue = collector("delayed", DelaySeconds="2")
    events = local_aws.client("events")
    events.put_rule(Name="delayed", EventPattern=json.dumps({"source": ["tests.delayed"]}))
    events.put_targets(Rule="delayed", Targets=[{"Id": "queue", "Arn": queue.arn}])
    detail = {"key": 'datasets/a "quoted" name'}
    sent = time.monotonic()
    events.put_events(
        Entries=[{"Source": "tests.delayed", "DetailType": "t", "Detail": json.dumps(detail)}]
    )
    [body] = eventually(queue.received, bool, 30)
    assert time.monotonic() - sent >= 2
    event = json.loads(body)
    assert (event["source"], event["detail-type"], event["detail"]) == (
        "tests.delayed",
        "t",
        detail,
    )


def test_only_a_message_that_failed_comes_again_and_is_a_dead_letter_in_the_end(
    local_aws: LocalAws, collector: Callable[..., Collector]
) -> None:
    sqs = local_aws.client("sqs")
    letters = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = {
        "deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead",
        "maxReceiveCount": 2,
    }
    queue = collector("partial", VisibilityTimeout="1", RedrivePolicy=json.dumps(redrive))
    queue.send("good", "this fails")
    [letter] = eventually(
        lambda: sqs.receive_message(QueueUrl=letters).get("Messages", []), bool, 30
    )
    assert letter["Body"] == "this fails"
    assert sorted(queue.received()) == ["good", "this fails", "this fails"]


def test_batches_have_ten_messages_at_most_and_do_not_wait_for_more(
    collector: Callable[..., Collector],
) -> None:
    """AWS waits for MaximumBatchingWindowInSeconds, and fills batches up to BatchSize."""
    queue = collector("burst")
    queue.send("first")
    sent = time.monotonic()
    eventually(queue.received, bool, 30)
    assert time.monotonic() - sent < 5
    queue.send(*map(str, range(24)))
    eventually(queue.received, lambda bodies: len(bodies) == 25, 60)
    assert max(map(len, queue.batches())) <= 10


def test_what_polls_a_queue_is_recorded_with_the_functions_role(
    local_aws: LocalAws, collector: Callable[..., Collector]
) -> None:
    queue = collector("polled")
    queue.send("message")
    eventually(queue.received, bool, 30)
    role = f"arn:aws:iam::{ACCOUNT}:role/tests"
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} <= {
        action for action, resource in calls_of(local_aws, role) if resource == queue.arn
    }


def calls_of(local_aws: LocalAws, caller: str) -> list[tuple[str, str]]:
    """Return what somebody has asked for, and on what."""
    rows: list[Any] = urllib3.request("GET", f"{local_aws.endpoint}/_local_aws/calls").json()
    return [(action, resource) for who, action, resource, _ in rows if who == caller]


def test_a_queue_takes_events_of_rules_whatever_its_policy_says(local_aws: LocalAws) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html."""
    sqs, events = local_aws.client("sqs"), local_aws.client("events")
    denied = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    url = sqs.create_queue(QueueName="closed", Attributes={"Policy": policy})["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:closed"
    events.put_rule(Name="closed", EventPattern=json.dumps({"source": ["tests.closed"]}))
    events.put_targets(Rule="closed", Targets=[{"Id": "queue", "Arn": arn}])
    events.put_events(Entries=[{"Source": "tests.closed", "DetailType": "t", "Detail": "{}"}])
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
