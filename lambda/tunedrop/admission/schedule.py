"""Schedules: the datasets that one starts, its condition `worse`, and starts that were skipped.

All datasets of a schedule wait for their runs at once. Whether a run is due is decided later, for
each of them alone, so a broken one harms no other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from fnmatch import fnmatchcase

from tunedrop import keys
from tunedrop.admission.context import AdmissionContext
from tunedrop.admission.messages import ScheduleIsDue
from tunedrop.admission_state import Slot
from tunedrop.champions.record import read_champion
from tunedrop.checks import read_newest_checks
from tunedrop.datasets.file_names import format_of, is_ignorable, stem_of
from tunedrop.errors import UnreadableState
from tunedrop.records import is_dataset_name
from tunedrop.run_record import time_of
from tunedrop.storage import Bucket
from tunedrop.trigger import SkippedStart

# Checks of earlier models are among the newest only after a user put an earlier one into use.
_MOST_CHECKS = 20

logger = logging.getLogger(__name__)


def enter_scheduled_starts(context: AdmissionContext, due: ScheduleIsDue) -> None:
    """Enter a schedule's start for the datasets that it names, or for all that exist.

    One write of the admission state enters them all. A run that started after the scheduled time
    has served it.
    """
    current_time = context.clock()
    # A time in the future would be due again after every run.
    start = due.start.model_copy(update={"time": min(due.start.time, current_time)})
    names = sorted(set(_list_datasets(context.bucket)))
    if due.datasets is not None:
        matches = {glob: {n for n in names if fnmatchcase(n, glob)} for glob in due.datasets}
        if unknown := [glob for glob, matching in matches.items() if not matching]:
            logger.error("The schedule names datasets that do not exist: %s", ", ".join(unknown))
        names = sorted(set().union(*matches.values()))
    slots = context.read_state().slots
    names = [name for name in names if name not in slots or not _serves(slots[name], start.time)]
    if names:
        context.change_state(lambda state: state.add_scheduled_start(names, start, current_time))


def why_model_is_not_worse(context: AdmissionContext, dataset: str) -> str:
    """Return why a schedule for worse models starts no run of a dataset; "" if it starts one."""
    try:
        run_in_use = read_champion(context.bucket, dataset).run_in_use
        checks = read_newest_checks(context.bucket, dataset, _MOST_CHECKS)
    except UnreadableState as error:
        context.announcements.announce_unreadable(error)
        return f"{error.key} cannot be read."
    if run_in_use is None:
        return "No model of the dataset is in use."
    verdicts = [check.verdict for check in checks if check.run_id == run_in_use]
    if not verdicts:
        return "No check of the model in use is known."
    return "" if verdicts[-1] == "worse" else f"The latest check says of the model: {verdicts[-1]}."


def record_skipped_start(bucket: Bucket, dataset: str, skipped: SkippedStart) -> None:
    """Record a skipped start, unless it or a later one is recorded."""
    key = keys.skipped_start(dataset)

    def rewrite(current: bytes | None) -> bytes:
        if current is not None:
            with suppress(UnreadableState):  # a damaged record is replaced
                if bucket.parse(key, current, SkippedStart).time >= skipped.time:
                    return current
        return skipped.model_dump_json(indent=2).encode() + b"\n"

    bucket.rewrite(key, rewrite)


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
