"""How far a run is, from its plan, SageMaker and Step Functions; and looking until it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from tunedrop.aws_errors import translated
from tunedrop.cli.run_folder import RunFiles
from tunedrop.cli.stack import Stack
from tunedrop.errors import Throttled, TransientAwsError
from tunedrop.running import jobs
from tunedrop_common.plan import Plan, TuningJobPlan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

SUCCEEDED = "SUCCEEDED"
RUNNING = "RUNNING"
NOT_STARTED = "NotStarted"
# Looks follow each other fast at first, for small data, and then slowly, for AWS's rate limits.
_SHORTEST_SECONDS = 0.5
_LONGEST_SECONDS = 5.0
_GROWTH = 1.02
# Of looks in a row that AWS failed or throttled; clients have tried five times each by then.
_MOST_FAILURES = 20

Found = TypeVar("Found")


@dataclass(frozen=True)
class TuningJobProgress:
    """One tuning job: its training jobs, and the best objective so far."""

    name: str
    estimator: str
    status: str
    total: int
    completed: int = 0
    running: int = 0
    failed: int = 0
    stopped: int = 0
    best: float | None = None

    @property
    def over(self) -> int:
        """How many training jobs are over, however they ended."""
        return self.completed + self.failed + self.stopped


@dataclass(frozen=True)
class Progress:
    """One look at a run."""

    run: str
    execution_status: str
    objective: str = ""
    decisions: tuple[str, ...] = ()
    tuning_jobs: tuple[TuningJobProgress, ...] = ()
    confirm: str = ""

    @property
    def ended(self) -> bool:
        """Whether the run's execution is over."""
        return self.execution_status != RUNNING

    @property
    def best(self) -> float | None:
        """The best objective of all tuning jobs so far; greater is better for every metric."""
        found = [job.best for job in self.tuning_jobs if job.best is not None]
        return max(found, default=None)


class Watch:
    """Looks at one run."""

    def __init__(self, stack: Stack, folder: RunFiles) -> None:
        self._stack = stack
        self._folder = folder
        self._execution = folder.execution()
        self._plan: Plan | None = None

    def look(self) -> Progress:
        """Look once."""
        with translated():
            execution = self._stack.executions.describe_execution(executionArn=self._execution)
        self._plan = self._plan or self._folder.plan()
        status, plan = execution["status"], self._plan
        if plan is None:
            return Progress(str(self._folder), status)
        return Progress(
            run=str(self._folder),
            execution_status=status,
            objective=plan.metric.objective,
            decisions=plan.decisions,
            tuning_jobs=tuple(tuning_job(self._stack.sagemaker, job) for job in plan.tuning_jobs),
            confirm=_confirm(self._stack.sagemaker, plan.confirm.name),
        )


def tuning_job(sagemaker: SageMakerClient, planned: TuningJobPlan) -> TuningJobProgress:
    """Ask SageMaker how far a planned tuning job is."""
    name, estimator, total = planned.name, planned.estimator.key, planned.max_training_jobs
    try:
        state = jobs.describe(sagemaker, name, "tuning")
    except jobs.JobNotFound:
        return TuningJobProgress(name, estimator, NOT_STARTED, total)
    counters = state.description["TrainingJobStatusCounters"]
    return TuningJobProgress(
        name=name,
        estimator=estimator,
        status=state.status,
        total=total,
        completed=counters.get("Completed", 0),
        running=counters.get("InProgress", 0),
        failed=counters.get("NonRetryableError", 0) + counters.get("RetryableError", 0),
        stopped=counters.get("Stopped", 0),
        best=_best(state.description),
    )


def _confirm(sagemaker: SageMakerClient, name: str) -> str:
    try:
        return jobs.describe(sagemaker, name, "confirm").status
    except jobs.JobNotFound:
        return ""


def _best(description: dict[str, Any]) -> float | None:
    best = description.get("BestTrainingJob") or {}
    metric = best.get("FinalHyperParameterTuningJobObjectiveMetric")
    return metric["Value"] if metric else None


def wait_for(look: Callable[[], Found | None], pauses: Iterator[float] | None = None) -> Found:
    """Look again and again until something is found, over short failures of AWS too."""
    failures = 0
    for pause in pauses or _pauses():
        try:
            if (found := look()) is not None:
                return found
            failures = 0
        except (Throttled, TransientAwsError):
            failures += 1
            if failures == _MOST_FAILURES:
                raise
        time.sleep(pause)
    raise AssertionError("pauses never end")


def _pauses() -> Iterator[float]:
    pause = _SHORTEST_SECONDS
    while True:
        yield pause
        pause = min(pause * _GROWTH, _LONGEST_SECONDS)
