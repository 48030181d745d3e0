"""Training jobs' lines in CloudWatch Logs and their metrics in CloudWatch, as AWS publishes them.

Both leave a second late at most, from one thread, so that no training job waits for it. Group,
namespace and dimension: https://docs.aws.amazon.com/sagemaker/latest/dg/training-metrics.html
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger(__name__)

# Of log lines the group, of metrics the namespace.
NAME = "/aws/sagemaker/TrainingJobs"

_INTERVAL_SECONDS = 1.0
_CLOSE_SECONDS = 2.0
# Of one PutMetricData request
# (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html); as many
# lines go at once.
_LARGEST_BATCH = 1000
# Lines and values kept while CloudWatch does not answer; the file and the descriptions have them.
_MOST_WAITING = 100_000


class CloudWatch:
    """Sends lines and values in the background.

    Parameters
    ----------
    logs, metrics
        Clients of CloudWatch Logs and of CloudWatch.
    """

    def __init__(self, logs: Any, metrics: Any) -> None:
        self._logs, self._metrics = logs, metrics
        self._lines: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._values: list[dict[str, Any]] = []
        self._waiting = 0
        self._streams: set[str] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cloudwatch", daemon=True)
        self._thread.start()

    def add_line(self, stream: str, line: str, time: datetime) -> None:
        """Take in a line of a log stream; CloudWatch Logs takes no empty ones."""
        if line:
            event = {"timestamp": int(time.timestamp() * 1000), "message": line}
            self._keep(lambda: self._lines[stream].append(event))

    def add_value(self, job_name: str, metric: str, value: float, time: datetime) -> None:
        """Take in a finite value that a training job emitted."""
        datum = {
            "MetricName": metric,
            "Dimensions": [{"Name": "TrainingJobName", "Value": job_name}],
            "Timestamp": time,
            "Value": value,
            # Local training jobs last seconds: curves can be read at that resolution.
            "StorageResolution": 1,
        }
        self._keep(lambda: self._values.append(datum))

    def close(self) -> None:
        """Send what waits, for two seconds at most."""
        self._closing.set()
        self._thread.join(_CLOSE_SECONDS)

    def _keep(self, add: Callable[[], None]) -> None:
        with self._lock:
            if self._waiting < _MOST_WAITING:
                self._waiting += 1
                add()

    def _run(self) -> None:
        while not self._closing.wait(_INTERVAL_SECONDS):
            self._send()
        self._send()

    def _send(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, defaultdict(list)
            values, self._values = self._values, []
            self._waiting = 0
        for stream, events in lines.items():
            for batch in _batches(events):
                self._try(self._send_lines, stream, batch)
        for batch in _batches(values):
            self._try(self._metrics.put_metric_data, Namespace=NAME, MetricData=batch)

    def _try(self, send: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        try:
            send(*arguments, **named)
        except (ClientError, BotoCoreError) as error:
            # CloudWatch is a convenience here.
            log.warning("lines or metrics did not reach CloudWatch: %s", error)

    def _send_lines(self, stream: str, batch: list[dict[str, Any]]) -> None:
        if stream not in self._streams:
            existing = self._logs.exceptions.ResourceAlreadyExistsException
            if not self._streams:
                with contextlib.suppress(existing):
                    self._logs.create_log_group(logGroupName=NAME)
            with contextlib.suppress(existing):
                self._logs.create_log_stream(logGroupName=NAME, logStreamName=stream)
            self._streams.add(stream)
        self._logs.put_log_events(logGroupName=NAME, logStreamName=stream, logEvents=batch)


def _batches(items: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [items[start : start + _LARGEST_BATCH] for start in range(0, len(items), _LARGEST_BATCH)]
