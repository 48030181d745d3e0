"""Users' calls of Admit: force a run, evaluate a dataset, resume a failed run, pause new runs.

The answer is a run, the reason why the dataset waits, or the reason why no run is due.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

from pydantic import ConfigDict, model_validator

from tunedrop import keys
from tunedrop.admission.context import AdmissionContext, OutOfTime
from tunedrop.admission.decision import NoRun, Rejected, Wait
from tunedrop.admission.evaluation import Outcome, evaluate_dataset, start_waiting
from tunedrop.admission.history import RunHistory
from tunedrop.admission.messages import DatasetEvaluation
from tunedrop.admission.resumption import check_resumable
from tunedrop.admission.starting import Started
from tunedrop.admission_state import Pause
from tunedrop.datasets.file_names import DATA_SUFFIXES
from tunedrop.datasets.layout import list_objects
from tunedrop.errors import RunNotFoundError, UserInputError
from tunedrop.records import DatasetName, Line, StrictRecord, read_record, read_run_name
from tunedrop.run_logs import add_run_keys
from tunedrop.run_record import execution_of_run
from tunedrop.trigger import ForcedStart, written_time

_FORMS = (
    '{"dataset": "<name>"}, {"evaluate": "<name>"}, {"resume": "<name>/<run id>"} or '
    '{"pause": true}'
)

logger = logging.getLogger(__name__)


class Call(StrictRecord):
    """A user's call, which has exactly one of the first four fields."""

    model_config = ConfigDict(extra="forbid")

    dataset: DatasetName | None = None
    evaluate: DatasetName | None = None
    resume: Line | None = None
    pause: bool | None = None
    request: Line | None = None
    stated_by: Line = "unknown"

    @model_validator(mode="after")
    def _check_one_request(self) -> Self:
        requests = (self.dataset, self.evaluate, self.resume, self.pause)
        if sum(request is not None for request in requests) != 1:
            raise UserInputError(
                "Unknown request", expected=_FORMS, to_do="Use the `tunedrop` command."
            )
        return self


def answer_call(
    context: AdmissionContext, event: Mapping[str, Any], call_id: str
) -> dict[str, Any]:
    """Do what a user's call asks for and return the answer.

    Parameters
    ----------
    call_id
        Identifies the request of a caller that gives it no id.

    Raises
    ------
    UserInputError
        If the call is invalid.
    """
    call = read_record(Call, event)
    if call.pause is not None:
        return _set_pause(context, pause=call.pause, stated_by=call.stated_by)
    if call.evaluate is not None:
        outcome = evaluate_dataset(context, DatasetEvaluation(call.evaluate))
        return _describe_outcome(context, call.evaluate, outcome)
    request = ForcedStart(id=call.request or call_id, stated_by=call.stated_by)
    if call.resume is not None:
        run = read_run_name(call.resume)
        request = request.model_copy(update={"resume": run.run_id})
        return _force_run(context, run.dataset, request)
    return _force_run(context, str(call.dataset), request)


def _force_run(context: AdmissionContext, dataset: str, request: ForcedStart) -> dict[str, Any]:
    """Enter a request and evaluate the dataset; a repeated request finds what the first did."""
    if (served := _find_served(context, dataset, request.id)) is not None:
        return served
    if request.resume:
        check_resumable(context.bucket, dataset, request.resume)
    elif not list_objects(context.bucket, dataset):
        raise RunNotFoundError(
            "The dataset does not exist, or its folder has no data file",
            where=f"{keys.DATASETS}{dataset}/",
            expected=f"a file whose name ends with {DATA_SUFFIXES}",
            to_do="Correct the name, or drop the dataset first.",
        )
    current_time = context.clock()
    context.change_state(lambda state: state.add_request(dataset, request, current_time))
    add_run_keys(dataset=dataset)
    logger.info("run requested", extra={"stated_by": request.stated_by})
    outcome = evaluate_dataset(context, DatasetEvaluation(dataset))
    served = _find_served(context, dataset, request.id)
    return served or _describe_outcome(context, dataset, outcome)


def _find_served(context: AdmissionContext, dataset: str, request: str) -> dict[str, Any] | None:
    """Return the run that serves a request; None if there is none yet."""
    slot = context.read_state().slots.get(dataset)
    run_id = ""
    if slot is not None and any(served.id == request for served in slot.trigger.requests):
        if not slot.started:
            return None  # the evaluation finishes its start
        run_id = slot.run_id
    elif (run := RunHistory(context, dataset, slot).run_of_request(request)) is not None:
        run_id = run.run_id
    if not run_id:
        return None
    execution = execution_of_run(context.state_machine, dataset, run_id)
    return {"dataset": dataset, "run_id": run_id, "execution": execution}


def _describe_outcome(context: AdmissionContext, dataset: str, outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Started):
        return {"dataset": dataset, "run_id": outcome.run_id, "execution": outcome.execution}
    if isinstance(outcome, Rejected):
        raise outcome.error
    if isinstance(outcome, NoRun) and outcome.is_left_to_schedules:
        return {"dataset": dataset, "waiting": outcome.reason, "for": "schedule"}
    if isinstance(outcome, NoRun):
        run = {"run_id": outcome.run_id} if outcome.run_id else {}
        return {"dataset": dataset, "nothing": outcome.reason, **run}
    reason = _describe_wait(context, dataset, outcome)
    answer = {"dataset": dataset, "waiting": reason, "for": outcome.reason}
    return answer if outcome.again is None else {**answer, "seconds": outcome.again}


def _describe_wait(context: AdmissionContext, dataset: str, wait: Wait) -> str:
    """Return in one sentence what a dataset waits for."""
    state, settings = context.read_state(), context.settings
    if wait.reason == "run":
        slot = state.slots.get(dataset)
        run = f"the run {dataset}/{slot.run_id}" if slot else "the dataset's run"
        return f"Waiting for the end of {run}: a dataset has one active run."
    if wait.reason == "slot":
        active, limit = len(state.slots), settings.max_concurrent_runs
        return f"Waiting for a slot: {active} of {limit} runs are active."
    if wait.reason == "day":
        subject, limit = state.day_limit(dataset, settings, context.clock())
        return f"Waiting until midnight UTC: {subject} has had its {limit} runs of today."
    if wait.reason == "marker_file":
        return f"Waiting for the marker file {wait.marker_file}, written after all other files."
    if wait.reason == "quiet_period":
        return f"Waiting for {settings.quiet_period_seconds:g} s without a new file."
    pause = state.paused
    since = f" since {written_time(pause.since)}, stated by {pause.stated_by}" if pause else ""
    return f"Waiting until new runs are resumed: they are paused{since}. Resume: tunedrop unpause"


def _set_pause(context: AdmissionContext, *, pause: bool, stated_by: str) -> dict[str, Any]:
    stack = context.environment.stack
    record = Pause(since=context.clock(), stated_by=stated_by, stack=stack) if pause else None
    context.change_state(lambda state: state.set_pause(record))
    logger.info(
        "new runs are paused" if pause else "new runs are resumed", extra={"stated_by": stated_by}
    )
    if not pause:
        with suppress(OutOfTime):  # reconciliation goes on
            start_waiting(context)
    return {"paused": pause}
