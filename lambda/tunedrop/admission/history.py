"""What earlier runs of a dataset say about a new one: contents, ticks and requests served before.

S3's lists, which are consistent, are asked first. Step Functions' answers lag behind: one that
knows no execution counts only when the execution cannot have been started a moment ago.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice

from tunedrop import keys
from tunedrop.admission.gate import Gate
from tunedrop.door import Slot
from tunedrop.failures import executions
from tunedrop.objects import ObjectVersion
from tunedrop.records import is_run_id
from tunedrop.run_record import Run, RunFolder, end_of, execution_of_run, time_of

# A request is found again in this many of the newest runs; callers retry within minutes.
_RUNS_SEARCHED = 10
# Beyond a Lambda's longest time and all lag of DescribeExecution.
_SETTLED_AFTER = timedelta(minutes=30)


@dataclass
class RunHistory:
    """The runs of one dataset, read as far as they are asked for.

    Parameters
    ----------
    slot
        The dataset's, if it has one: that run is under way.
    excepted
        A run that is left out, since it is the one that is about to start.
    """

    gate: Gate
    dataset: str
    slot: Slot | None
    excepted: str = ""
    _runs: dict[str, Run | None] = field(default_factory=dict)
    _ends: dict[str, str | None] = field(default_factory=dict)

    @cached_property
    def now(self) -> datetime:
        """When the history is looked at."""
        return self.gate.clock()

    @property
    def newest_id(self) -> str:
        """The newest run's id, "" when there is none."""
        return self._newest_first[0] if self._newest_first else ""

    def newest(self) -> Iterator[Run]:
        """Return the runs that have contents and were started, the newest first."""
        for run_id in self._newest_first:
            run = self.run(run_id)
            if run is not None and run.objects and not self._was_never_started(run):
                yield run

    def is_under_way(self, run: Run) -> bool:
        """Whether a run has not ended."""
        return self.slot is not None and self.slot.run_id == run.run_id

    def has_report(self, run: Run) -> bool:
        """Whether a run succeeded."""
        return self._end_of(run) == "report.html"

    def run_of_request(self, request: str) -> Run | None:
        """Return the run that a person's request was served by, if there is one."""
        for run in islice(self.newest(), _RUNS_SEARCHED):
            if run.trigger and any(known.id == request for known in run.trigger.requests):
                return run
        return None

    def has_served(self, tick: datetime) -> bool:
        """Whether a run of the dataset as it was then was started at a tick or later."""
        for run in self.newest():
            # Clocks differ: a run may have served a tick that is later than its own time.
            if (
                run.trigger is not None
                and run.trigger.tick is not None
                and run.trigger.tick >= tick
            ):
                return True
            if time_of(run.run_id) < tick:
                return False
            if run.trigger is None or not run.trigger.resume:
                return True
        return False

    def runs_of_today(self) -> int:
        """Count the runs that were started since midnight UTC."""
        today = f"{self.now:%Y%m%d}T"
        return sum(run_id.startswith(today) for run_id in self._newest_first)

    @cached_property
    def _newest_first(self) -> list[str]:
        names = self.gate.bucket.list_folders(keys.runs_of(self.dataset))
        return sorted((n for n in names if is_run_id(n) and n != self.excepted), reverse=True)

    def run(self, run_id: str) -> Run | None:
        """Return one run; None when there is none that can be read."""
        if run_id not in self._runs:
            self._runs[run_id] = self.gate.find_run(self.dataset, run_id)
        return self._runs[run_id]

    def _end_of(self, run: Run) -> str | None:
        if run.run_id not in self._ends:
            folder = RunFolder(self.dataset, run.run_id)
            self._ends[run.run_id] = end_of(self.gate.bucket, folder)
        return self._ends[run.run_id]

    def _was_never_started(self, run: Run) -> bool:
        """Whether a run was claimed, lost its slot and never got an execution."""
        if self.is_under_way(run):
            return False
        if self.now - time_of(run.run_id) < _SETTLED_AFTER or self._end_of(run):
            return False
        expected = execution_of_run(self.gate.state_machine, self.dataset, run.run_id)
        if run.execution != expected:
            return False
        return executions.describe(self.gate.stepfunctions, run.execution) is None


def versions_of(objects: Iterable[ObjectVersion]) -> set[tuple[str, str, str]]:
    """Return what identifies versions of objects; before a bucket has versions, all are "null"."""
    return {(o.key, o.version_id, o.etag) for o in objects}
