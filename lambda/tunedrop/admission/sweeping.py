"""The hourly sweep: what lost events, killed Lambdas and lagging answers have left undone.

It frees the slots of runs that are over, starts runs that were not, looks at all that waits, and at
datasets with new objects, whose events may have been lost.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from tunedrop import keys
from tunedrop.admission.gate import Gate
from tunedrop.admission.messages import Look
from tunedrop.admission.starting import finish
from tunedrop.door import Slot
from tunedrop.errors import TunedropError
from tunedrop.failures import executions
from tunedrop.run_record import RunFolder, end_of, execution_of_run
from tunedrop.trigger import dataset_of

# S3 dates a multipart upload by its beginning: it may take so long and be missed by one sweep.
_LONGEST_UPLOAD = timedelta(days=3)

logger = logging.getLogger(__name__)


class SweepIncomplete(TunedropError):
    """The sweep could not deal with some of the runs that are under way."""


def sweep(gate: Gate) -> None:
    """Free, start and look, wherever it is due."""
    now = gate.clock()
    problems = [
        dataset
        for dataset, slot in gate.door().slots.items()
        if not _check_slot(gate, dataset, slot)
    ]
    door = gate.door()
    waiting = sorted(door.waiting, key=lambda dataset: door.waiting[dataset].since)
    changed = _changed_since(gate, _sweep_from(door.since, door.swept))
    new = sorted(set(changed) - set(waiting))
    gate.arrivals.send_all(Look(name) for name in waiting)
    gate.arrivals.send_all(Look(name, from_sweep=True) for name in new)
    logger.info("swept", extra={"waiting": len(waiting), "looked_at": len(new)})
    gate.change(lambda door: door.swept_at(now))
    if problems:
        raise SweepIncomplete(f"Runs of these datasets could not be checked: {', '.join(problems)}")


def _sweep_from(since: datetime, swept: datetime | None) -> datetime:
    """Return from when on objects are looked at: none that were there before the deployment."""
    return since if swept is None else max(since, swept - _LONGEST_UPLOAD)


def _check_slot(gate: Gate, dataset: str, slot: Slot) -> bool:
    """Free the slot of a run that is over, start a run that was not; return whether that worked.

    An execution that Step Functions doesn't know is started by its name: where the answer lags
    behind, that finds the one that is there.
    """
    try:
        run = gate.find_run(dataset, slot.run_id)
        ours = execution_of_run(gate.state_machine, dataset, slot.run_id)
        if run is not None and run.execution != ours:
            # Of a deployment that shared the bucket, and is gone: nothing of it goes on.
            gate.change(lambda door: door.freed(dataset, slot.run_id))
            return True
        execution = executions.describe(gate.stepfunctions, ours)
        if execution is None:
            if not end_of(gate.bucket, RunFolder(dataset, slot.run_id)):
                finish(gate, dataset, slot)
            else:
                gate.change(lambda door: door.freed(dataset, slot.run_id))
        elif execution.is_over:
            gate.change(lambda door: door.freed(dataset, slot.run_id))
    except Exception:
        logger.exception("The run of %s could not be checked", dataset)
        return False
    return True


def _changed_since(gate: Gate, since: datetime) -> Iterator[str]:
    """Name the datasets with an object that is newer than a time."""
    for page in gate.bucket.pages("list_objects_v2", Prefix=keys.DATASETS):
        for entry in page.get("Contents", ()):
            if entry["LastModified"] >= since and (name := dataset_of(entry["Key"])) is not None:
                yield name
