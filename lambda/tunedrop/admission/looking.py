"""A look at a dataset: decide, and do it. Events, ticks, ends of runs and people all end here.

It can be repeated, and may be killed anywhere: what waits is in the door before messages are gone.
When a place is free, `wake` looks at those that have waited longest.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

from tunedrop.admission.decision import Case, Decision, Idle, Refused, Start, Wait, decide
from tunedrop.admission.gate import Gate
from tunedrop.admission.history import RunHistory
from tunedrop.admission.messages import Look
from tunedrop.admission.starting import Started, Superseded, finish, take_slot
from tunedrop.door import Door
from tunedrop.errors import TransientAwsError
from tunedrop.run_logs import run_keys

# Each round follows another message's change of the same dataset.
_ROUNDS = 5
# From then on people are told that a dataset is never complete.
_LONG = timedelta(hours=1)

# Looks of one `wake`; the next end of a run, or the sweep, goes on.
_MOST_LOOKS = 200

logger = logging.getLogger(__name__)

Outcome = Started | Wait | Idle | Refused


def look_at(gate: Gate, look: Look) -> Outcome:
    """Start the dataset's run if it is time, or let it wait, or find that nothing is to do."""
    with run_keys(dataset=look.dataset):
        for _ in range(_ROUNDS):
            outcome = _once(gate, look)
            if not isinstance(outcome, Superseded):
                logger.info("%s", type(outcome).__name__)
                return outcome
        raise TransientAwsError(f"The door kept changing for {look.dataset}")


def wake(gate: Gate) -> None:
    """Start whoever waits longest, as long as slots are free, and runs whose start was broken off.

    An error of one dataset must not keep the others waiting: it is logged, and the hourly sweep
    looks at that dataset again.
    """
    tried: set[str] = set()
    while len(tried) < _MOST_LOOKS:
        door = gate.door()
        dataset = next((name for name in _candidates(gate, door) if name not in tried), None)
        if dataset is None:
            return
        tried.add(dataset)
        try:
            look_at(gate, Look(dataset))
        except Exception:
            logger.exception("%s could not be looked at", dataset)


def _candidates(gate: Gate, door: Door) -> Iterator[str]:
    """Name the datasets that can be helped, those that have a slot first, then by their waiting.

    Those that are not complete have messages of their own on the way; yesterday's limit is over.
    """
    yield from (dataset for dataset, slot in door.slots.items() if not slot.started)
    today = gate.clock().date()
    limit = gate.settings.max_concurrent_runs
    for dataset, entry in sorted(door.waiting.items(), key=lambda item: item[1].since):
        is_ready = entry.reason in ("slot", "run", "pause") or (
            entry.reason == "day" and entry.reason_since.date() < today
        )
        if is_ready and door.blocked(dataset, limit) is None:
            yield dataset


def _once(gate: Gate, look: Look) -> Outcome | Superseded:
    door = gate.door()
    slot = door.slots.get(look.dataset)
    if slot is not None and not slot.started:
        # Whoever took it was killed, or is about to go on: both do the same.
        outcome = _settle(gate, Case(look, door), finish(gate, look.dataset, slot))
        if isinstance(outcome, (Wait, Superseded)):
            return outcome
        door = gate.door()
        slot = door.slots.get(look.dataset)
    case = Case(look, door)
    history = RunHistory(gate, look.dataset, slot)
    decision: Decision | Started | Superseded = decide(gate, case, history)
    if isinstance(decision, Start):
        taken = take_slot(gate, case, decision)
        decision = taken if isinstance(taken, Wait) else finish(gate, look.dataset, taken)
    return _settle(gate, case, decision)


def _settle(
    gate: Gate, case: Case, decision: Decision | Started | Superseded
) -> Outcome | Superseded:
    """Write down at the door what a decision means for what waits there."""
    dataset = case.dataset
    if isinstance(decision, Start):
        raise AssertionError("a start is taken or waits")  # pragma: no cover
    if isinstance(decision, Wait):
        _wait(gate, case, decision)
    if isinstance(decision, Refused):
        gate.announcements.refused(dataset, decision.digest, decision.error, gate.clock())
    forgets = isinstance(decision, Refused) or (
        isinstance(decision, Idle) and not decision.keeps_waiting
    )
    if forgets and case.entry is not None:
        gate.change(lambda door: door.settled(dataset, case.entry))
    return decision


def _wait(gate: Gate, case: Case, wait: Wait) -> None:
    """Enter a dataset among those that wait; look again by a message, where none is to come."""
    now, dataset = gate.clock(), case.dataset
    if wait.again is not None:
        gate.arrivals.send(Look(dataset, wait.quiet_since), delay_seconds=wait.again)
    entry = case.entry
    if entry is None or entry.reason != wait.reason:
        door = gate.change(lambda door: door.waits(dataset, wait.reason, now))
        entry = door.waiting[dataset]
    is_long = wait.reason in ("rest", "manifest") and now - entry.reason_since >= _LONG
    if (is_long or wait.reason == "day") and wait.reason not in entry.told:
        # First the note, then the message: people are told once, and at worst in the logs only.
        gate.change(lambda door: door.told(dataset, wait.reason))
        logger.warning("%s waits for %s", dataset, wait.reason)
        if wait.reason == "day":
            limit = gate.settings.max_runs_per_dataset_per_day
            gate.announcements.waits_for_tomorrow(dataset, limit)
        else:
            gate.announcements.waits_for_rest(dataset, entry.reason_since, wait.manifest)
