"""Training jobs' metrics in CloudWatch, as AWS publishes them: each emitted value, by job.

https://docs.aws.amazon.com/sagemaker/latest/dg/training-metrics.html: namespace
/aws/sagemaker/TrainingJobs, dimension TrainingJobName. Values leave a second late at most, many in
one request and from one thread, so that no training job waits for it.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.jobs.repeating import Repeating

log = logging.getLogger(__name__)

NAMESPACE = "/aws/sagemaker/TrainingJobs"

_INTERVAL_SECONDS = 1.0
# Of one PutMetricData request
# (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html).
_LARGEST_BATCH = 1000
# Values kept while CloudWatch does not answer; the jobs' descriptions have the last ones.
_MOST_WAITING = 100_000


class MetricPublisher:
    """Sends values to CloudWatch in the background.

    Parameters
    ----------
    client
        CloudWatch, or None to send nothing.
    """

    def __init__(self, client: Any | None) -> None:
        self._client = client
        self._waiting: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._repeating = None
        if client is not None:
            self._repeating = Repeating("metric-publisher", _INTERVAL_SECONDS, self._send_all)

    def add(self, job_name: str, metric: str, value: float, time: datetime) -> None:
        """Take in a finite value that a training job emitted."""
        if self._client is None:
            return
        datum = {
            "MetricName": metric,
            "Dimensions": [{"Name": "TrainingJobName", "Value": job_name}],
            "Timestamp": time,
            "Value": value,
            # Local training jobs last seconds: curves can be read at that resolution.
            "StorageResolution": 1,
        }
        with self._lock:
            if len(self._waiting) < _MOST_WAITING:
                self._waiting.append(datum)

    def close(self) -> None:
        """Send what waits, for two seconds at most."""
        if self._repeating is not None:
            self._repeating.close()

    def _send_all(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), _LARGEST_BATCH):
            batch = waiting[start : start + _LARGEST_BATCH]
            try:
                self._client.put_metric_data(Namespace=NAMESPACE, MetricData=batch)  # type: ignore[union-attr]
            except (ClientError, BotoCoreError) as error:
                # Descriptions and lists have the values; CloudWatch is a convenience here.
                log.warning("%d values of metrics did not reach CloudWatch: %s", len(batch), error)
