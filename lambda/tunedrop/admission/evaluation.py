"""The evaluation of a dataset: decide, and act. Every message and every call ends here.

It is idempotent and may be killed anywhere: what waits is in the admission state before its message
is deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

from tunedrop.admission.contents import ContentsChanged
from tunedrop.admission.context import AdmissionContext
from tunedrop.admission.decision import (
    Decision,
    DecisionInput,
    NoRun,
    Rejected,
    Start,
    Wait,
    decide,
)
from tunedrop.admission.history import RunHistory
from tunedrop.admission.messages import DatasetEvaluation
from tunedrop.admission.schedule import record_skipped_start
from tunedrop.admission.starting import Started, Superseded, finish_start, take_slot
from tunedrop.admission_state import AdmissionState
from tunedrop.errors import TransientAwsError
from tunedrop.run_logs import run_keys

# Each round follows a change of the dataset, or of its state by another message.
_MAX_ROUNDS = 5
# After this time an incomplete dataset is announced.
_LONG_WAIT = timedelta(hours=1)

logger = logging.getLogger(__name__)

Outcome = Started | Wait | NoRun | Rejected


def evaluate_dataset(context: AdmissionContext, evaluation: DatasetEvaluation) -> Outcome:
    """Start the dataset's run, queue it, or do nothing.

    Raises
    ------
    TransientAwsError
        If the dataset or its state changes in every round.
    """
    with run_keys(dataset=evaluation.dataset):
        for _ in range(_MAX_ROUNDS):
            try:
                outcome = _evaluate_once(context, evaluation)
            except ContentsChanged:
                continue
            if not isinstance(outcome, Superseded):
                logger.info("%s", type(outcome).__name__)
                return outcome
        raise TransientAwsError(f"{evaluation.dataset} kept changing")


def start_waiting(context: AdmissionContext) -> None:
    """Start interrupted starts, then the datasets that wait longest, while slots are free.

    An error of one dataset is logged and does not stop the others; the hourly reconciliation
    repeats it.

    Raises
    ------
    OutOfTime
        If other datasets may start and no time is left.
    """
    evaluated: set[str] = set()
    while True:
        candidates = _list_candidates(context, context.read_state())
        dataset = next((name for name in candidates if name not in evaluated), None)
        if dataset is None:
            return
        context.check_time()
        evaluated.add(dataset)
        try:
            evaluate_dataset(context, DatasetEvaluation(dataset))
        except Exception:
            logger.exception("%s could not be evaluated", dataset)


def _list_candidates(context: AdmissionContext, state: AdmissionState) -> Iterator[str]:
    """Yield the datasets that can start: interrupted starts first, then by waiting time.

    Incomplete datasets have messages of their own on the way.
    """
    yield from (dataset for dataset, slot in state.slots.items() if not slot.started)
    current_time = context.clock()
    for dataset, entry in sorted(state.waiting.items(), key=lambda item: item[1].since):
        is_ready = entry.reason in ("slot", "run", "pause") or (
            entry.reason == "day" and entry.reason_since.date() < current_time.date()
        )
        if is_ready and state.blocked(dataset, context.settings, current_time) is None:
            yield dataset


def _evaluate_once(
    context: AdmissionContext, evaluation: DatasetEvaluation
) -> Outcome | Superseded:
    state = context.read_state()
    slot = state.slots.get(evaluation.dataset)
    if slot is not None and not slot.started:
        # The invocation that took the slot was killed, or is about to go on: both do the same.
        decision_input = DecisionInput(evaluation, state)
        outcome = _record(context, decision_input, finish_start(context, evaluation.dataset, slot))
        if isinstance(outcome, (Wait, Superseded)):
            return outcome
        state = context.read_state()
        slot = state.slots.get(evaluation.dataset)
    decision_input = DecisionInput(evaluation, state)
    history = RunHistory(context, evaluation.dataset, slot)
    decision: Decision | Started | Superseded = decide(context, decision_input, history)
    if isinstance(decision, Start):
        decision = _start_run(context, decision_input, decision)
    return _record(context, decision_input, decision)


def _start_run(
    context: AdmissionContext, decision_input: DecisionInput, start: Start
) -> Decision | Started | Superseded:
    slot = take_slot(context, decision_input, start)
    return slot if isinstance(slot, Wait) else finish_start(context, decision_input.dataset, slot)


def _record(
    context: AdmissionContext,
    decision_input: DecisionInput,
    decision: Decision | Started | Superseded,
) -> Outcome | Superseded:
    """Write what a decision means for the dataset's waiting entry into the admission state."""
    dataset = decision_input.dataset
    if isinstance(decision, Start):
        raise AssertionError("a start takes a slot or waits")  # pragma: no cover
    if isinstance(decision, Wait):
        _record_wait(context, decision_input, decision)
    if isinstance(decision, Rejected):
        context.announcements.announce_rejection(dataset, decision.error)
    if isinstance(decision, NoRun) and decision.skipped is not None:
        record_skipped_start(context.bucket, dataset, decision.skipped)
    if isinstance(decision, NoRun | Rejected) and decision_input.entry is not None:
        context.change_state(lambda state: state.remove_served(dataset, decision_input.entry))
    return decision


def _record_wait(context: AdmissionContext, decision_input: DecisionInput, wait: Wait) -> None:
    """Enter a waiting dataset; send a message for the next evaluation unless one is on its way."""
    current_time, dataset = context.clock(), decision_input.dataset
    if wait.again is not None:
        later = DatasetEvaluation(dataset, wait.quiet_since)
        context.arrivals.send(later.body(), delay_seconds=wait.again)
    entry = decision_input.entry
    if entry is None or entry.reason != wait.reason:
        state = context.change_state(
            lambda state: state.add_waiting(dataset, wait.reason, current_time)
        )
        entry = state.waiting[dataset]
    is_incomplete = wait.reason in ("quiet_period", "marker_file")
    if is_incomplete and current_time - entry.reason_since >= _LONG_WAIT:
        context.announcements.announce_incomplete(dataset, entry.reason_since, wait.marker_file)
    if wait.reason == "day":
        reached = context.read_state().day_limit(dataset, context.settings, current_time)
        context.announcements.announce_daily_limit(*reached)
