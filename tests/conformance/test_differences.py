"""Where the local AWS is known to differ from AWS, as MiniStack comes: rows of docs/fidelity.md.

Each test fails when the difference is gone, so that its row goes too.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.conformance.functions import Machines, create_function, eventually
from tests.support.conformance.servers import LocalAws

PASS = {"Type": "Pass", "End": True}


def test_what_a_rule_cannot_deliver_reaches_no_dead_letter_queue(local_aws: LocalAws) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html."""
    events, queues = local_aws.client("events"), local_aws.client("sqs")
    letters = queues.create_queue(QueueName="letters")["QueueUrl"]
    arrived = queues.create_queue(QueueName="arrived")["QueueUrl"]
    pattern = json.dumps({"source": ["tests.letters"]})
    events.put_rule(Name="letters", EventPattern=pattern)
    prefix = "arn:aws:sqs:us-east-1:000000000000"
    targets: list[dict[str, Any]] = [
        {
            "Id": "nobody",
            "Arn": "arn:aws:lambda:us-east-1:000000000000:function:nobody",
            "DeadLetterConfig": {"Arn": f"{prefix}:letters"},
        },
        {"Id": "somebody", "Arn": f"{prefix}:arrived"},
    ]
    events.put_targets(Rule="letters", Targets=targets)
    entry = {"Source": "tests.letters", "DetailType": "t", "Detail": "{}"}
    events.put_events(Entries=[entry])
    assert queues.receive_message(QueueUrl=arrived, WaitTimeSeconds=5)["Messages"]
    assert "Messages" not in queues.receive_message(QueueUrl=letters, WaitTimeSeconds=1)


def test_a_map_waits_for_its_other_iterations_when_one_fails(machines: Machines) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html."""
    inside = {
        "Fails": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericEquals": 0, "Next": "Failed"}],
            "Default": "Waits",
        },
        "Failed": {"Type": "Fail", "Error": "First"},
        "Waits": {"Type": "Wait", "Seconds": 2, "End": True},
    }
    outcome = machines.run(machines.map_of(inside), {"items": [0, 1]})
    assert (outcome.status, outcome.error) == ("FAILED", "First")
    assert outcome.seconds >= 2


def test_a_state_machines_log_group_stays_empty(local_aws: LocalAws, machines: Machines) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html."""
    logs, group = local_aws.client("logs"), "/aws/vendedlogs/states/tests"
    logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
    machine = machines.create({"P": PASS})
    machines.steps.update_state_machine(
        stateMachineArn=machine,
        loggingConfiguration={
            "level": "ALL",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}],
        },
    )
    execution = machines.steps.start_execution(stateMachineArn=machine)["executionArn"]
    assert machines.wait(execution).status == "SUCCEEDED"
    assert logs.describe_log_streams(logGroupName=group)["logStreams"] == []


def test_an_object_beyond_its_lifecycle_stays(local_aws: LocalAws) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html."""
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="lifecycle")
    s3.put_object(Bucket="lifecycle", Key="old", Body=b"")
    over = {
        "ID": "over",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Date": "2020-01-01T00:00:00Z"},
    }
    s3.put_bucket_lifecycle_configuration(
        Bucket="lifecycle", LifecycleConfiguration={"Rules": [over]}
    )
    [rule] = s3.get_bucket_lifecycle_configuration(Bucket="lifecycle")["Rules"]
    assert rule["ID"] == "over"
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="lifecycle")["Contents"]] == ["old"]


def test_there_is_no_price_list(local_aws: LocalAws) -> None:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html."""
    with pytest.raises(ClientError) as raised:
        local_aws.client("pricing").get_products(ServiceCode="AmazonSageMaker")
    assert raised.value.response["Error"]["Code"] == "NotFoundException"
    assert raised.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_a_queues_poller_waits_for_no_batch_and_takes_ten_messages_at_most(
    local_aws: LocalAws,
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html."""
    local_aws.client("s3").create_bucket(Bucket="batches")
    source = """
import boto3

def handler(event, context):
    boto3.client("s3").put_object(
        Bucket="batches", Key=context.aws_request_id, Body=str(len(event["Records"])))
"""
    create_function(local_aws, "batches", source)
    queues, s3 = local_aws.client("sqs"), local_aws.client("s3")
    # Shorter than the function's timeout of 20 seconds, which AWS refuses.
    attributes = {"VisibilityTimeout": "19"}
    url = queues.create_queue(QueueName="batches", Attributes=attributes)["QueueUrl"]
    for _ in range(3):
        entries = [{"Id": f"{number}", "MessageBody": "{}"} for number in range(10)]
        queues.send_message_batch(QueueUrl=url, Entries=entries)
    local_aws.client("lambda").create_event_source_mapping(
        FunctionName="batches",
        EventSourceArn="arn:aws:sqs:us-east-1:000000000000:batches",
        BatchSize=100,
        MaximumBatchingWindowInSeconds=300,
    )

    def batches() -> list[int]:
        objects = s3.list_objects_v2(Bucket="batches").get("Contents", [])
        return [
            int(s3.get_object(Bucket="batches", Key=item["Key"])["Body"].read()) for item in objects
        ]

    assert eventually(batches, lambda sizes: sum(sizes) == 30) == [10, 10, 10]


def test_a_rule_sends_to_a_queue_that_does_not_allow_it(local_aws: LocalAws) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html."""
    events, queues = local_aws.client("events"), local_aws.client("sqs")
    url = queues.create_queue(QueueName="closed")["QueueUrl"]
    events.put_rule(Name="closed", EventPattern=json.dumps({"source": ["tests.closed"]}))
    arn = "arn:aws:sqs:us-east-1:000000000000:closed"
    events.put_targets(Rule="closed", Targets=[{"Id": "queue", "Arn": arn}])
    events.put_events(Entries=[{"Source": "tests.closed", "DetailType": "t", "Detail": "{}"}])
    assert queues.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]


def test_only_a_head_shows_a_checksum_that_no_client_sent(local_aws: LocalAws) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html."""
    config = Config(request_checksum_calculation="when_required")
    s3 = local_aws.client("s3", config)
    s3.create_bucket(Bucket="heads")
    object_ = {"Bucket": "heads", "Key": "k"}
    assert "ChecksumCRC64NVME" not in s3.put_object(**object_, Body=b"x")
    assert "ChecksumCRC64NVME" not in s3.get_object(**object_, ChecksumMode="ENABLED")
    attributes = s3.get_object_attributes(**object_, ObjectAttributes=["Checksum"])
    assert "ChecksumCRC64NVME" not in attributes.get("Checksum", {})
    assert "ChecksumCRC64NVME" in s3.head_object(**object_, ChecksumMode="ENABLED")
