"""What a subscriber of the deployment's topic gets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.support.deployed import Deployment


@dataclass
class Mailbox:
    """The notifications since it was opened."""

    queues: Any
    url: str
    _messages: list[dict[str, Any]] = field(default_factory=list)

    def attributes(self, dataset: str) -> list[dict[str, str]]:
        """The attributes of all notifications so far that name a dataset."""
        self.about(dataset)
        return [
            {name: value["Value"] for name, value in message.get("MessageAttributes", {}).items()}
            for message in self._messages
            if dataset in message["Message"]
        ]

    def about(self, dataset: str) -> list[str]:
        """The subjects of all notifications so far that name a dataset."""
        while answer := self.queues.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10):
            messages = answer.get("Messages", [])
            for message in messages:
                self._messages.append(json.loads(message["Body"]))
                self.queues.delete_message(
                    QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"]
                )
            if not messages:
                break
        return [message["Subject"] for message in self._messages if dataset in message["Message"]]


@contextmanager
def subscribed(deployment: Deployment) -> Iterator[Mailbox]:
    """Subscribe a queue to the topic for a while."""
    queues, topics = deployment.client("sqs"), deployment.client("sns")
    name = f"mailbox-{uuid4()}"
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    [topic] = topics.list_topics()["Topics"]
    subscription = topics.subscribe(
        TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=attributes["Attributes"]["QueueArn"]
    )["SubscriptionArn"]
    try:
        yield Mailbox(queues, url)
    finally:
        topics.unsubscribe(SubscriptionArn=subscription)
        queues.delete_queue(QueueUrl=url)
