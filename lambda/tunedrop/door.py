"""claims/door.json: which runs are under way, which datasets wait, and what may become of them.

Only Admit changes it, and only by the methods here: each returns the door as it is afterwards, so
that one conditional write decides. StartJob and PlanRun ask it whether a run is admitted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tunedrop import keys
from tunedrop.errors import NotAdmitted
from tunedrop.storage import Bucket
from tunedrop.trigger import ForcedStart, Trigger

# What a dataset waits for: until no file of it is new, its manifest, the end of its run, one of the
# places for concurrent runs, the next day, or that somebody opens the door again.
WaitsFor = Literal["rest", "manifest", "run", "slot", "day", "pause"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Slot(_Part):
    """The place of a run that is under way, or about to be (`started` is false until it is)."""

    run_id: str
    since: datetime
    trigger: Trigger
    started: bool = False


class Waiting(_Part):
    """A dataset whose run cannot start yet, with all that the run will serve.

    `told` has the reasons that people have been told of.
    """

    since: datetime
    reason: WaitsFor = Field(alias="for")
    reason_since: datetime = Field(alias="for_since")
    tick: datetime | None = None
    requests: tuple[ForcedStart, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def is_bare(self) -> bool:
        """Whether nothing but a change of the dataset waits."""
        return self.tick is None and not self.requests


class Pause(_Part):
    """Nothing starts any more."""

    since: datetime
    by: str


class Door(_Part):
    """The state of the door; `since` is when the deployment was first made."""

    version: Literal[1] = 1
    since: datetime
    swept: datetime | None = None
    paused: Pause | None = None
    slots: Mapping[str, Slot] = Field(default_factory=dict)
    waiting: Mapping[str, Waiting] = Field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Write it."""
        return self.model_dump_json(by_alias=True, indent=2).encode() + b"\n"

    def blocked(self, dataset: str, limit: int) -> WaitsFor | None:
        """Return why no run of a dataset can start now; None when one can."""
        if dataset in self.slots:
            return "run"
        if self.paused is not None:
            return "pause"
        return "slot" if len(self.slots) >= limit else None

    def taken(self, dataset: str, slot: Slot, limit: int) -> Door:
        """Give a dataset a slot, with all that waits; where none is free it waits on.

        A run that resumes another one serves that request alone: it does not read the dataset.
        """
        held = self.slots.get(dataset)
        if held is not None and held.run_id == slot.run_id:
            return self
        if (reason := self.blocked(dataset, limit)) is not None:
            return self.waits(dataset, reason, slot.since)
        entry = self.waiting.get(dataset)
        rest = dict(self.waiting)
        if entry is not None:
            trigger, left = _served(slot.trigger, entry)
            slot = slot.model_copy(update={"trigger": trigger})
            rest.pop(dataset)
            if left is not None:
                rest[dataset] = left
        return self._with(slots={**self.slots, dataset: slot}, waiting=rest)

    def started(self, dataset: str, run_id: str) -> Door:
        """Note that a run's execution was started."""
        held = self.slots.get(dataset)
        if held is None or held.run_id != run_id or held.started:
            return self
        slot = held.model_copy(update={"started": True})
        return self._with(slots={**self.slots, dataset: slot})

    def freed(self, dataset: str, run_id: str) -> Door:
        """Free a run's slot, if the run has it."""
        held = self.slots.get(dataset)
        if held is None or held.run_id != run_id:
            return self
        return self._with(slots={name: s for name, s in self.slots.items() if name != dataset})

    def given_back(self, dataset: str, run_id: str, reason: WaitsFor | None, now: datetime) -> Door:
        """Free the slot of a run that was not started; where there is a reason, it waits again."""
        held = self.slots.get(dataset)
        door = self.freed(dataset, run_id)
        if held is None or door is self or reason is None:
            return door
        door = door.waits(dataset, reason, held.since)
        if held.trigger.tick is not None:
            door = door.ticked([dataset], held.trigger.tick, now)
        for request in held.trigger.requests:
            door = door.asked(dataset, request, now)
        return door

    def waits(self, dataset: str, reason: WaitsFor, now: datetime) -> Door:
        """Let a dataset wait; how long it has done so already is kept."""
        entry = self.waiting.get(dataset)
        if entry is None:
            entry = Waiting(since=now, reason=reason, reason_since=now)
        elif entry.reason == reason:
            return self
        else:
            entry = entry.model_copy(update={"reason": reason, "reason_since": now})
        return self._entered(dataset, entry)

    def ticked(self, datasets: Iterable[str], tick: datetime, now: datetime) -> Door:
        """Enter a tick of the schedule; a newer one counts for an older one, too."""
        door = self
        for dataset in datasets:
            entered = door._comes(dataset, now)
            entry = entered.waiting[dataset]
            if entry.tick is None or entry.tick < tick:
                door = entered._entered(dataset, entry.model_copy(update={"tick": tick}))
        return door

    def asked(self, dataset: str, request: ForcedStart, now: datetime) -> Door:
        """Enter a person's request, once."""
        door = self._comes(dataset, now)
        entry = door.waiting[dataset]
        if any(known.id == request.id for known in entry.requests):
            return door
        requests = (*entry.requests, request)
        return door._entered(dataset, entry.model_copy(update={"requests": requests}))

    def settled(self, dataset: str, seen: Waiting | None) -> Door:
        """Forget what waited when it was looked at; what came since then waits on."""
        entry = self.waiting.get(dataset)
        if entry is None or seen is None:
            return self
        is_served = entry.tick is None or (seen.tick is not None and entry.tick <= seen.tick)
        served = {request.id for request in seen.requests}
        left = entry.model_copy(
            update={
                "tick": None if is_served else entry.tick,
                "requests": tuple(r for r in entry.requests if r.id not in served),
            }
        )
        if not left.is_bare:
            return self._entered(dataset, left)
        return self._with(waiting={name: w for name, w in self.waiting.items() if name != dataset})

    def told(self, dataset: str, reason: str) -> Door:
        """Note that people were told why a dataset waits."""
        entry = self.waiting.get(dataset)
        if entry is None or reason in entry.told:
            return self
        return self._entered(dataset, entry.model_copy(update={"told": (*entry.told, reason)}))

    def pausing(self, pause: Pause | None) -> Door:
        """Close the door, or open it again; the first who closed it stays written down."""
        if pause is not None and self.paused is not None:
            return self
        return self if pause is self.paused else self._with(paused=pause)

    def swept_at(self, time: datetime) -> Door:
        """Note when all datasets were last looked through."""
        return self._with(swept=time)

    def _comes(self, dataset: str, now: datetime) -> Door:
        """Enter a dataset unless it waits already."""
        if dataset in self.waiting:
            return self
        return self.waits(dataset, "run" if dataset in self.slots else "slot", now)

    def _entered(self, dataset: str, entry: Waiting) -> Door:
        if self.waiting.get(dataset) == entry:
            return self
        return self._with(waiting={**self.waiting, dataset: entry})

    def _with(self, **changes: Any) -> Door:
        return self.model_copy(update=changes)


def read_door(bucket: Bucket) -> Door | None:
    """Read the door's state; None before the first message."""
    return bucket.find_record(keys.DOOR, Door)


def check_admitted(bucket: Bucket, dataset: str, run_id: str) -> None:
    """Raise `NotAdmitted` for a run that is not under way: a stray, or one that was redriven."""
    if not holds_slot(bucket, dataset, run_id):
        raise NotAdmitted(
            f"The run {dataset}/{run_id} is not under way at the door. "
            "Runs are started by `tunedrop run`, never by a redrive or by StartExecution."
        )


def holds_slot(bucket: Bucket, dataset: str, run_id: str) -> bool:
    """Whether a run is the one of its dataset that is under way."""
    door = read_door(bucket)
    slot = None if door is None else door.slots.get(dataset)
    return slot is not None and slot.run_id == run_id


def _served(trigger: Trigger, entry: Waiting) -> tuple[Trigger, Waiting | None]:
    """Return the trigger of a run with what of a waiting entry it serves, and what is left."""
    resumes = next((request for request in entry.requests if request.resume), None)
    if resumes is None:
        kind = "person" if entry.requests else "schedule" if entry.tick else trigger.kind
        served = {"kind": kind, "tick": entry.tick, "requests": entry.requests}
        return trigger.model_copy(update=served), None
    left = tuple(request for request in entry.requests if request is not resumes)
    waiting = entry.model_copy(update={"requests": left, "reason": "run"})
    served = {"kind": "resume", "tick": None, "requests": (resumes,)}
    return trigger.model_copy(update=served), waiting
