"""The queue Arrivals, as Admit itself sends to it: looks at datasets, at once or later."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from tunedrop.admission.messages import Look
from tunedrop.aws_errors import translated
from tunedrop.errors import TransientAwsError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# SQS's limits.
LONGEST_DELAY_SECONDS = 900
_BATCH = 10


@dataclass(frozen=True)
class Arrivals:
    """One queue, through one client."""

    client: SQSClient
    url: str

    def send(self, look: Look, *, delay_seconds: float) -> None:
        """Look at a dataset in some time; what takes longer is looked at and sent again."""
        delay = min(max(math.ceil(delay_seconds), 0), LONGEST_DELAY_SECONDS)
        with translated():
            self.client.send_message(QueueUrl=self.url, MessageBody=look.body(), DelaySeconds=delay)

    def send_all(self, looks: Iterable[Look]) -> None:
        """Look at datasets now."""
        rest = iter(looks)
        while batch := list(islice(rest, _BATCH)):
            with translated():
                answer = self.client.send_message_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(number), "MessageBody": look.body(), "DelaySeconds": 0}
                        for number, look in enumerate(batch)
                    ],
                )
            if failed := answer.get("Failed"):
                raise TransientAwsError(f"SQS did not take {len(failed)} of {len(batch)} messages")

    def retry_soon(self, receipt: str, *, delay_seconds: int) -> None:
        """Let a message that could not be handled come again before its visibility timeout ends."""
        with translated():
            self.client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=delay_seconds
            )
