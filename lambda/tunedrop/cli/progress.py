"""How far a run is, from its plan, SageMaker and Step Functions, and how people see it.

`read_progress` reads it once, `wait_for` repeats a call until it has a result, `headline` and
`job_line` put progress into words, and `Display` shows it: live on a terminal, lines elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table

from tunedrop import wording
from tunedrop.cli.execution import RUNNING, status_of
from tunedrop.cli.run_folder import RunFiles
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import plain, write
from tunedrop.errors import Throttled, TransientAwsError
from tunedrop.running import jobs
from tunedrop.running.attempts import RequestedJobs
from tunedrop_common.metric_words import called
from tunedrop_common.plan import TuningJobPlan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

NOT_STARTED = "NotStarted"
# Looks follow each other fast at first, for small data, and then slowly, for AWS's rate limits.
_SHORTEST_SECONDS = 0.5
_LONGEST_SECONDS = 5.0
_GROWTH = 1.02
# Of looks in a row that AWS failed or throttled; clients have tried five times each by then.
_MOST_FAILURES = 20

_BAR_WIDTH = 24
_STATUSES = {NOT_STARTED: "not started", "InProgress": "in progress"}

Found = TypeVar("Found")


@dataclass(frozen=True)
class TuningJobProgress:
    """One tuning job: its training jobs, and the best objective so far."""

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


def read_progress(stack: Stack, folder: RunFiles) -> Progress:
    """Read a run's progress once."""
    status = status_of(stack, folder)
    plan = folder.plan()
    if plan is None:
        return Progress(str(folder), status)
    requested = RequestedJobs.read(folder.bucket, plan.dataset, plan.run_id)
    return Progress(
        run=str(folder),
        execution_status=status,
        objective=plan.metric.objective,
        decisions=plan.automatic_decisions,
        tuning_jobs=tuple(
            _tuning_job(stack.sagemaker, job, requested.tuning_job(job)) for job in plan.tuning_jobs
        ),
        confirm=_confirm(stack.sagemaker, requested.latest(plan.confirm.name)),
    )


def _tuning_job(sagemaker: SageMakerClient, planned: TuningJobPlan, name: str) -> TuningJobProgress:
    """Ask SageMaker how far a planned tuning job is; `name` is that of its latest attempt."""
    estimator, total = planned.estimator.key, planned.max_training_jobs
    try:
        state = jobs.describe(sagemaker, name, "tuning")
    except jobs.JobNotFound:
        return TuningJobProgress(estimator, NOT_STARTED, total)
    counters = state.description["TrainingJobStatusCounters"]
    return TuningJobProgress(
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


def wait_for(look: Callable[[], Found | None]) -> Found:
    """Look again and again until something is found, over short failures of AWS too."""
    failures, pause = 0, _SHORTEST_SECONDS
    while True:
        try:
            if (found := look()) is not None:
                return found
            failures = 0
        except (Throttled, TransientAwsError):
            failures += 1
            if failures == _MOST_FAILURES:
                raise
        time.sleep(pause)
        pause = min(pause * _GROWTH, _LONGEST_SECONDS)


def headline(progress: Progress) -> str:
    """Say in a few words what the run is doing."""
    if progress.ended:
        return f"{progress.run}: {progress.execution_status}"
    if not progress.tuning_jobs:
        return f"{progress.run}: planning"
    if progress.confirm == "Completed":
        return f"{progress.run}: writing the report"
    if progress.confirm:
        return f"{progress.run}: confirming the best on fresh folds"
    return f"{progress.run}: tuning"


def job_line(job: TuningJobProgress, objective: str) -> str:
    """Say how far a tuning job is."""
    parts = [f"{job.completed} of {job.total} done"]
    for count, what in ((job.running, "running"), (job.failed, "failed"), (job.stopped, "stopped")):
        if count:
            parts.append(f"{count} {what}")
    best = "" if job.best is None else f"; best {_value(objective, job.best)}"
    status = _STATUSES.get(job.status, job.status.lower())
    return f"{job.estimator}: {status}, {', '.join(parts)}{best}"


def _value(scorer: str, value: float) -> str:
    metric = called(scorer)
    return f"{metric.words} {wording.number(metric.shown(value), 6)}"


class Display:
    """Shows progress on a console; a context manager."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live: Live | None = None
        self._said: set[str] = set()
        self._shown_decisions = False

    def __enter__(self) -> Display:
        """Start the live picture, on a terminal."""
        if self.console.is_terminal:
            self._live = Live(console=self.console, refresh_per_second=8, transient=True)
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the live picture away."""
        self.stop()

    def stop(self) -> None:
        """Take the live picture away, for what others write."""
        if self._live:
            self._live.stop()
            self._live = None

    def say(self, message: str) -> None:
        """Write a line that stays; the same one is written once."""
        if message not in self._said:
            self._said.add(message)
            write(self.console, message)

    def wait(self, message: str) -> None:
        """Say what is being waited for."""
        if self._live:
            self._live.update(Spinner("dots", plain(message)))
        else:
            self.say(message)

    def show(self, progress: Progress) -> None:
        """Show a look at the run; its decisions once."""
        if progress.decisions and not progress.ended and not self._shown_decisions:
            self._shown_decisions = True
            self.say("Decided:")
            for decision in progress.decisions:
                self.say(f"  - {decision}")
        if self._live:
            self._live.update(_picture(progress))
            return
        if not (progress.confirm or progress.ended):
            self.say(headline(progress))
        for job in progress.tuning_jobs:
            if job.status not in (NOT_STARTED, "InProgress"):
                self.say(f"  {job_line(job, progress.objective)}")
        # what comes after the tuning is shown after the last of its tuning jobs
        self.say(headline(progress))


def _picture(progress: Progress) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for job in progress.tuning_jobs:
        table.add_row(
            ProgressBar(total=max(job.total, 1), completed=job.over, width=_BAR_WIDTH),
            plain(job_line(job, progress.objective)),
        )
    lines: list[RenderableType] = [Spinner("dots", plain(headline(progress))), table]
    if progress.best is not None:
        best = _value(progress.objective, progress.best)
        lines.append(plain(f"Best so far: {best}", style="bold"))
    return Group(*lines)
