"""A tick of the schedule: the datasets that are due wait for their runs, all at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from tunedrop import keys
from tunedrop.admission.gate import Gate
from tunedrop.admission.messages import Tick
from tunedrop.datasets.file_names import format_of, is_ignorable, stem_of
from tunedrop.door import Slot
from tunedrop.records import is_dataset_name
from tunedrop.run_record import time_of
from tunedrop.storage import Bucket

logger = logging.getLogger(__name__)


def enter_tick(gate: Gate, tick: Tick) -> None:
    """Enter a tick for the datasets that are named, or for all that there are.

    One write of the door for all of them; a run that was started after the tick has served it.
    """
    now = gate.clock()
    time = min(tick.tick, now)  # one in the future would be due again after every run
    existing = sorted(set(_datasets(gate.bucket)))
    due = existing
    if tick.datasets is not None:
        due = [name for name in dict.fromkeys(tick.datasets) if name in set(existing)]
        if unknown := sorted(set(tick.datasets) - set(existing)):
            logger.error("The schedule names datasets that do not exist: %s", ", ".join(unknown))
    slots = gate.door().slots
    due = [name for name in due if name not in slots or not _serves(slots[name], time)]
    if due:
        gate.change(lambda door: door.ticked(due, time, now))


def _serves(slot: Slot, tick: datetime) -> bool:
    served = slot.trigger.tick
    return time_of(slot.run_id) >= tick or (served is not None and served >= tick)


def _datasets(bucket: Bucket) -> Iterator[str]:
    """List the names of all datasets: folders, and single data files beside them."""
    for page in bucket.pages("list_objects_v2", Prefix=keys.DATASETS, Delimiter="/"):
        folders = (p["Prefix"].removesuffix("/") for p in page.get("CommonPrefixes", ()))
        files = (o["Key"] for o in page.get("Contents", ()) if format_of(o["Key"]))
        for key in (*folders, *(stem_of(file) for file in files)):
            name = key.removeprefix(keys.DATASETS)
            if _can_be_a_dataset(name):
                yield name


def _can_be_a_dataset(name: str) -> bool:
    if is_ignorable(name):
        return False
    if not is_dataset_name(name):
        logger.warning("A name below %s cannot be a dataset's, and is left out", keys.DATASETS)
        return False
    return True
