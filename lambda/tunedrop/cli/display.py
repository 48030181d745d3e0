"""What a person sees while a run is on: a live picture on a terminal, lines elsewhere.

`headline` and `job_line` turn a look at the run into words; `Display` puts them on the screen.
"""

from __future__ import annotations

from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table

from tunedrop.cli.progress import NOT_STARTED, Progress, TuningJobProgress
from tunedrop.cli.terminal import plain, wrapped
from tunedrop.wording import called

_BAR_WIDTH = 24
_STATUSES = {NOT_STARTED: "not started", "InProgress": "in progress"}


def headline(progress: Progress) -> str:
    """Say in a few words what the run is doing."""
    if progress.ended:
        return f"{progress.run}: {progress.execution_status.lower().replace('_', ' ')}"
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
    return f"{metric.words} {metric.shown(value):.6g}"


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
            width = self.console.width if self.console.is_terminal else None
            self.console.print(plain(wrapped(message, width)), soft_wrap=True)

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
