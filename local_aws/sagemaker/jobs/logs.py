"""Training jobs' output: a file for each on this machine, and CloudWatch Logs as on AWS.

Lines reach CloudWatch a second late at most, from one thread, so that no training job waits for it.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.jobs.repeating import Repeating

log = logging.getLogger(__name__)

GROUP = "/aws/sagemaker/TrainingJobs"

_INTERVAL_SECONDS = 1.0
_LARGEST_BATCH = 1000
# Lines kept for CloudWatch while it does not answer; the file has them all.
_MOST_WAITING = 100_000


class JobLog:
    """The output of one training job."""

    def __init__(self, path: Path, stream: str, shipper: LogShipper | None) -> None:
        self.stream = stream
        self.waiting: list[dict[str, Any]] = []
        self.lock = threading.Lock()
        self._file = path.open("w", encoding="utf-8", buffering=1)
        self._shipper = shipper

    def write(self, line: str, time: datetime) -> None:
        """Take in one line."""
        self._file.write(line + "\n")
        if self._shipper is None or not line:
            return
        event = {"timestamp": int(time.timestamp() * 1000), "message": line}
        with self.lock:
            if len(self.waiting) < _MOST_WAITING:
                self.waiting.append(event)
        self._shipper.wake(self)

    def take(self) -> list[dict[str, Any]]:
        """Take out the oldest lines that CloudWatch has not got."""
        with self.lock:
            batch, self.waiting = self.waiting[:_LARGEST_BATCH], self.waiting[_LARGEST_BATCH:]
            return batch

    def close(self) -> None:
        """Close the file; what waits for CloudWatch is still sent."""
        self._file.close()


class LogShipper:
    """Sends lines to CloudWatch Logs in the background."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._dirty: set[JobLog] = set()
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._repeating = Repeating("log-shipper", _INTERVAL_SECONDS, self._send_all)

    def wake(self, job_log: JobLog) -> None:
        """Note that a log has lines to send."""
        with self._lock:
            self._dirty.add(job_log)

    def close(self) -> None:
        """Send what waits, for two seconds at most."""
        self._repeating.close()

    def _send_all(self) -> None:
        with self._lock:
            dirty, self._dirty = self._dirty, set()
        for job_log in dirty:
            try:
                while batch := job_log.take():
                    self._send(job_log.stream, batch)
            except (ClientError, BotoCoreError) as error:
                # The file has the lines; CloudWatch is a convenience here.
                log.warning("lines of %s did not reach CloudWatch Logs: %s", job_log.stream, error)

    def _send(self, stream: str, batch: list[dict[str, Any]]) -> None:
        if stream not in self._known:
            existing = self._client.exceptions.ResourceAlreadyExistsException
            if not self._known:
                with contextlib.suppress(existing):
                    self._client.create_log_group(logGroupName=GROUP)
            with contextlib.suppress(existing):
                self._client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
            self._known.add(stream)
        self._client.put_log_events(
            logGroupName=GROUP,
            logStreamName=stream,
            logEvents=batch,
        )


class Logs:
    """Opens logs of training jobs.

    Parameters
    ----------
    folder
        Where the files are; made when missing.
    client
        CloudWatch Logs, or None to leave it out.
    """

    def __init__(self, folder: Path, client: Any | None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._shipper = LogShipper(client) if client is not None else None

    def open(self, job_name: str, created: datetime, host: str) -> JobLog:
        """Start the log of a training job."""
        stream = f"{job_name}/{host}-{int(created.timestamp())}"
        return JobLog(self._folder / f"{job_name}.log", stream, self._shipper)

    def close(self) -> None:
        """Send what waits."""
        if self._shipper is not None:
            self._shipper.close()
