"""Training jobs' lines in CloudWatch Logs, as AWS publishes them.

They leave a second late at most, from one thread, so that no training job waits for it.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import defaultdict
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger(__name__)

_GROUP = "/aws/sagemaker/TrainingJobs"

_INTERVAL_SECONDS = 1.0
_CLOSE_SECONDS = 2.0
_LARGEST_BATCH = 1000


class LogLines:
    """Sends lines in the background."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lines: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._streams: set[str] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-lines", daemon=True)
        self._thread.start()

    def add(self, stream: str, line: str, time: datetime) -> None:
        """Add a line of a log stream; CloudWatch Logs accepts no empty ones."""
        if line:
            event = {"timestamp": int(time.timestamp() * 1000), "message": line}
            with self._lock:
                self._lines[stream].append(event)

    def close(self) -> None:
        """Send the pending lines, for two seconds at most."""
        self._closing.set()
        self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._closing.wait(_INTERVAL_SECONDS):
            self._send()
        self._send()

    def _send(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, defaultdict(list)
        for stream, events in lines.items():
            for start in range(0, len(events), _LARGEST_BATCH):
                try:
                    self._send_batch(stream, events[start : start + _LARGEST_BATCH])
                except (ClientError, BotoCoreError) as error:
                    # CloudWatch Logs is a convenience here.
                    log.warning("lines did not reach CloudWatch Logs: %s", error)

    def _send_batch(self, stream: str, batch: list[dict[str, Any]]) -> None:
        if stream not in self._streams:
            existing = self._client.exceptions.ResourceAlreadyExistsException
            if not self._streams:
                with contextlib.suppress(existing):
                    self._client.create_log_group(logGroupName=_GROUP)
            with contextlib.suppress(existing):
                self._client.create_log_stream(logGroupName=_GROUP, logStreamName=stream)
            self._streams.add(stream)
        self._client.put_log_events(logGroupName=_GROUP, logStreamName=stream, logEvents=batch)
