"""From a decision to a running execution: slot, run.json, execution, in this order.

The slot guarantees one run of a dataset at a time. An invocation that finds a slot without an
execution continues from there, so Admit may be killed between any two calls.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import timedelta

from botocore.exceptions import ClientError

from tunedrop.admission.context import AdmissionContext
from tunedrop.admission.decision import Decision, DecisionInput, Start, Wait, decide
from tunedrop.admission.history import RunHistory
from tunedrop.admission.messages import DatasetEvaluation
from tunedrop.admission_state import Slot, WaitsFor
from tunedrop.aws_errors import code_of, translated
from tunedrop.errors import UnreadableState
from tunedrop.run_logs import run_keys
from tunedrop.run_record import (
    Run,
    RunFolder,
    end_of,
    execution_of_run,
    name_of,
    run_id_of,
    sha256_of,
    time_of,
    write_run,
)
from tunedrop.trigger import Trigger

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Started:
    """A run was started."""

    run_id: str
    execution: str


@dataclass(frozen=True)
class Superseded:
    """Another message has changed the dataset's state: evaluate again."""


def take_slot(
    context: AdmissionContext, decision_input: DecisionInput, start: Start
) -> Slot | Wait:
    """Take a slot for a run, which serves what waits for one; without a free slot, wait."""
    current_time, dataset = context.clock(), decision_input.dataset
    # Run ids are in the order of the runs, even if clocks differ.
    later = (
        time_of(start.newest_run_id) + timedelta(seconds=1) if start.newest_run_id else current_time
    )
    entry = decision_input.entry
    request_ids = [request.id for request in entry.requests] if entry else []
    scheduled_times = [str(start.time) for start in entry.scheduled_starts] if entry else []
    slot = Slot(
        run_id=run_id_of(
            max(current_time, later),
            sha256_of([dataset, start.digest, *scheduled_times, *request_ids]),
        ),
        since=current_time,
        trigger=Trigger(kind="object", time=current_time, key=start.key),
    )
    state = context.change_state(lambda state: state.take_slot(dataset, slot, context.settings))
    held = state.slots.get(dataset)
    if held is not None and held.run_id == slot.run_id:
        return held
    waiting = state.waiting.get(dataset)
    return Wait(waiting.reason if waiting else "run")


def finish_start(
    context: AdmissionContext, dataset: str, slot: Slot
) -> Started | Decision | Superseded:
    """Write run.json and start the execution of a slot, from where the last attempt ended.

    The decision is made again, because no other message can start a run of the dataset now. If it
    is no start, the slot is given back.
    """
    with run_keys(dataset=dataset, run_id=slot.run_id):
        run = context.find_run(dataset, slot.run_id)
        if run is None:
            decision = _decide_again(context, dataset, slot)
            if not isinstance(decision, Start):
                return decision
            try:
                run = _write_run(context, dataset, slot, decision)
            except UnreadableState:
                _give_back(context, dataset, slot, "slot")
                return Superseded()  # the next run has another id
            held = context.read_state().slots.get(dataset)
            if held is None or held.run_id != slot.run_id:
                return Superseded()
        _start_execution(context, run)
        context.change_state(lambda state: state.mark_started(dataset, slot.run_id))
        return Started(run.run_id, run.execution)


def _decide_again(context: AdmissionContext, dataset: str, slot: Slot) -> Decision | Superseded:
    history = RunHistory(context, dataset, slot, excluded=slot.run_id)
    decision_input = DecisionInput(DatasetEvaluation(dataset), context.read_state(), slot)
    decision: Decision | Superseded = decide(context, decision_input, history)
    if history.newest_id > slot.run_id:
        decision = Superseded()
    if isinstance(decision, Start):
        return decision
    reason = decision.reason if isinstance(decision, Wait) else None
    if isinstance(decision, Superseded):
        reason = "slot"
    _give_back(context, dataset, slot, reason)
    return decision


def _give_back(
    context: AdmissionContext, dataset: str, slot: Slot, reason: WaitsFor | None
) -> None:
    current_time = context.clock()
    context.change_state(
        lambda state: state.give_back_slot(dataset, slot.run_id, reason, current_time)
    )


def _write_run(context: AdmissionContext, dataset: str, slot: Slot, start: Start) -> Run:
    run = Run(
        dataset=dataset,
        run_id=slot.run_id,
        digest=start.digest,
        objects=start.objects,
        execution=execution_of_run(context.state_machine, dataset, slot.run_id),
        trigger=slot.trigger,
    )
    return write_run(context.bucket, run)


def _start_execution(context: AdmissionContext, run: Run) -> None:
    """Start a run's execution by its unique name, unless the run has ended."""
    if end_of(context.bucket, RunFolder(run.dataset, run.run_id)):
        return
    with translated():
        try:
            context.stepfunctions.start_execution(
                stateMachineArn=context.state_machine,
                name=name_of(run.dataset, run.run_id),
                input=json.dumps({"dataset": run.dataset, "run_id": run.run_id}),
            )
        except ClientError as error:
            if code_of(error) != "ExecutionAlreadyExists":
                raise
    logger.info("run started", extra={"trigger": run.trigger.kind if run.trigger else ""})
