"""A scheduled start: all datasets that are due wait for their runs at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from tunedrop import keys
from tunedrop.admission.context import AdmissionContext
from tunedrop.admission.messages import ScheduledStart
from tunedrop.admission_state import Slot
from tunedrop.datasets.file_names import format_of, is_ignorable, stem_of
from tunedrop.records import is_dataset_name
from tunedrop.run_record import time_of
from tunedrop.storage import Bucket

logger = logging.getLogger(__name__)


def enter_scheduled_start(context: AdmissionContext, start: ScheduledStart) -> None:
    """Enter a scheduled start for the datasets that it names, or for all that exist.

    One write of the admission state enters them all. A run that started after the scheduled time
    has served it.
    """
    current_time = context.clock()
    # A time in the future would be due again after every run.
    time = min(start.scheduled_time, current_time)
    existing = sorted(set(_list_datasets(context.bucket)))
    due = existing
    if start.datasets is not None:
        due = [name for name in dict.fromkeys(start.datasets) if name in set(existing)]
        if unknown := sorted(set(start.datasets) - set(existing)):
            logger.error("The schedule names datasets that do not exist: %s", ", ".join(unknown))
    slots = context.read_state().slots
    due = [name for name in due if name not in slots or not _serves(slots[name], time)]
    if due:
        context.change_state(lambda state: state.add_scheduled_start(due, time, current_time))


def _serves(slot: Slot, scheduled_time: datetime) -> bool:
    served = slot.trigger.scheduled_time
    is_newer = served is not None and served >= scheduled_time
    return is_newer or time_of(slot.run_id) >= scheduled_time


def _list_datasets(bucket: Bucket) -> Iterator[str]:
    """Yield the names of all datasets: folders, and single data files beside them."""
    for page in bucket.pages("list_objects_v2", Prefix=keys.DATASETS, Delimiter="/"):
        folders = (p["Prefix"].removesuffix("/") for p in page.get("CommonPrefixes", ()))
        files = (o["Key"] for o in page.get("Contents", ()) if format_of(o["Key"]))
        for key in (*folders, *(stem_of(file) for file in files)):
            name = key.removeprefix(keys.DATASETS)
            if is_ignorable(name):
                continue
            if is_dataset_name(name):
                yield name
            else:
                logger.warning("A name below %s is no valid dataset name", keys.DATASETS)
