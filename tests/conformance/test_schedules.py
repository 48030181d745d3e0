"""EventBridge Scheduler."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import urllib3

from tests.support.conformance.functions import eventually
from tests.support.conformance.servers import LocalAws


def test_a_schedules_input_says_when_it_was_due(local_aws: LocalAws) -> None:
    """Scheduler User Guide, "Adding context attributes in Amazon EventBridge Scheduler"."""
    queues, scheduler = local_aws.client("sqs"), local_aws.client("scheduler")
    url = queues.create_queue(QueueName="ticks")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    due = datetime.now(UTC) + timedelta(seconds=1)
    scheduler.create_schedule(
        Name="once",
        ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": arn["QueueArn"],
            "RoleArn": "arn:aws:iam::000000000000:role/any",
            "Input": '{"scheduled_start": "<aws.scheduler.scheduled-time>"}',
        },
    )

    def message() -> str:
        messages = queues.receive_message(QueueUrl=url).get("Messages", [])
        return messages[0]["Body"] if messages else ""

    body = json.loads(eventually(message, bool, 60))
    calls = urllib3.request("GET", f"{local_aws.endpoint}/_local_aws/calls").json()
    assert ["arn:aws:iam::000000000000:role/any", "sqs:SendMessage", arn["QueueArn"], {}] in calls
    scheduled_time = datetime.strptime(body["scheduled_start"], "%Y-%m-%dT%H:%M:%S%z")
    assert due - timedelta(seconds=2) < scheduled_time < datetime.now(UTC) + timedelta(seconds=1)
