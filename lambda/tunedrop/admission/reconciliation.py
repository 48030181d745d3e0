"""The hourly reconciliation: what lost events, killed Lambdas and lagging answers have left undone.

It frees the slots of ended runs, starts runs whose start was interrupted, and evaluates the
datasets that wait or have new objects, because their events may be lost.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from tunedrop import keys
from tunedrop.admission.context import AdmissionContext
from tunedrop.admission.messages import DatasetEvaluation
from tunedrop.admission.starting import finish_start
from tunedrop.admission_state import Slot
from tunedrop.errors import TunedropError
from tunedrop.failures import executions
from tunedrop.run_record import RunFolder, end_of, execution_of_run
from tunedrop.trigger import dataset_of

# S3 dates a multipart upload by its beginning: one that takes this long may be missed once.
_LONGEST_UPLOAD = timedelta(days=3)

logger = logging.getLogger(__name__)


class ReconciliationIncomplete(TunedropError):
    """The reconciliation could not check some of the active runs."""


def reconcile(context: AdmissionContext) -> None:
    """Free slots, finish starts, and send evaluations of datasets that wait or have new objects.

    Raises
    ------
    ReconciliationIncomplete
        If the run of a slot cannot be checked.
    """
    current_time = context.clock()
    problems = [
        dataset
        for dataset, slot in context.read_state().slots.items()
        if not _check_slot(context, dataset, slot)
    ]
    state = context.read_state()
    waiting = sorted(state.waiting, key=lambda dataset: state.waiting[dataset].since)
    changed = _changed_since(context, _reconcile_from(state.since, state.reconciled))
    new = sorted(set(changed) - set(waiting))
    context.arrivals.send_all(DatasetEvaluation(name).body() for name in (*waiting, *new))
    # A metric filter of the stack reads this key (cdk_app/functions.py).
    hours = state.longest_wait(current_time) / timedelta(hours=1)
    logger.info(
        "reconciled",
        extra={"waiting": len(waiting), "new": len(new), "longest_wait_hours": round(hours, 2)},
    )
    context.change_state(lambda state: state.set_reconciled(current_time))
    if problems:
        raise ReconciliationIncomplete(
            f"Runs of these datasets could not be checked: {', '.join(problems)}"
        )


def _reconcile_from(since: datetime, reconciled: datetime | None) -> datetime:
    """Return the earliest time of objects to check: none that are older than the deployment."""
    return since if reconciled is None else max(since, reconciled - _LONGEST_UPLOAD)


def _check_slot(context: AdmissionContext, dataset: str, slot: Slot) -> bool:
    """Free the slot of an ended run, or finish its start; return whether that succeeded.

    An execution that Step Functions does not know yet is started by its name, which finds one that
    exists.
    """
    try:
        run = context.find_run(dataset, slot.run_id)
        execution_arn = execution_of_run(context.state_machine, dataset, slot.run_id)
        if run is not None and run.execution != execution_arn:
            # It belongs to a deleted deployment that had this bucket.
            context.change_state(lambda state: state.free_slot(dataset, slot.run_id))
            return True
        execution = executions.describe(context.stepfunctions, execution_arn)
        if execution is None:
            if not end_of(context.bucket, RunFolder(dataset, slot.run_id)):
                finish_start(context, dataset, slot)
            else:
                context.change_state(lambda state: state.free_slot(dataset, slot.run_id))
        elif execution.is_over:
            context.change_state(lambda state: state.free_slot(dataset, slot.run_id))
    except Exception:
        logger.exception("The run of %s could not be checked", dataset)
        return False
    return True


def _changed_since(context: AdmissionContext, since: datetime) -> Iterator[str]:
    """Yield the datasets with an object that is newer than a time."""
    for page in context.bucket.pages("list_objects_v2", Prefix=keys.DATASETS):
        for entry in page.get("Contents", ()):
            if entry["LastModified"] >= since and (name := dataset_of(entry["Key"])) is not None:
                yield name
