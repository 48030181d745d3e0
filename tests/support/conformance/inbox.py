"""A queue that gets events which EventBridge delivers."""

from __future__ import annotations

import json
from typing import Any

from tests.support.conformance.functions import HasClients


class Inbox:
    """Gets every event of some sources through a rule and a queue."""

    def __init__(self, aws: HasClients, name: str, *sources: str) -> None:
        self._sqs, events = aws.client("sqs"), aws.client("events")
        self._url: str = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        events.put_rule(Name=name, EventPattern=json.dumps({"source": sources}))
        arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
        events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
        self._received: list[dict[str, Any]] = []

    def received(self) -> list[dict[str, Any]]:
        """Everything since the last `empty`."""
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                self._received.append(json.loads(message["Body"]))
                handle = message["ReceiptHandle"]
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=handle)
        return self._received

    def empty(self) -> None:
        self.received()
        self._received = []


def create_announcing_bucket(s3: Any, name: str) -> None:
    """Create a bucket whose events EventBridge gets."""
    s3.create_bucket(Bucket=name)
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
