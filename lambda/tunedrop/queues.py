"""Queues: the messages that one delivers to its Lambda, and what the Lambda sends to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic import AliasPath, Field

from tunedrop.aws_errors import translated
from tunedrop.errors import TransientAwsError
from tunedrop.records import StrictRecord, read_record

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# SQS's limits.
LONGEST_DELAY_SECONDS = 900
_BATCH = 10


class QueueRecord(StrictRecord):
    """A message as the queue delivers it."""

    message_id: str = Field(validation_alias="messageId")
    body: str
    receipt: str = Field("", validation_alias="receiptHandle")
    receive_count: int = Field(
        1,
        validation_alias=AliasPath("attributes", "ApproximateReceiveCount"),
        strict=False,
        ge=1,
        le=1000,
    )


class _Delivery(StrictRecord):
    records: list[QueueRecord] = Field(validation_alias="Records")


def read_delivery(event: Mapping[str, Any]) -> list[QueueRecord]:
    """Return the messages that a queue delivers at once.

    Raises
    ------
    UserInputError
        If the event is none of Lambda's poller.
    """
    return read_record(_Delivery, event).records


def failed_messages(message_ids: Iterable[str]) -> dict[str, Any]:
    """Return the answer for the poller: which messages are to be delivered again."""
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in message_ids]}


@dataclass(frozen=True)
class Queue:
    """A queue that a Lambda sends to."""

    client: SQSClient
    url: str

    def send(self, body: str, *, delay_seconds: float) -> None:
        """Send a message after a delay, which SQS limits to a quarter of an hour."""
        delay = min(max(math.ceil(delay_seconds), 0), LONGEST_DELAY_SECONDS)
        with translated():
            self.client.send_message(QueueUrl=self.url, MessageBody=body, DelaySeconds=delay)

    def send_all(self, bodies: Iterable[str]) -> None:
        """Send messages without delay.

        Raises
        ------
        TransientAwsError
            If SQS does not accept all of them.
        """
        pending = iter(bodies)
        while batch := list(islice(pending, _BATCH)):
            with translated():
                answer = self.client.send_message_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(number), "MessageBody": body, "DelaySeconds": 0}
                        for number, body in enumerate(batch)
                    ],
                )
            if failed := answer.get("Failed"):
                raise TransientAwsError(f"SQS did not take {len(failed)} of {len(batch)} messages")

    def retry_later(self, receipt: str, *, delay_seconds: int) -> None:
        """Deliver a message again after a delay, not after its visibility timeout."""
        with translated():
            self.client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=delay_seconds
            )
