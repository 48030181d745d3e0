"""When the median rule stops a training job, and when a whole tuning job ends early."""

from __future__ import annotations

import itertools
import statistics
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# How many earlier training jobs make a median is not documented.
_JOBS_FOR_A_MEDIAN = 3

# AWS counts an improvement from 1 % on.
_IMPROVEMENT = 0.01

# AWS calls a tuning job converged when improving by 1 % has become improbable, and does not say how
# it knows. After 20 training jobs in a row without, the rule of succession gives the next less
# than 5 %.
_JOBS_UNTIL_CONVERGENCE = 20


class MedianRule:
    """Early stopping as SageMaker documents it, over the training jobs of one tuning job.

    A training job is stopped when its objective value is worse than the median of the running
    averages, up to the same epoch, of the training jobs before it.
    """

    def __init__(self, *, maximize: bool) -> None:
        self._sign = 1 if maximize else -1
        self._averages: list[list[float]] = []
        self._lock = threading.Lock()

    def learn(self, curve: Sequence[float]) -> None:
        """Learn the objective values, epoch by epoch, of a training job that ended."""
        sums = itertools.accumulate(curve)
        averages = [total / epoch for epoch, total in enumerate(sums, start=1)]
        with self._lock:
            self._averages.append(averages)

    def should_stop(self, curve: Sequence[float]) -> bool:
        """Return whether a training job with these values so far has to stop."""
        epoch = len(curve)
        with self._lock:
            earlier = [item[epoch - 1] for item in self._averages if len(item) >= epoch]
        if epoch == 0 or len(earlier) < _JOBS_FOR_A_MEDIAN:
            return False
        return self._sign * curve[-1] < self._sign * statistics.median(earlier)


@dataclass
class Completion:
    """Watches the objective values of a tuning job's training jobs as they end."""

    target: float | None = None
    max_not_improving: int | None = None
    stop_on_convergence: bool = False
    maximize: bool = True

    not_improving: int = 0
    converged_at: datetime | None = None
    _best: float | None = None
    _milestone: float | None = None

    @classmethod
    def of(cls, criteria: dict[str, Any] | None, *, maximize: bool) -> Completion:
        """Read TuningJobCompletionCriteria."""
        criteria = criteria or {}
        convergence = criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence")
        return cls(
            target=criteria.get("TargetObjectiveMetricValue"),
            max_not_improving=criteria.get("BestObjectiveNotImproving", {}).get(
                "MaxNumberOfTrainingJobsNotImproving"
            ),
            stop_on_convergence=convergence == "Enabled",
            maximize=maximize,
        )

    def observe(self, objective: float | None, at: datetime) -> None:
        """Observe a training job that ended; None when it has no objective value."""
        value = objective if objective is None or self.maximize else -objective
        if value is not None and (self._best is None or value > self._best):
            self._best = value
        if value is not None and self._improves(value):
            self._milestone, self.not_improving = value, 0
            return
        self.not_improving += 1
        if self.converged_at is None and self.not_improving >= _JOBS_UNTIL_CONVERGENCE:
            self.converged_at = at

    def reached(self) -> bool:
        """Return whether a criterion is met."""
        if self.target is not None and self._best is not None:
            goal = self.target if self.maximize else -self.target
            if self._best >= goal:
                return True
        if self.max_not_improving is not None and self.not_improving >= self.max_not_improving:
            return True
        return self.stop_on_convergence and self.converged_at is not None

    def _improves(self, value: float) -> bool:
        if self._milestone is None:
            return True
        return value > self._milestone and (
            value - self._milestone >= _IMPROVEMENT * abs(self._milestone)
        )
