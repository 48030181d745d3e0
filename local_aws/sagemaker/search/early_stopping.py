"""Early stopping by the median rule that SageMaker documents.

A training job is stopped when its objective value is worse than the median of the running averages,
up to the same epoch, of the training jobs before it.
"""

from __future__ import annotations

import itertools
import statistics
import threading
from collections.abc import Sequence

# How many earlier training jobs make a median is not documented.
_JOBS_FOR_A_MEDIAN = 3


class MedianRule:
    """Decides over the training jobs of one tuning job."""

    def __init__(self, *, maximize: bool) -> None:
        self._sign = 1 if maximize else -1
        self._averages: list[list[float]] = []
        self._lock = threading.Lock()

    def learn(self, curve: Sequence[float]) -> None:
        """Take in the objective values, epoch by epoch, of a training job that ended."""
        sums = itertools.accumulate(curve)
        averages = [total / epoch for epoch, total in enumerate(sums, start=1)]
        with self._lock:
            self._averages.append(averages)

    def should_stop(self, curve: Sequence[float]) -> bool:
        """Say whether a training job with these values so far has to stop."""
        epoch = len(curve)
        with self._lock:
            earlier = [item[epoch - 1] for item in self._averages if len(item) >= epoch]
        if epoch == 0 or len(earlier) < _JOBS_FOR_A_MEDIAN:
            return False
        return self._sign * curve[-1] < self._sign * statistics.median(earlier)
