"""SQS as a Lambda's event source, as AWS documents it.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import json
import time
from typing import Any

import urllib3

from tests.support.conformance.functions import create_function, eventually
from tests.support.conformance.servers import LocalAws

PREFIX = "arn:aws:sqs:us-east-1:000000000000"


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


# Keeps what it is called with, and fails on the messages that say so.
COLLECT = """
import json, time
import boto3

def handler(event, context):
    boto3.client("s3").put_object(
        Bucket="collected", Key=f"{context.function_name}/{time.time_ns()}",
        Body=json.dumps([record["body"] for record in event["Records"]]).encode())
    failed = [r["messageId"] for r in event["Records"] if "fails" in r["body"]]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
"""


def collecting(local_aws: LocalAws, name: str, **attributes: str) -> str:
    """Make a queue whose messages a function keeps; return its URL."""
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="collected")
    create_function(local_aws, name, COLLECT, timeout=8)
    url = local_aws.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    local_aws.client("lambda").create_event_source_mapping(
        EventSourceArn=f"{PREFIX}:{name}",
        FunctionName=name,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": 2},
    )
    return str(url)


def collected(local_aws: LocalAws, name: str) -> list[str]:
    """Return the messages that reached a collecting function, in their order."""
    s3 = local_aws.client("s3")
    objects = s3.list_objects_v2(Bucket="collected", Prefix=f"{name}/").get("Contents", [])
    batches = [s3.get_object(Bucket="collected", Key=entry["Key"])["Body"] for entry in objects]
    return [body for batch in batches for body in json.load(batch)]


def test_a_rules_event_reaches_the_function_whole_after_the_queues_delay(
    local_aws: LocalAws,
) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html"""
    collecting(local_aws, "delayed", DelaySeconds="2")
    events = local_aws.client("events")
    events.put_rule(Name="delayed", EventPattern=json.dumps({"source": ["tests.delayed"]}))
    events.put_targets(Rule="delayed", Targets=[{"Id": "queue", "Arn": f"{PREFIX}:delayed"}])
    detail = {"key": 'datasets/a "quoted" name'}
    entry = {"Source": "tests.delayed", "DetailType": "t", "Detail": json.dumps(detail)}
    sent = time.monotonic()
    events.put_events(Entries=[entry])
    [body] = eventually(lambda: collected(local_aws, "delayed"), bool, 30)
    assert time.monotonic() - sent >= 2
    event = json.loads(body)
    assert (event["source"], event["detail"]) == ("tests.delayed", detail)


def test_only_a_message_that_failed_comes_again_and_is_a_dead_letter_in_the_end(
    local_aws: LocalAws,
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    sqs = local_aws.client("sqs")
    letters = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": f"{PREFIX}:dead", "maxReceiveCount": 2})
    url = collecting(local_aws, "partial", VisibilityTimeout="8", RedrivePolicy=redrive)
    for body in ("good", "this fails"):
        sqs.send_message(QueueUrl=url, MessageBody=body)

    def dead() -> list[Any]:
        return list(sqs.receive_message(QueueUrl=letters).get("Messages", []))

    [letter] = eventually(dead, bool, 60)
    assert letter["Body"] == "this fails"
    assert sorted(collected(local_aws, "partial")) == ["good", "this fails", "this fails"]
