"""The queue of Predict: each message is delivered alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from tunedrop.aws_errors import translated
from tunedrop.predicting.messages import RowFileName
from tunedrop.records import StrictRecord, read_record

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class _Delivered(StrictRecord):
    message_id: str = Field(validation_alias="messageId")
    body: str


class _Deliveries(StrictRecord):
    records: list[_Delivered] = Field(validation_alias="Records", min_length=1, max_length=1)


def read_delivery(event: Mapping[str, Any]) -> tuple[str, str]:
    """Return the id and the body of the message in an event of Lambda's poller."""
    delivered = read_record(_Deliveries, event).records[0]
    return delivered.message_id, delivered.body


@dataclass(frozen=True)
class PredictQueue:
    """Where Predict sends the files that an event was lost for."""

    client: SQSClient
    url: str

    def send(self, names: Iterable[RowFileName]) -> None:
        """Send a message for each file."""
        for name in names:
            with translated():
                self.client.send_message(QueueUrl=self.url, MessageBody=name.body, DelaySeconds=0)
