"""What Admit publishes to the topic: rejections, damaged state, datasets that wait for long."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tunedrop import keys
from tunedrop.aws_errors import translated
from tunedrop.errors import DatasetError, UnreadableState
from tunedrop.failures.failures import subject as subject_line
from tunedrop.storage import Bucket
from tunedrop.trigger import written_time
from tunedrop.wording import without_quotes

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Announcements:
    """The deployment's topic; each announcement is recorded first, and never repeated."""

    client: SNSClient
    topic: str
    bucket: Bucket
    time: datetime

    def announce_rejection(self, name: str, error: DatasetError) -> None:
        """Announce that a dataset can have no run, once a day: its contents are not known."""
        key = keys.rejection(name, f"{self.time:%Y%m%d}")
        shown = ascii(name)[1:-1][:50]
        self._publish_once(
            key,
            {"dataset": name, "error": type(error).__name__, "message": str(error), **error.parts},
            f"{shown} was rejected ({type(error).__name__})",
            f"{without_quotes(error.what)}.",
            f"What to do: {without_quotes(error.to_do)}" if error.to_do else "",
            f"Dataset: {keys.DATASETS}{shown}",
            f"All details: s3://{self.bucket.name}/{key}",
        )

    def announce_unreadable(self, error: UnreadableState) -> None:
        """Announce damaged state, once a day for an object."""
        logger.error("%s", error)
        key = keys.rejection(error.key, f"{self.time:%Y%m%d}")
        record = {"key": error.key, "message": str(error)}
        self._publish_once(key, record, f"{error.key} cannot be read", str(error))

    def announce_incomplete(self, dataset: str, since: datetime, marker_file: str) -> None:
        """Announce that a dataset's files keep changing, or that its marker file is missing."""
        missing = f"its marker file {marker_file} is missing, or older than other files"
        reason = missing if marker_file else "its files keep changing"
        self._publish_once(
            keys.rejection(dataset, f"incomplete-{since:%Y%m%dT%H%M%SZ}"),
            {"dataset": dataset, "message": reason},
            f"{dataset} has been waiting for an hour",
            f"The dataset has been incomplete since {written_time(since)}: {reason}. "
            "Its run starts when it is complete.",
            f"Dataset: {dataset}",
        )

    def announce_daily_limit(self, subject: str, limit: int) -> None:
        """Announce that a dataset or the deployment had its runs of the day, once a day."""
        self._publish_once(
            keys.rejection(subject, f"daily-limit-{self.time:%Y%m%d}"),
            {"limit": limit, "message": f"{subject} has had its runs of the day"},
            f"{subject} has reached its limit of {limit} runs a day",
            f"{limit} runs started today. What waits starts after midnight UTC, with the newest "
            "data. docs/settings.md has the limits max_runs_per_day and "
            "max_runs_per_dataset_per_day.",
        )

    def _publish_once(self, key: str, record: dict[str, Any], title: str, *paragraphs: str) -> None:
        if not self.bucket.put_json_once(key, {**record, "time": written_time(self.time)}):
            return
        with translated():
            self.client.publish(
                TopicArn=self.topic,
                Subject=subject_line(f"Tunedrop: {title}"),
                Message="\n\n".join(filter(None, paragraphs)),
            )
