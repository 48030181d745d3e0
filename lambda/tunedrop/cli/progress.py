"""How far a run is, from its plan, SageMaker and Step Functions, and how people see it.

`read_progress` reads it once, `wait_for` repeats a call until it has a result, and `Display` shows
it: live on a terminal, lines elsewhere.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

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
from tunedrop.running.jobs import JobState
from tunedrop_common.metric_names import describe_metric
from tunedrop_common.plan import TuningJobPlan

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
class Progress:
    """Progress of a run at one time; `ended_jobs` and `other_jobs` are lines on its tuning jobs."""

    execution_status: str
    headline: str
    decisions: tuple[str, ...] = ()
    ended_jobs: tuple[str, ...] = ()
    other_jobs: tuple[str, ...] = ()

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
        return Progress(status, f"{run}: {'planning' if status == RUNNING else status}")
    plan = with_attempts(run.bucket, plan)
    ended, others = list[str](), list[str]()
    for job in plan.tuning_jobs:
        state = jobs.describe(stack.sagemaker, job.name, "tuning")
        line = _describe_job(job, state, plan.metric.objective)
        (ended if state is not None and state.outcome else others).append(line)
    step = status
    if status == RUNNING:
        confirm = jobs.describe(stack.sagemaker, plan.confirm.name, "confirm")
        step = "tuning" if confirm is None else "comparing models on new splits"
        if confirm is not None and confirm.status == "Completed":
            step = "writing the report"
    headline = f"{run}: {step}"
    return Progress(status, headline, plan.automatic_decisions, tuple(ended), tuple(others))


def _describe_job(job: TuningJobPlan, state: JobState | None, objective: str) -> str:
    """Return the progress of a tuning job as a line."""
    description = state.description if state else {}
    counts = Counter[str]()
    for status, amount in description.get("TrainingJobStatusCounters", {}).items():
        counts[_COUNTED[status]] += amount
    numbers = [f"{counts.pop('done', 0)} of {job.max_training_jobs} done"]
    numbers += [f"{amount} {status}" for status, amount in counts.items() if amount]
    best = description.get("BestTrainingJob", {})
    if score := best.get("FinalHyperParameterTuningJobObjectiveMetric"):
        metric = describe_metric(objective)
        numbers[-1] += f"; best {metric.words} {wording.number(metric.shown(score['Value']), 6)}"
    status = state.status if state else NOT_STARTED
    status = _JOB_STATUSES.get(status, status.lower())
    return f"  {job.estimator.key}: {status}, {', '.join(numbers)}"


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
            self.wait("\n".join([progress.headline, *progress.ended_jobs, *progress.other_jobs]))
        else:
            for line in (*progress.ended_jobs, progress.headline):
                self.say(line)
