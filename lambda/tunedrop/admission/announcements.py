"""What Admit publishes to the topic: rejections, damaged state, datasets that wait for long."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tunedrop import keys
from tunedrop.aws_errors import translated
from tunedrop.errors import DatasetError, UnreadableState
from tunedrop.failures.failures import subject
from tunedrop.storage import Bucket
from tunedrop.trigger import written_time
from tunedrop.wording import without_quotes

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Announcements:
    """The deployment's topic."""

    client: SNSClient
    topic: str
    bucket: Bucket

    def announce_rejection(
        self, name: str, digest: str, error: DatasetError, current_time: datetime
    ) -> None:
        """Record and announce that a dataset can have no run, once for a name and a digest."""
        key = keys.rejection(name, digest)
        record = {
            "dataset": name,
            "error": type(error).__name__,
            "message": str(error),
            "what": error.what,
            "where": error.where,
            "found": error.found,
            "expected": error.expected,
            "to_do": error.to_do,
            "time": written_time(current_time),
        }
        if not self.bucket.put_json_once(key, record):
            return
        shown = ascii(name)[1:-1][:50]
        self._publish(
            f"Tunedrop: {shown} was rejected ({type(error).__name__})",
            f"{without_quotes(error.what)}.",
            f"What to do: {without_quotes(error.to_do)}" if error.to_do else "",
            f"Dataset: {keys.DATASETS}{shown}",
            f"All details: s3://{self.bucket.name}/{key}",
        )

    def announce_unreadable(self, error: UnreadableState, current_time: datetime) -> None:
        """Announce damaged state, once a day for an object."""
        logger.error("%s", error)
        record = {"key": error.key, "message": str(error), "time": written_time(current_time)}
        if self.bucket.put_json_once(keys.rejection(error.key, f"{current_time:%Y%m%d}"), record):
            self._publish(f"Tunedrop: {error.key} cannot be read", str(error))

    def announce_incomplete(self, dataset: str, since: datetime, marker_file: str) -> None:
        """Announce that a dataset's files keep changing, or that its marker file is missing."""
        missing = f"its marker file {marker_file} is missing, or older than other files"
        reason = missing if marker_file else "its files keep changing"
        self._publish(
            f"Tunedrop: {dataset} has been waiting for an hour",
            f"The dataset has been incomplete since {written_time(since)}: {reason}. "
            "Its run starts when it is complete.",
            f"Dataset: {dataset}",
        )

    def announce_daily_limit(self, dataset: str, limit: int) -> None:
        """Announce that a dataset has reached its limit of runs for the day."""
        self._publish(
            f"Tunedrop: {dataset} has reached its limit of {limit} runs a day",
            f"{limit} runs of the dataset started today, as many as the limit "
            "max_runs_per_dataset_per_day allows. The next run starts after midnight UTC, with "
            "the newest data.",
            f"Dataset: {dataset}",
        )

    def announce_full_day(self, limit: int, current_time: datetime) -> None:
        """Announce that the deployment has reached its limit of runs for the day, once a day."""
        record = {"limit": limit, "time": written_time(current_time)}
        key = keys.rejection("max_runs_per_day", f"{current_time:%Y%m%d}")
        if self.bucket.put_json_once(key, record):
            self._publish(
                f"Tunedrop: the limit of {limit} runs a day is reached",
                f"{limit} runs started today, as many as the limit max_runs_per_day allows for all "
                "datasets. Waiting datasets start after midnight UTC, with their newest data.",
            )

    def _publish(self, title: str, *lines: str) -> None:
        message = "\n\n".join(line for line in lines if line)
        with translated():
            self.client.publish(TopicArn=self.topic, Subject=subject(title), Message=message)
