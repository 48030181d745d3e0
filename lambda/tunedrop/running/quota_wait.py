"""Waiting for a quota that is in use: until a deadline, which people are told once a run.

Step Functions does the waiting, by trying again; `jobs/<attempt>.waiting.json`, written at the
first try, says since when.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from tunedrop import keys
from tunedrop.aws_errors import translated
from tunedrop.errors import QuotaExceeded, QuotaStayedInUse, TunedropError
from tunedrop.running.jobs import Job
from tunedrop.storage import Bucket

logger = logging.getLogger(__name__)


class _Since(BaseModel):
    """jobs/<attempt>.waiting.json, as far as it is read."""

    since: datetime


@dataclass(frozen=True)
class QuotaWait:
    """How long a deployment waits for a quota; `publish` sends people a subject and a message."""

    bucket: Bucket
    publish: Callable[[str, str], None]
    seconds: float
    now: datetime

    def go_on(self, job: Job, words: str) -> Exception:
        """Return the error by which the state machine waits on, or after the deadline gives up."""
        since = self._since(job, words)
        deadline = since + timedelta(seconds=self.seconds)
        if self.now >= deadline:
            waited = f"{job.name} waited since {_time(since)}, which is as long as this deployment"
            return QuotaStayedInUse(f"{waited} waits (quota_wait_seconds). {words}")
        self._announce(job, words, deadline)
        return QuotaExceeded(words)

    def _since(self, job: Job, words: str) -> datetime:
        key = keys.job_wait(job.dataset, job.run_id, job.name)
        if self.bucket.put_json_once(key, {"since": self.now.isoformat(), "error": words}):
            return self.now
        return self.bucket.get_record(key, _Since).since

    def _announce(self, job: Job, words: str, deadline: datetime) -> None:
        """Tell people, once a run; the record first, so that a crash repeats nothing."""
        key = keys.wait_announcement(job.dataset, job.run_id)
        told = {"time": self.now.isoformat(), "job": job.name}
        if not self.bucket.put_json_once(key, told):
            return
        message = (
            f"The run waits until a quota of the AWS account has room; it is tried again until "
            f"{_time(deadline)}.\n\n{words}\n\n"
            "What to do: nothing, if other jobs will end by then. Else stop the run, or ask for a "
            "higher quota in the Service Quotas console (Amazon SageMaker).\n\n"
            f"Dataset: {job.dataset}\nRun: {job.run_id}"
        )
        try:
            with translated():
                self.publish("Tunedrop: a run waits for a quota", message)
        except (ClientError, BotoCoreError, TunedropError):
            logger.exception("%s waits for a quota, and people cannot be told", job.name)


def _time(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
