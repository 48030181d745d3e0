"""How far a run is, from its plan, SageMaker and Step Functions, and how people see it.

`read_progress` reads it once, `wait_for` repeats a call until it has a result, `headline` and
`job_line` put progress into words, and `Display` shows it: live on a terminal, lines elsewhere.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console

from tunedrop import wording
from tunedrop.cli.run_folder import RunFiles
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import plain, write
from tunedrop.errors import Throttled, TransientAwsError
from tunedrop.failures import executions
from tunedrop.run_record import end_of, time_of
from tunedrop.running import jobs
from tunedrop.running.attempts import NOT_STARTED, with_attempts
from tunedrop_common.metric_names import describe_metric
from tunedrop_common.plan import TuningJobPlan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

RUNNING = "running"
SUCCEEDED = "succeeded"
# Step Functions may not list the execution of a new run yet.
_STARTS_WITHIN = timedelta(minutes=15)

# SageMaker's counters of training jobs.
_COUNTED = {
    "Completed": "done",
    "InProgress": "running",
    "RetryableError": "failed",
    "NonRetryableError": "failed",
    "Stopped": "stopped",
}
_JOB_STATUSES = {NOT_STARTED: "not started", "InProgress": "in progress"}
# Small runs change fast at first; AWS limits the rate of calls of longer ones.
_SHORTEST_SECONDS = 0.5
_LONGEST_SECONDS = 5.0
_GROWTH = 1.02
# In a row; clients have tried five times each by then.
_MOST_FAILURES = 20

Result = TypeVar("Result")


@dataclass(frozen=True)
class TuningJobProgress:
    """Training jobs of one tuning job, and the best objective so far."""

    estimator: str
    status: str
    total: int
    counts: Counter[str] = field(default_factory=Counter)
    best: float | None = None


@dataclass(frozen=True)
class Progress:
    """Progress of a run at one time."""

    run: str
    execution_status: str
    objective: str = ""
    decisions: tuple[str, ...] = ()
    tuning_jobs: tuple[TuningJobProgress, ...] = ()
    confirm: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether the run's execution has ended."""
        return self.execution_status != RUNNING


def read_status(stack: Stack, run: RunFiles) -> str:
    """Return the status of a run's execution in words.

    A run is "rejected" if its execution succeeded with a failure.json, "forgotten" if Step
    Functions, which keeps executions for 90 days, has no such execution any more.
    """
    execution = executions.describe(stack.executions, run.execution())
    if execution is None:
        is_new = datetime.now(UTC) - time_of(run.run_id) < _STARTS_WITHIN
        return RUNNING if is_new else "forgotten"
    if execution.status == "SUCCEEDED" and end_of(run.bucket, run) == "failure.json":
        return "rejected"
    return execution.status.lower().replace("_", " ")


def read_progress(stack: Stack, run: RunFiles) -> Progress:
    """Read the progress of a run from its plan, SageMaker and Step Functions."""
    status = read_status(stack, run)
    plan = run.plan()
    if plan is None:
        return Progress(str(run), status)
    plan = with_attempts(run.bucket, plan)
    confirm = jobs.describe(stack.sagemaker, plan.confirm.name, "confirm")
    return Progress(
        run=str(run),
        execution_status=status,
        objective=plan.metric.objective,
        decisions=plan.automatic_decisions,
        tuning_jobs=tuple(_read_tuning_job(stack.sagemaker, job) for job in plan.tuning_jobs),
        confirm=confirm.status if confirm else "",
    )


def _read_tuning_job(sagemaker: SageMakerClient, planned: TuningJobPlan) -> TuningJobProgress:
    """Read the progress of a tuning job, named by its latest attempt."""
    estimator, total = planned.estimator.key, planned.max_training_jobs
    state = jobs.describe(sagemaker, planned.name, "tuning")
    if state is None:
        return TuningJobProgress(estimator, NOT_STARTED, total)
    counts = Counter[str]()
    for status, count in state.description["TrainingJobStatusCounters"].items():
        counts[_COUNTED[status]] += count
    best = state.description.get("BestTrainingJob") or {}
    metric = best.get("FinalHyperParameterTuningJobObjectiveMetric")
    return TuningJobProgress(
        estimator=estimator,
        status=state.status,
        total=total,
        counts=counts,
        best=metric["Value"] if metric else None,
    )


def wait_for(call: Callable[[], Result | None]) -> Result:
    """Repeat a call until it returns a result, through short failures of AWS."""
    failures, pause = 0, _SHORTEST_SECONDS
    while True:
        try:
            if (result := call()) is not None:
                return result
            failures = 0
        except (Throttled, TransientAwsError):
            failures += 1
            if failures == _MOST_FAILURES:
                raise
        time.sleep(pause)
        pause = min(pause * _GROWTH, _LONGEST_SECONDS)


def headline(progress: Progress) -> str:
    """Return the run's current step in a few words."""
    if progress.has_ended:
        step = progress.execution_status
    elif not progress.tuning_jobs:
        step = "planning"
    elif progress.confirm == "Completed":
        step = "writing the report"
    elif progress.confirm:
        step = "comparing models on new splits"
    else:
        step = "tuning"
    return f"{progress.run}: {step}"


def job_line(job: TuningJobProgress, objective: str) -> str:
    """Return the progress of a tuning job as a line."""
    numbers = [f"{job.counts['done']} of {job.total} done"]
    numbers += [f"{n} {status}" for status, n in job.counts.items() if n and status != "done"]
    best = ""
    if job.best is not None:
        metric = describe_metric(objective)
        best = f"; best {metric.words} {wording.number(metric.shown(job.best), 6)}"
    status = _JOB_STATUSES.get(job.status, job.status.lower())
    return f"{job.estimator}: {status}, {', '.join(numbers)}{best}"


class Display:
    """Progress on a console, live on a terminal; a context manager."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._status = console.status("")
        self._written: set[str] = set()

    def __enter__(self) -> Display:
        """Start the live part on a terminal."""
        if self.console.is_terminal:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the live part."""
        self.stop()

    def stop(self) -> None:
        """Remove the live part, before others write to the terminal."""
        self._status.stop()

    def say(self, message: str) -> None:
        """Write a line that stays, once."""
        if message not in self._written:
            self._written.add(message)
            write(self.console, message)

    def wait(self, message: str) -> None:
        """Show what the command waits for."""
        if self.console.is_terminal:
            self._status.update(plain(message))
        else:
            self.say(message)

    def show(self, progress: Progress) -> None:
        """Show the progress of a run; its decisions once."""
        if progress.decisions and not progress.has_ended:
            decisions = (f"  - {decision}" for decision in progress.decisions)
            self.say("\n".join(["Automatic decisions:", *decisions]))
        if self.console.is_terminal:
            lines = [f"  {job_line(job, progress.objective)}" for job in progress.tuning_jobs]
            self.wait("\n".join([headline(progress), *lines]))
            return
        if not (progress.confirm or progress.has_ended):
            self.say(headline(progress))
        for job in progress.tuning_jobs:
            if job.status not in _JOB_STATUSES:
                self.say(f"  {job_line(job, progress.objective)}")
        # The next step follows the lines of the tuning jobs.
        self.say(headline(progress))
