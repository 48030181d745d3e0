"""Waiting for a quota that is in use: until a deadline. Users are notified once a run.

Step Functions does the waiting, by trying again; `jobs/<attempt>.waiting.json`, written at the
first try, says since when.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from tunedrop import keys
from tunedrop.aws_errors import translated
from tunedrop.errors import QuotaExceeded, QuotaStayedInUse, TunedropError
from tunedrop.running.jobs import Job
from tunedrop.storage import Bucket
from tunedrop.wording import moment

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

    def extend(self, job: Job, message: str) -> Exception:
        """Return the error to retry; after the deadline, the error that ends the job."""
        since = self._since(job, message)
        deadline = since + timedelta(seconds=self.seconds)
        if self.now >= deadline:
            waited = f"{job.name} waited since {moment(since)}, which is as long as this deployment"
            return QuotaStayedInUse(f"{waited} waits (quota_wait_seconds). {message}")
        self._announce(job, message, deadline)
        return QuotaExceeded(message)

    def _since(self, job: Job, message: str) -> datetime:
        key = keys.job_wait(job.dataset, job.run_id, job.name)
        if self.bucket.put_json_once(key, {"since": self.now.isoformat(), "error": message}):
            return self.now
        return self.bucket.get_record(key, _Since).since

    def _announce(self, job: Job, error: str, deadline: datetime) -> None:
        """Notify users, once a run; the record comes first, so that a crash repeats nothing."""
        key = keys.wait_announcement(job.dataset, job.run_id)
        record = {"time": self.now.isoformat(), "job": job.name}
        if not self.bucket.put_json_once(key, record):
            return
        message = (
            f"The run is waiting for an AWS quota until {moment(deadline)}.\n\n{error}\n\n"
            "What to do: nothing, if other jobs end by then. Otherwise stop the run, or request a "
            "higher quota in the Service Quotas console (Amazon SageMaker).\n\n"
            f"Dataset: {job.dataset}\nRun: {job.run_id}"
        )
        try:
            with translated():
                self.publish("Tunedrop: a run waits for a quota", message)
        except (ClientError, BotoCoreError, TunedropError):
            logger.exception("%s waits for a quota, and the topic cannot be notified", job.name)
