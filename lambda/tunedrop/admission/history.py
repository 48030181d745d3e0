"""A dataset's earlier runs: their contents, and the scheduled starts and requests they served.

S3's listings are consistent and come first. Answers of Step Functions lag behind: that an execution
does not exist counts only if it cannot have started recently.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice

from tunedrop import keys
from tunedrop.admission.context import AdmissionContext
from tunedrop.admission_state import Slot
from tunedrop.failures import executions
from tunedrop.records import is_run_id
from tunedrop.run_record import Run, RunFolder, end_of, execution_of_run, time_of

# A repeated request is searched in this many of the newest runs; callers retry within minutes.
_RUNS_SEARCHED = 10
# Beyond a Lambda's longest time and all lag of DescribeExecution.
_CERTAIN_AFTER = timedelta(minutes=30)


@dataclass
class RunHistory:
    """The runs of one dataset, read as needed.

    Parameters
    ----------
    slot
        The dataset's slot, if it has one: that run is active.
    excluded
        The id of the run that is about to start, which is excluded.
    """

    context: AdmissionContext
    dataset: str
    slot: Slot | None
    excluded: str = ""
    _runs: dict[str, Run | None] = field(default_factory=dict)

    @property
    def newest_id(self) -> str:
        """The newest run's id, "" if there is none."""
        return self._newest_first[0] if self._newest_first else ""

    def newest(self) -> Iterator[Run]:
        """Yield the started runs that have contents, the newest first."""
        for run_id in self._newest_first:
            run = self.run(run_id)
            if run is not None and run.objects and not self._was_never_started(run):
                yield run

    def is_active(self, run: Run) -> bool:
        """Return whether a run has not ended."""
        return self.slot is not None and self.slot.run_id == run.run_id

    def has_report(self, run: Run) -> bool:
        """Return whether a run succeeded."""
        return self._end_of(run) == "report.html"

    def run_of_request(self, request: str) -> Run | None:
        """Return the run that served a user's request, if there is one."""
        for run in islice(self.newest(), _RUNS_SEARCHED):
            if run.trigger and any(served.id == request for served in run.trigger.requests):
                return run
        return None

    def has_served(self, scheduled_time: datetime) -> bool:
        """Return whether a run of the dataset's contents started at a scheduled time or later."""
        for run in self.newest():
            # Clocks differ: a run may have served a scheduled time after its own time.
            served = run.trigger.scheduled_time if run.trigger else None
            if served is not None and served >= scheduled_time:
                return True
            if time_of(run.run_id) < scheduled_time:
                return False
            if run.trigger is None or not run.trigger.resume:
                return True
        return False

    def runs_of_today(self) -> int:
        """Return the number of runs that started since midnight UTC."""
        today = f"{self.context.clock():%Y%m%d}T"
        return sum(run_id.startswith(today) for run_id in self._newest_first)

    @cached_property
    def _newest_first(self) -> list[str]:
        names = self.context.bucket.list_folders(keys.runs_of(self.dataset))
        return sorted((n for n in names if is_run_id(n) and n != self.excluded), reverse=True)

    def run(self, run_id: str) -> Run | None:
        """Return a run; None if it is missing or damaged."""
        if run_id not in self._runs:
            self._runs[run_id] = self.context.find_run(self.dataset, run_id)
        return self._runs[run_id]

    def _end_of(self, run: Run) -> str | None:
        return end_of(self.context.bucket, RunFolder(self.dataset, run.run_id))

    def _was_never_started(self, run: Run) -> bool:
        """Return whether a run lost its slot before it got an execution."""
        if self.is_active(run):
            return False
        if self.context.clock() - time_of(run.run_id) < _CERTAIN_AFTER or self._end_of(run):
            return False
        expected = execution_of_run(self.context.state_machine, self.dataset, run.run_id)
        if run.execution != expected:
            return False
        return executions.describe(self.context.stepfunctions, run.execution) is None
