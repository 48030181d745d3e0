"""From a decision to a running execution: slot, claim, start, in this order.

The slot is what guarantees one run of a dataset at a time. Whoever finds one whose run was not
started goes on from there, so that Admit may be killed between any two calls.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import timedelta

from botocore.exceptions import ClientError

from tunedrop.admission.decision import Case, Decision, Start, Wait, decide
from tunedrop.admission.gate import Gate
from tunedrop.admission.history import RunHistory
from tunedrop.admission.messages import Look
from tunedrop.aws_errors import code_of, translated
from tunedrop.door import Slot, WaitsFor
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
from tunedrop.trigger import Trigger, TriggerKind

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Started:
    """A run is under way, or was."""

    run_id: str
    execution: str


@dataclass(frozen=True)
class Superseded:
    """Another message has changed the door meanwhile: look again."""


def take_slot(gate: Gate, case: Case, start: Start) -> Slot | Wait:
    """Take a slot for a run, with all that waits for one; without a free one, wait."""
    now, dataset = gate.clock(), case.dataset
    # Run ids are in the order of the runs, whatever clocks say.
    later = time_of(start.after) + timedelta(seconds=1) if start.after else now
    kind: TriggerKind = "sweep" if case.look.from_sweep else "object"
    entry = case.entry
    asked = [request.id for request in entry.requests] if entry else []
    tick = str(entry.tick) if entry else ""
    slot = Slot(
        run_id=run_id_of(max(now, later), sha256_of([dataset, start.digest, tick, *asked])),
        since=now,
        trigger=Trigger(kind=kind, time=now, key=start.key),
    )
    limit = gate.settings.max_concurrent_runs
    door = gate.change(lambda door: door.taken(dataset, slot, limit))
    taken = door.slots.get(dataset)
    if taken is not None and taken.run_id == slot.run_id:
        return taken
    waiting = door.waiting.get(dataset)
    return Wait(waiting.reason if waiting else "run")


def finish(gate: Gate, dataset: str, slot: Slot) -> Started | Decision | Superseded:
    """Claim and start the run of a slot, from wherever the last attempt got to.

    The dataset is looked at once more, now that nobody else can start a run of it. What that
    decides against gives its slot back.
    """
    with run_keys(dataset=dataset, run_id=slot.run_id):
        run = gate.find_run(dataset, slot.run_id)
        if run is None:
            decision = _decide_again(gate, dataset, slot)
            if not isinstance(decision, Start):
                return decision
            try:
                run = _claim(gate, dataset, slot, decision)
            except UnreadableState:
                _give_back(gate, dataset, slot, "slot")
                return Superseded()  # by a run of another id
            held = gate.door().slots.get(dataset)
            if held is None or held.run_id != slot.run_id:
                return Superseded()
        _start(gate, run)
        gate.change(lambda door: door.started(dataset, slot.run_id))
        return Started(run.run_id, run.execution)


def _decide_again(gate: Gate, dataset: str, slot: Slot) -> Decision | Superseded:
    history = RunHistory(gate, dataset, slot, excepted=slot.run_id)
    look = Look(dataset, from_sweep=slot.trigger.kind == "sweep")
    decision: Decision | Superseded = decide(gate, Case(look, gate.door(), slot), history)
    if history.newest_id > slot.run_id:
        decision = Superseded()
    if isinstance(decision, Start):
        return decision
    reason = decision.reason if isinstance(decision, Wait) else None
    if isinstance(decision, Superseded):
        reason = "slot"
    _give_back(gate, dataset, slot, reason)
    return decision


def _give_back(gate: Gate, dataset: str, slot: Slot, reason: WaitsFor | None) -> None:
    now = gate.clock()
    gate.change(lambda door: door.given_back(dataset, slot.run_id, reason, now))


def _claim(gate: Gate, dataset: str, slot: Slot, start: Start) -> Run:
    run = Run(
        dataset=dataset,
        run_id=slot.run_id,
        digest=start.digest,
        objects=start.objects,
        execution=execution_of_run(gate.state_machine, dataset, slot.run_id),
        trigger=slot.trigger,
    )
    return write_run(gate.bucket, run)


def _start(gate: Gate, run: Run) -> None:
    """Start a run's execution, by a name that it has once; a run that has ended stays so."""
    if end_of(gate.bucket, RunFolder(run.dataset, run.run_id)):
        return
    with translated():
        try:
            gate.stepfunctions.start_execution(
                stateMachineArn=gate.state_machine,
                name=name_of(run.dataset, run.run_id),
                input=json.dumps({"dataset": run.dataset, "run_id": run.run_id}),
            )
        except ClientError as error:
            if code_of(error) != "ExecutionAlreadyExists":
                raise
    logger.info("run started", extra={"trigger": run.trigger.kind if run.trigger else ""})
