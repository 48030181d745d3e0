"""The admission state: active runs (slots), waiting datasets, and whether new runs are paused.

Only Admit changes it. Each method returns a changed copy, so one conditional write decides.
StartJob and PlanRun read in it whether a run is admitted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tunedrop import keys
from tunedrop.environment import AdmissionSettings
from tunedrop.errors import NotAdmitted
from tunedrop.storage import Bucket
from tunedrop.trigger import ForcedStart, ScheduledStart, Trigger

# What a dataset waits for: its quiet period or marker file, the end of its active run, a free slot,
# the next day, or the end of a pause.
WaitsFor = Literal["quiet_period", "marker_file", "run", "slot", "day", "pause"]


class _StateRecord(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Slot(_StateRecord):
    """An active run; `started` is false until its execution was started."""

    run_id: str
    since: datetime
    trigger: Trigger
    started: bool = False


class Waiting(_StateRecord):
    """A dataset whose run cannot start yet, with everything that the run will serve.

    Each schedule has at most one start in it.
    """

    since: datetime
    reason: WaitsFor = Field(alias="for")
    reason_since: datetime = Field(alias="for_since")
    scheduled_starts: tuple[ScheduledStart, ...] = ()
    requests: tuple[ForcedStart, ...] = ()

    @property
    def is_bare(self) -> bool:
        """Whether only a change of the dataset waits."""
        return not self.scheduled_starts and not self.requests


class Pause(_StateRecord):
    """New runs of a stack are paused; a later stack with the same bucket is not."""

    since: datetime
    stated_by: str
    stack: str = ""


class RunsOfDay(_StateRecord):
    """How many runs of all datasets got a slot on a day (UTC)."""

    day: date
    count: int = 0


class AdmissionState(_StateRecord):
    """The state of admission; `since` is the time of the first deployment."""

    version: Literal[1] = 1
    since: datetime
    reconciled: datetime | None = None
    paused: Pause | None = None
    runs_of_day: RunsOfDay | None = None
    slots: Mapping[str, Slot] = Field(default_factory=dict)
    waiting: Mapping[str, Waiting] = Field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return the state as JSON."""
        return self.model_dump_json(by_alias=True, indent=2).encode() + b"\n"

    def blocked(self, dataset: str, limits: AdmissionSettings, time: datetime) -> WaitsFor | None:
        """Return why no run of a dataset can start now; None if one can."""
        if dataset in self.slots:
            return "run"
        if self.paused is not None:
            return "pause"
        if self.is_day_full(limits, time):
            return "day"
        return "slot" if len(self.slots) >= limits.max_concurrent_runs else None

    def is_day_full(self, limits: AdmissionSettings, time: datetime) -> bool:
        """Return whether the deployment has had its runs of a time's day."""
        return self.count_runs(time).count >= limits.max_runs_per_day

    def day_limit(self, dataset: str, limits: AdmissionSettings, time: datetime) -> tuple[str, int]:
        """Return what has had its runs of the day, the deployment or a dataset, and its limit."""
        if self.is_day_full(limits, time):
            return "the deployment", limits.max_runs_per_day
        return dataset, limits.max_runs_per_dataset_per_day

    def count_runs(self, time: datetime) -> RunsOfDay:
        """Return the runs of a time's day; where clocks differ at midnight, of the newer day."""
        day = time.astimezone(UTC).date()
        counted = self.runs_of_day
        return counted if counted is not None and counted.day >= day else RunsOfDay(day=day)

    def take_slot(self, dataset: str, slot: Slot, limits: AdmissionSettings) -> AdmissionState:
        """Enter a slot for a dataset, with everything that waits; without a free slot it waits.

        A run that resumes a failed one serves that request alone: it does not read the dataset.
        """
        held = self.slots.get(dataset)
        if held is not None and held.run_id == slot.run_id:
            return self
        if (reason := self.blocked(dataset, limits, slot.since)) is not None:
            return self.add_waiting(dataset, reason, slot.since)
        entry = self.waiting.get(dataset)
        waiting = dict(self.waiting)
        if entry is not None:
            trigger, unserved = _serve(slot.trigger, entry)
            slot = slot.model_copy(update={"trigger": trigger})
            waiting.pop(dataset)
            if unserved is not None:
                waiting[dataset] = unserved
        runs = self.count_runs(slot.since)
        return self._copy(
            slots={**self.slots, dataset: slot},
            waiting=waiting,
            runs_of_day=runs.model_copy(update={"count": runs.count + 1}),
        )

    def mark_started(self, dataset: str, run_id: str) -> AdmissionState:
        """Record that a run's execution was started."""
        held = self.slots.get(dataset)
        if held is None or held.run_id != run_id or held.started:
            return self
        slot = held.model_copy(update={"started": True})
        return self._copy(slots={**self.slots, dataset: slot})

    def free_slot(self, dataset: str, run_id: str) -> AdmissionState:
        """Free a run's slot, if the run has it."""
        held = self.slots.get(dataset)
        if held is None or held.run_id != run_id:
            return self
        return self._copy(slots={name: s for name, s in self.slots.items() if name != dataset})

    def give_back_slot(
        self, dataset: str, run_id: str, reason: WaitsFor | None, current_time: datetime
    ) -> AdmissionState:
        """Free the slot of a run that was not started; with a reason, the dataset waits again."""
        held = self.slots.get(dataset)
        state = self.free_slot(dataset, run_id)
        if held is None or state is self:
            return self
        runs = self.count_runs(held.since)
        if runs.count > 0 and runs.day == held.since.astimezone(UTC).date():
            state = state._copy(runs_of_day=runs.model_copy(update={"count": runs.count - 1}))
        if reason is None:
            return state
        state = state.add_waiting(dataset, reason, held.since)
        for start in held.trigger.scheduled_starts:
            state = state.add_scheduled_start([dataset], start, current_time)
        for request in held.trigger.requests:
            state = state.add_request(dataset, request, current_time)
        return state

    def add_waiting(self, dataset: str, reason: WaitsFor, current_time: datetime) -> AdmissionState:
        """Enter a waiting dataset, or its new reason; the start of its wait stays."""
        entry = self.waiting.get(dataset)
        if entry is None:
            entry = Waiting(since=current_time, reason=reason, reason_since=current_time)
        elif entry.reason == reason:
            return self
        else:
            entry = entry.model_copy(update={"reason": reason, "reason_since": current_time})
        return self._replace_waiting(dataset, entry)

    def add_scheduled_start(
        self, datasets: Iterable[str], start: ScheduledStart, current_time: datetime
    ) -> AdmissionState:
        """Enter a scheduled start; a newer one of a schedule replaces an older one."""
        state = self
        for dataset in datasets:
            entered = state._ensure_waiting(dataset, current_time)
            entry = entered.waiting[dataset]
            starts = {waiting.schedule: waiting for waiting in entry.scheduled_starts}
            older = starts.get(start.schedule)
            if older is None or older.time < start.time:
                starts[start.schedule] = start
                entry = entry.model_copy(update={"scheduled_starts": tuple(starts.values())})
                state = entered._replace_waiting(dataset, entry)
        return state

    def add_request(
        self, dataset: str, request: ForcedStart, current_time: datetime
    ) -> AdmissionState:
        """Enter a user's request, once."""
        state = self._ensure_waiting(dataset, current_time)
        entry = state.waiting[dataset]
        if any(waiting.id == request.id for waiting in entry.requests):
            return state
        requests = (*entry.requests, request)
        return state._replace_waiting(dataset, entry.model_copy(update={"requests": requests}))

    def remove_served(self, dataset: str, evaluated: Waiting | None) -> AdmissionState:
        """Remove what waited at the time of an evaluation; what came since then still waits."""
        entry = self.waiting.get(dataset)
        if entry is None or evaluated is None:
            return self
        served_ids = {request.id for request in evaluated.requests}
        unserved = entry.model_copy(
            update={
                "scheduled_starts": tuple(
                    s for s in entry.scheduled_starts if s not in evaluated.scheduled_starts
                ),
                "requests": tuple(r for r in entry.requests if r.id not in served_ids),
            }
        )
        if not unserved.is_bare:
            return self._replace_waiting(dataset, unserved)
        return self._copy(waiting={name: w for name, w in self.waiting.items() if name != dataset})

    def set_pause(self, pause: Pause | None) -> AdmissionState:
        """Pause new runs, or resume them; an earlier pause stays as it is."""
        if pause is not None and self.paused is not None:
            return self
        return self if pause is self.paused else self._copy(paused=pause)

    def longest_wait(self, time: datetime) -> timedelta:
        """Return how long a complete dataset has waited at most, or new runs have been paused."""
        starts = [
            entry.since
            for entry in self.waiting.values()
            if entry.reason not in ("quiet_period", "marker_file")
        ]
        starts += [self.paused.since] if self.paused else []
        return time - min(starts, default=time)

    def of_stack(self, stack: str) -> AdmissionState:
        """Return the state without a pause of another stack, which had the bucket before."""
        is_foreign = self.paused is not None and self.paused.stack not in ("", stack)
        return self._copy(paused=None) if is_foreign else self

    def set_reconciled(self, time: datetime) -> AdmissionState:
        """Record the time of the last reconciliation."""
        return self._copy(reconciled=time)

    def _ensure_waiting(self, dataset: str, current_time: datetime) -> AdmissionState:
        """Enter a dataset unless it waits already."""
        if dataset in self.waiting:
            return self
        return self.add_waiting(dataset, "run" if dataset in self.slots else "slot", current_time)

    def _replace_waiting(self, dataset: str, entry: Waiting) -> AdmissionState:
        if self.waiting.get(dataset) == entry:
            return self
        return self._copy(waiting={**self.waiting, dataset: entry})

    def _copy(self, **changes: Any) -> AdmissionState:
        return self.model_copy(update=changes)


def read_admission_state(bucket: Bucket, stack: str) -> AdmissionState | None:
    """Return the admission state of a stack; None before the first message."""
    state = bucket.find_record(keys.ADMISSION_STATE, AdmissionState)
    return None if state is None else state.of_stack(stack)


def check_admitted(bucket: Bucket, dataset: str, run_id: str) -> None:
    """Raise `NotAdmitted` if a run has no slot: a stray execution, or one that was redriven."""
    if not holds_slot(bucket, dataset, run_id):
        raise NotAdmitted(
            f"The run {dataset}/{run_id} has no slot. "
            "Runs are started by `tunedrop run`, never by a redrive or by StartExecution."
        )


def holds_slot(bucket: Bucket, dataset: str, run_id: str) -> bool:
    """Return whether a run has its dataset's slot."""
    state = bucket.find_record(keys.ADMISSION_STATE, AdmissionState)
    slot = None if state is None else state.slots.get(dataset)
    return slot is not None and slot.run_id == run_id


def _serve(trigger: Trigger, entry: Waiting) -> tuple[Trigger, Waiting | None]:
    """Return a run's trigger with what it serves of a waiting entry, and what is unserved."""
    resumption = next((request for request in entry.requests if request.resume), None)
    if resumption is None:
        kind = "user" if entry.requests else "schedule" if entry.scheduled_starts else trigger.kind
        served = {
            "kind": kind,
            "scheduled_starts": entry.scheduled_starts,
            "requests": entry.requests,
        }
        return trigger.model_copy(update=served), None
    unserved_requests = tuple(request for request in entry.requests if request is not resumption)
    unserved = entry.model_copy(update={"requests": unserved_requests, "reason": "run"})
    served = {"kind": "resume", "scheduled_starts": (), "requests": (resumption,)}
    return trigger.model_copy(update=served), unserved
