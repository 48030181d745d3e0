"""Whether a dataset's run can start: one decision, whoever asks. Nothing is changed here.

It is made twice for each run: before the dataset has a slot, and again with the slot, when no other
message can start a run of the dataset any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tunedrop import keys
from tunedrop.admission.contents import Contents, listing_digest, read_contents, with_checksums
from tunedrop.admission.gate import Gate
from tunedrop.admission.history import RunHistory, versions_of
from tunedrop.admission.messages import Look
from tunedrop.door import Door, Slot, Waiting, WaitsFor
from tunedrop.errors import DatasetError
from tunedrop.objects import ObjectVersion
from tunedrop.records import check_dataset_name
from tunedrop.run_record import Run, digest_of
from tunedrop.trigger import ForcedStart

# Times of events and of objects come from clocks that may differ by so much.
_CLOCKS = timedelta(seconds=2)


@dataclass(frozen=True)
class Start:
    """A run of these objects; `after` is the newest run until now."""

    objects: tuple[ObjectVersion, ...]
    digest: str
    after: str
    key: str = ""


@dataclass(frozen=True)
class Wait:
    """The dataset waits; look again after `again` seconds, unless a message is on its way."""

    reason: WaitsFor
    again: float | None = None
    quiet_since: datetime | None = None
    manifest: str = ""


@dataclass(frozen=True)
class Idle:
    """Nothing is to start, and why; `run_id` is the run that has these contents.

    Whatever waited for the dataset is served by that, unless `keeps_waiting`.
    """

    why: str
    run_id: str = ""
    keeps_waiting: bool = False


@dataclass(frozen=True)
class Refused:
    """There can be no run of what is there; `digest` is of what is there."""

    error: DatasetError
    digest: str


Decision = Start | Wait | Idle | Refused


@dataclass(frozen=True)
class Case:
    """What is known before the dataset is looked at: why, and what waits.

    `slot` is the one that was taken for the run that is decided about, None before that.
    """

    look: Look
    door: Door
    slot: Slot | None = None

    @property
    def dataset(self) -> str:
        """The dataset's name."""
        return self.look.dataset

    @property
    def entry(self) -> Waiting | None:
        """The dataset's entry among those that wait."""
        return self.door.waiting.get(self.dataset)

    def tick(self, history: RunHistory) -> datetime | None:
        """Return the tick that no run has served yet."""
        waiting = self.slot.trigger if self.slot else self.entry
        tick = waiting.tick if waiting else None
        return None if tick is None or history.has_served(tick) else tick

    def requests(self, history: RunHistory) -> tuple[ForcedStart, ...]:
        """Return the requests that no run has served yet, but of runs that are gone."""
        waiting = self.slot.trigger if self.slot else self.entry
        asked = waiting.requests if waiting else ()
        return tuple(
            request
            for request in asked
            if history.run_of_request(request.id) is None
            and (not request.resume or history.run(request.resume) is not None)
        )


def decide(gate: Gate, case: Case, history: RunHistory) -> Decision:
    """Decide whether the dataset's run can start."""
    requests = case.requests(history)
    forced = bool(requests) or case.tick(history) is not None
    failed = next((history.run(r.resume) for r in requests if r.resume), None)
    if failed is not None:
        return _of_today(gate, history) or _resumption(failed, history)
    try:
        check_dataset_name(case.dataset)
        contents = read_contents(gate.bucket, case.dataset, gate.settings.manifest)
    except DatasetError as error:
        return _refusal(gate, case.look, error)
    if not contents.objects:
        return Idle(f"There is nothing at {keys.DATASETS}{case.dataset}.")
    if case.look.side_file not in ("", contents.manifest) and not forced:
        return Idle("The file is no data.", keeps_waiting=True)
    incomplete = _incomplete(gate, case.look, contents)
    if incomplete is not None:
        return incomplete
    if not forced and not contents.has_training_data:
        return Idle("The dataset has no training data yet.")
    known = None if forced else _known(gate, case, contents, history)
    return known or _of_today(gate, history) or _start(gate, contents, history)


def _refusal(gate: Gate, look: Look, error: DatasetError) -> Decision:
    """Refuse a dataset whose name, or number of files, lets it have no run; once it is at rest."""
    try:
        check_dataset_name(look.dataset)
    except DatasetError:
        try:
            contents = read_contents(gate.bucket, look.dataset, None)
        except DatasetError:
            return Refused(error, f"{gate.clock():%Y%m%d}")
        if not contents.objects:
            return Idle("There is nothing of this name.")
        return _incomplete(gate, look, contents) or Refused(error, listing_digest(contents.objects))
    # It cannot be listed as a whole, so that its contents are not known: it is told once a day.
    return Refused(error, f"{gate.clock():%Y%m%d}")


def _incomplete(gate: Gate, look: Look, contents: Contents) -> Wait | None:
    """Say what a dataset waits for before it is complete; None when it is."""
    if contents.manifest:
        return None if contents.is_complete else Wait("manifest", manifest=contents.manifest)
    written, now = contents.newest.last_modified, gate.clock()
    changed = max(written, look.quiet_since or written)
    until = changed + timedelta(seconds=gate.settings.settle_seconds)
    if until <= now:
        return None
    # Then the newer object's own event is on its way, and will find it at rest or not.
    is_older_news = look.quiet_since is not None and written > look.quiet_since + _CLOCKS
    again = None if is_older_news else (until - now).total_seconds()
    return Wait("rest", again=again, quiet_since=changed)


def _known(gate: Gate, case: Case, contents: Contents, history: RunHistory) -> Decision | None:
    """Say whether the latest run has these contents, or has to end before that can matter."""
    latest = next(history.newest(), None)
    if latest is None:
        return None
    if versions_of(contents.objects) <= versions_of(latest.objects):
        return _ended_or_under_way(latest, history)
    entry = case.entry
    if case.slot is None and entry is not None and entry.reason not in ("rest", "manifest"):
        blocked = case.door.blocked(case.dataset, gate.settings.max_concurrent_runs)
        if blocked is not None:
            return Wait(blocked)
    # After a failure, the same contents in a newer version are a person's second attempt.
    if not history.is_under_way(latest) and not history.has_report(latest):
        return None
    if digest_of(with_checksums(gate.bucket, contents)) == latest.digest:
        return _ended_or_under_way(latest, history)
    return None


def _ended_or_under_way(run: Run, history: RunHistory) -> Idle:
    if history.is_under_way(run):
        return _under_way(run)
    how = "has reported" if history.has_report(run) else "has failed"
    return Idle(f"The run {run.folder} of the same contents {how}.", run.run_id)


def _under_way(run: Run) -> Idle:
    return Idle(f"The run {run.folder} of the same contents is under way.", run.run_id)


def _of_today(gate: Gate, history: RunHistory) -> Wait | None:
    full = history.runs_of_today() >= gate.settings.max_runs_per_dataset_per_day
    return Wait("day") if full else None


def _start(gate: Gate, contents: Contents, history: RunHistory) -> Start:
    objects = with_checksums(gate.bucket, contents)
    key = contents.newest.key
    return Start(objects, digest_of(objects), history.newest_id, key)


def _resumption(failed: Run, history: RunHistory) -> Start:
    """Start from the failed run's own objects, not from what the dataset is now."""
    return Start(failed.objects, failed.digest, history.newest_id)
