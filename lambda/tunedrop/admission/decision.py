"""The decision whether a dataset's run can start. It changes nothing.

It is made twice for each run: without a slot, and again with it, when no other message can start a
run of the dataset.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tunedrop import keys
from tunedrop.admission.contents import Contents, read_contents, read_versions
from tunedrop.admission.context import AdmissionContext
from tunedrop.admission.history import RunHistory
from tunedrop.admission.messages import DatasetEvaluation
from tunedrop.admission.schedule import why_model_is_not_worse
from tunedrop.admission_state import AdmissionState, Slot, Waiting, WaitsFor
from tunedrop.environment import StartOn
from tunedrop.errors import DatasetError
from tunedrop.objects import ObjectVersion
from tunedrop.records import check_dataset_name
from tunedrop.run_record import Run, digest_of
from tunedrop.trigger import ForcedStart, ScheduledStart, SkippedStart, Trigger

# Clocks of events and of objects differ by this much.
_CLOCK_DIFFERENCE = timedelta(seconds=2)
_NOT_ON_DROP = (
    "Waiting for a schedule or a user: start_on has no drop, or the files are older than the stack."
)
_NOT_ON_SCHEDULE = "Schedules start no run: start_on of the dataset has no schedule."


@dataclass(frozen=True)
class Start:
    """A run of these objects; `newest_run_id` is the newest run before it."""

    objects: tuple[ObjectVersion, ...]
    digest: str
    newest_run_id: str
    key: str = ""


@dataclass(frozen=True)
class Wait:
    """The dataset waits; it is evaluated after `again` seconds, or by a message on its way."""

    reason: WaitsFor
    again: float | None = None
    quiet_since: datetime | None = None
    marker_file: str = ""


@dataclass(frozen=True)
class NoRun:
    """No run is due; `run_id` is the run that has these contents.

    This serves what waits for the dataset. `is_left_to_schedules` says that a drop starts none;
    `skipped` is the scheduled start that starts no run by this.
    """

    reason: str
    run_id: str = ""
    is_left_to_schedules: bool = False
    skipped: SkippedStart | None = None


@dataclass(frozen=True)
class Rejected:
    """The dataset can have no run."""

    error: DatasetError


Decision = Start | Wait | NoRun | Rejected


@dataclass(frozen=True)
class DecisionInput:
    """What is known before a dataset is read: the evaluation, and the admission state.

    `slot` is the one that was taken for the run to decide about, None before that.
    """

    evaluation: DatasetEvaluation
    state: AdmissionState
    slot: Slot | None = None

    @property
    def dataset(self) -> str:
        """The dataset's name."""
        return self.evaluation.dataset

    @property
    def entry(self) -> Waiting | None:
        """The dataset's waiting entry."""
        return self.state.waiting.get(self.dataset)

    @property
    def _pending(self) -> Trigger | Waiting | None:
        """What the run serves."""
        return self.slot.trigger if self.slot else self.entry

    def unserved_starts(self, history: RunHistory) -> tuple[ScheduledStart, ...]:
        """Return the scheduled starts that no run has served yet."""
        starts = self._pending.scheduled_starts if self._pending else ()
        return tuple(start for start in starts if not history.has_served(start.time))

    def unserved_requests(self, history: RunHistory) -> tuple[ForcedStart, ...]:
        """Return the requests that no run has served yet, without those for deleted runs."""
        return tuple(
            request
            for request in (self._pending.requests if self._pending else ())
            if history.run_of_request(request.id) is None
            and (not request.resume or history.run(request.resume) is not None)
        )


def decide(
    context: AdmissionContext, decision_input: DecisionInput, history: RunHistory
) -> Decision:
    """Return whether the dataset's run can start."""
    dataset = decision_input.dataset
    requests = decision_input.unserved_requests(history)
    failed = next((history.run(r.resume) for r in requests if r.resume), None)
    if failed is not None:
        return _check_daily_limit(context, history) or _start_resumption(failed, history)
    try:
        check_dataset_name(dataset)
        contents = read_contents(context.bucket, dataset, context.settings.marker_file)
    except DatasetError as error:
        return Rejected(error)
    if not contents.objects:
        return NoRun(f"There is nothing at {keys.DATASETS}{dataset}.")
    starts = decision_input.unserved_starts(history)
    unmet = _list_unmet(context, contents, starts)
    met = [start for start in starts if start not in unmet]
    if requests or any(start.when != "changed" for start in met):
        return (
            _check_completeness(context, decision_input.evaluation, contents)
            or _check_daily_limit(context, history)
            or _start(context, contents, history)
        )
    is_dropped = contents.newest.last_modified >= decision_input.state.since
    is_drop_due = is_dropped and "drop" in _start_on(context, contents)
    if not met and not is_drop_due:
        left = NoRun(_NOT_ON_DROP, is_left_to_schedules=True)
        return _with_skipped(left, starts, unmet)
    decision = _decide_by_contents(context, decision_input, contents, history)
    return _with_skipped(decision, starts, unmet)


def _start_on(context: AdmissionContext, contents: Contents) -> tuple[StartOn, ...]:
    """Return what starts runs of a dataset: as tuning.yaml says, else as the deployment does."""
    return contents.start_on or context.settings.start_on


def _list_unmet(
    context: AdmissionContext, contents: Contents, starts: Iterable[ScheduledStart]
) -> dict[ScheduledStart, str]:
    """Return the scheduled starts that start no run, whatever the contents are, and the reasons."""
    if "schedule" not in _start_on(context, contents):
        return dict.fromkeys(starts, _NOT_ON_SCHEDULE)
    for_worse = [start for start in starts if start.when == "worse"]
    reason = why_model_is_not_worse(context, contents.dataset) if for_worse else ""
    return dict.fromkeys(for_worse, reason) if reason else {}


def _with_skipped(
    decision: Decision, starts: Sequence[ScheduledStart], unmet: Mapping[ScheduledStart, str]
) -> Decision:
    """Return a decision with the newest scheduled start that it lets start no run."""
    if not starts or not isinstance(decision, NoRun):
        return decision
    newest = max(starts, key=lambda start: start.time)
    reason = unmet.get(newest, decision.reason)
    skipped = SkippedStart(schedule=newest.schedule, time=newest.time, reason=reason)
    return replace(decision, skipped=skipped)


def _decide_by_contents(
    context: AdmissionContext,
    decision_input: DecisionInput,
    contents: Contents,
    history: RunHistory,
) -> Decision:
    """Return whether a run can start because the contents are those of no run."""
    evaluation = decision_input.evaluation
    if (incomplete := _check_completeness(context, evaluation, contents)) is not None:
        return incomplete
    if not contents.has_training_data:
        return NoRun("The dataset has no training data yet.")
    return (
        _check_latest_run(context, decision_input, contents, history)
        or _check_daily_limit(context, history)
        or _start(context, contents, history)
    )


def _check_completeness(
    context: AdmissionContext, evaluation: DatasetEvaluation, contents: Contents
) -> Wait | None:
    """Return what an incomplete dataset waits for; None if it is complete."""
    if contents.marker_file:
        if contents.is_complete:
            return None
        return Wait("marker_file", marker_file=contents.marker_file)
    written, current_time = contents.newest.last_modified, context.clock()
    changed = max(written, evaluation.quiet_since or written)
    until = changed + timedelta(seconds=context.settings.quiet_period_seconds)
    if until <= current_time:
        return None
    # The newer object has an event of its own, which comes after the quiet period.
    is_older_event = (
        evaluation.quiet_since is not None and written > evaluation.quiet_since + _CLOCK_DIFFERENCE
    )
    again = None if is_older_event else (until - current_time).total_seconds()
    return Wait("quiet_period", again=again, quiet_since=changed)


def _check_latest_run(
    context: AdmissionContext,
    decision_input: DecisionInput,
    contents: Contents,
    history: RunHistory,
) -> Decision | None:
    """Return why the latest run makes a new one unnecessary or makes it wait; None if not."""
    latest = next(history.newest(), None)
    if latest is None:
        return None
    if set(contents.objects) <= {o.as_listed for o in latest.objects}:
        return _same_contents(latest, history)
    entry = decision_input.entry
    is_complete = entry is not None and entry.reason not in ("quiet_period", "marker_file")
    if decision_input.slot is None and is_complete:
        blocked = decision_input.state.blocked(
            decision_input.dataset, context.settings, context.clock()
        )
        if blocked is not None:
            return Wait(blocked)
    # After a failure, a new version of the same contents is a second attempt.
    if not history.is_active(latest) and not history.has_report(latest):
        return None
    if digest_of(read_versions(context.bucket, contents)) == latest.digest:
        return _same_contents(latest, history)
    return None


def _same_contents(run: Run, history: RunHistory) -> NoRun:
    if history.is_active(run):
        status = "is active"
    else:
        status = "has a report" if history.has_report(run) else "has failed"
    return NoRun(f"The run {run.folder} of the same contents {status}.", run.run_id)


def _check_daily_limit(context: AdmissionContext, history: RunHistory) -> Wait | None:
    is_reached = history.runs_of_today() >= context.settings.max_runs_per_dataset_per_day
    return Wait("day") if is_reached else None


def _start(context: AdmissionContext, contents: Contents, history: RunHistory) -> Start:
    objects = read_versions(context.bucket, contents)
    return Start(objects, digest_of(objects), history.newest_id, contents.newest.key)


def _start_resumption(failed: Run, history: RunHistory) -> Start:
    """Start from the failed run's objects, not from the dataset's current ones."""
    return Start(failed.objects, failed.digest, history.newest_id)
