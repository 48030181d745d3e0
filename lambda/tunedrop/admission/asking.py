"""People's calls of Admit: a run by force, a look, a failed run resumed, the door closed.

Each answers what became of it: a run, what the dataset waits for, or that nothing is to do.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any, Self

from pydantic import ConfigDict, model_validator

from tunedrop import keys
from tunedrop.admission.decision import Idle, Refused, Wait
from tunedrop.admission.gate import Gate
from tunedrop.admission.history import RunHistory
from tunedrop.admission.looking import Outcome, look_at, wake
from tunedrop.admission.messages import Look
from tunedrop.admission.resumption import resumable
from tunedrop.admission.starting import Started
from tunedrop.datasets.file_names import DATA_SUFFIXES
from tunedrop.datasets.layout import list_objects
from tunedrop.door import Pause
from tunedrop.errors import RunNotFoundError, UserInputError
from tunedrop.records import DatasetName, Line, StrictRecord, read_record, read_run_name
from tunedrop.run_logs import add_run_keys
from tunedrop.run_record import execution_of_run
from tunedrop.trigger import ForcedStart, written_time
from tunedrop_common.data_text import quote

_MOST_DATASETS_LOOKED_AT = 1_000
_FORMS = (
    '{"dataset": "<name>"}, {"look": "<name>"}, {"resume": "<name>/<run id>"} or {"pause": true}'
)

logger = logging.getLogger(__name__)


class Call(StrictRecord):
    """What a person may ask; one of the first four."""

    model_config = ConfigDict(extra="forbid")

    dataset: DatasetName | None = None
    look: DatasetName | None = None
    resume: Line | None = None
    pause: bool | None = None
    request: Line | None = None
    by: Line = "unknown"

    @model_validator(mode="after")
    def _check_one_request(self) -> Self:
        requests = (self.dataset, self.look, self.resume, self.pause)
        if sum(request is not None for request in requests) != 1:
            raise UserInputError(
                "This asks for nothing that Admit does",
                expected=_FORMS,
                to_do="Use the `tunedrop` command.",
            )
        return self


def answer(gate: Gate, event: Mapping[str, Any], call_id: str) -> dict[str, Any]:
    """Do what a person asks, and say what became of it; `UserInputError` when that cannot be done.

    `call_id` identifies the request of a caller that has given it no id.
    """
    call = read_record(Call, event)
    if call.pause is not None:
        return _pause(gate, close=call.pause, by=call.by)
    if call.look is not None:
        return _in_words(gate, call.look, look_at(gate, Look(call.look)))
    request = ForcedStart(id=call.request or call_id, by=call.by)
    if call.resume is not None:
        run = read_run_name(call.resume)
        request = request.model_copy(update={"resume": run.run_id})
        return _force(gate, run.dataset, request)
    return _force(gate, str(call.dataset), request)


def _force(gate: Gate, dataset: str, request: ForcedStart) -> dict[str, Any]:
    """Let a request wait at the door, and look; a repeated one finds what it did."""
    if (known := _found(gate, dataset, request.id)) is not None:
        return known
    if request.resume:
        resumable(gate.bucket, dataset, request.resume)
    elif not list_objects(gate.bucket, dataset):
        raise _no_such_dataset(gate, dataset)
    now = gate.clock()
    gate.change(lambda door: door.asked(dataset, request, now))
    add_run_keys(dataset=dataset)
    logger.info("run requested", extra={"by": request.by})
    outcome = look_at(gate, Look(dataset))
    return _found(gate, dataset, request.id) or _in_words(gate, dataset, outcome)


def _found(gate: Gate, dataset: str, request: str) -> dict[str, Any] | None:
    """Return the run that serves a request; None when none does yet."""
    slot = gate.door().slots.get(dataset)
    run_id = ""
    if slot is not None and any(known.id == request for known in slot.trigger.requests):
        if not slot.started:
            return None  # it is looked at again, and goes on from there
        run_id = slot.run_id
    elif (run := RunHistory(gate, dataset, slot).run_of_request(request)) is not None:
        run_id = run.run_id
    return _run(gate, dataset, run_id) if run_id else None


def _in_words(gate: Gate, dataset: str, outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Started):
        return {"dataset": dataset, "run_id": outcome.run_id, "execution": outcome.execution}
    if isinstance(outcome, Refused):
        raise outcome.error
    if isinstance(outcome, Idle):
        run = {"run_id": outcome.run_id} if outcome.run_id else {}
        return {"dataset": dataset, "nothing": outcome.why, **run}
    answer = {"dataset": dataset, "waiting": _why(gate, dataset, outcome), "for": outcome.reason}
    return answer if outcome.again is None else {**answer, "seconds": outcome.again}


def _why(gate: Gate, dataset: str, wait: Wait) -> str:
    """Say in one sentence what a dataset waits for."""
    door, settings = gate.door(), gate.settings
    if wait.reason == "run":
        slot = door.slots.get(dataset)
        run = f"the run {dataset}/{slot.run_id}" if slot else "the dataset's run"
        return f"It waits for the end of {run}: a dataset has one run at a time."
    if wait.reason == "slot":
        taken, most = len(door.slots), settings.max_concurrent_runs
        return f"It waits for a place: {taken} of {most} concurrent runs are under way."
    if wait.reason == "day":
        most = settings.max_runs_per_dataset_per_day
        return f"It waits until midnight UTC: it has had its {most} runs of today."
    if wait.reason == "manifest":
        return f"It waits for {wait.manifest}, written after all other files."
    if wait.reason == "rest":
        return f"It waits until none of its files is newer than {settings.settle_seconds:g} s."
    paused = door.paused
    since = (
        f": they are paused since {written_time(paused.since)}, by {paused.by}" if paused else ""
    )
    return f"It waits until runs start again{since}."


def _pause(gate: Gate, *, close: bool, by: str) -> dict[str, Any]:
    pause = Pause(since=gate.clock(), by=by) if close else None
    gate.change(lambda door: door.pausing(pause))
    logger.info("paused" if close else "not paused any more", extra={"by": by})
    if not close:
        wake(gate)
    return {"paused": close}


def _run(gate: Gate, dataset: str, run_id: str) -> dict[str, Any]:
    execution = execution_of_run(gate.state_machine, dataset, run_id)
    return {"dataset": dataset, "run_id": run_id, "execution": execution}


def _no_such_dataset(gate: Gate, dataset: str) -> RunNotFoundError:
    names = list(islice(gate.bucket.list_folders(keys.DATASETS), _MOST_DATASETS_LOOKED_AT))
    near = get_close_matches(dataset, (name for name in names if name != dataset), 1)
    return RunNotFoundError(
        "There is no such dataset, or no data in its folder",
        where=f"{keys.DATASETS}{dataset}/",
        expected=f"a file whose name ends with {DATA_SUFFIXES}",
        to_do=f"Start it for {quote(near[0])} instead." if near else "Drop the dataset first.",
    )
