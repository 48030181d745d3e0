"""The state of one tuning job: its request, training jobs and outcome.

`tuning_run.py` moves it on, `descriptions.py` shows it, `store.py` keeps it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws import ACCOUNT, REGION
from local_aws.sagemaker.jobs.training_job import MAX_REASON, OVER, TrainingJob, now


@dataclass(eq=False)
class TuningJob:
    """One tuning job; its methods are thread-safe."""

    name: str
    request: dict[str, Any]
    tags: dict[str, str]
    created: datetime = field(default_factory=now)
    modified: datetime = field(default_factory=now)
    ended: datetime | None = None
    status: str = "InProgress"
    failure_reason: str | None = None
    not_improving: int = 0
    converged_at: datetime | None = None

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.training_jobs: list[TrainingJob] = []

    @property
    def arn(self) -> str:
        """The ARN, in lower case: names are unique regardless of case."""
        name = self.name.lower()
        return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:hyper-parameter-tuning-job/{name}"

    @property
    def config(self) -> dict[str, Any]:
        """HyperParameterTuningJobConfig."""
        config: dict[str, Any] = self.request["HyperParameterTuningJobConfig"]
        return config

    @property
    def is_over(self) -> bool:
        """Whether the job has ended."""
        return self.status in OVER

    def change(self, status: str, failure_reason: str | None = None) -> None:
        """Enter a status."""
        with self.lock:
            self.status, self.modified = status, now()
            if failure_reason is not None:
                self.failure_reason = failure_reason[:MAX_REASON]
            if self.is_over:
                self.ended = self.modified

    def touch(self) -> None:
        """Update the time of the last change."""
        with self.lock:
            self.modified = now()

    def jobs(self) -> list[TrainingJob]:
        """List its training jobs at this moment, oldest first."""
        with self.lock:
            return list(self.training_jobs)

    def status_counters(self) -> dict[str, int]:
        """Count its training jobs by status."""
        jobs = self.jobs()
        counts = Counter(job.status for job in jobs)
        retryable = sum(job.failed_by_service for job in jobs)
        return {
            "Completed": counts["Completed"],
            "InProgress": counts["InProgress"] + counts["Stopping"],
            "RetryableError": retryable,
            "NonRetryableError": counts["Failed"] - retryable,
            "Stopped": counts["Stopped"],
        }

    def objective_counters(self) -> dict[str, int]:
        """Count its training jobs by objective status."""
        counts = Counter(job.objective_status for job in self.jobs())
        return {status: counts[status] for status in ("Succeeded", "Pending", "Failed")}

    def best(self) -> TrainingJob | None:
        """Find the training job with the best objective value.

        AWS documents the best among those that completed. A stopped one counts only when none
        completed.
        """
        jobs = self.jobs()
        return best_of(job for job in jobs if job.status == "Completed") or best_of(jobs)


def best_of(jobs: Iterable[TrainingJob]) -> TrainingJob | None:
    """Find the training job with the best objective value, the earlier of two equal ones."""
    scored = [(job, job.objective, job.tuned) for job in jobs]
    ranked = [
        (objective if tuned.objective_type == "Maximize" else -objective, job)
        for job, objective, tuned in scored
        if objective is not None and tuned is not None
    ]
    return max(ranked, key=lambda item: item[0])[1] if ranked else None
