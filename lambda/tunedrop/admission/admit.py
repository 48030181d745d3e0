"""Admit: from what started an execution to the run that it claims, or to nothing to do.

It can be repeated: a retried Lambda finds the claim that it made before.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from itertools import islice
from typing import Any, Literal

from tunedrop import keys
from tunedrop.claims import Duplicate, Run, claim, find_run
from tunedrop.datasets.layout import DATA_SUFFIXES, has_training_data, list_objects
from tunedrop.errors import RunNotFoundError
from tunedrop.run_logs import add_run_keys
from tunedrop.storage import Bucket, ObjectVersion
from tunedrop.trigger import NotATrigger, Trigger, read_trigger

_MOST_DATASETS_LOOKED_AT = 1_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NothingToDo:
    """Why an execution ends without a run."""

    outcome: Literal["ignored", "duplicate"]
    reason: str

    def to_json(self) -> dict[str, str]:
        """Write it for the state machine."""
        return {"outcome": self.outcome, "reason": self.reason}


def admit(
    payload: Mapping[str, Any], bucket: Bucket, settle_seconds: float, now: datetime
) -> Run | NothingToDo:
    """Claim the run that an execution is about.

    Raises
    ------
    UserInputError
        When what started the execution is no trigger, or names no dataset that there is.
    """
    trigger = read_trigger(payload, bucket.name)
    if isinstance(trigger, NotATrigger):
        admitted: Run | NothingToDo = NothingToDo("ignored", trigger.reason)
    else:
        admitted = find_run(bucket, trigger) or _claim(trigger, bucket, settle_seconds, now)
    if isinstance(admitted, Run):
        add_run_keys(dataset=admitted.dataset, run_id=admitted.run_id)
        logger.info("run claimed")
    else:
        logger.info("nothing to do", extra=admitted.to_json())
    return admitted


def _claim(
    trigger: Trigger, bucket: Bucket, settle_seconds: float, now: datetime
) -> Run | NothingToDo:
    """Claim the dataset as it is now, or return why not."""
    objects = list_objects(bucket, trigger.dataset)
    if not objects and trigger.kind == "person":
        raise _no_such_dataset(bucket, trigger.dataset)
    if not objects and trigger.kind == "schedule":
        return NothingToDo("ignored", "The dataset is not there any more.")
    reason = _reason_to_ignore(trigger, objects, settle_seconds, now)
    if reason:
        return NothingToDo("ignored", reason)
    claimed = claim(bucket, trigger, objects)
    if isinstance(claimed, Duplicate):
        return NothingToDo(
            "duplicate", f"The run {claimed.run_id} of another execution has the same content."
        )
    return claimed


def _reason_to_ignore(
    trigger: Trigger, objects: tuple[ObjectVersion, ...], settle_seconds: float, now: datetime
) -> str:
    """Say why an object's arrival starts no run (yet); "" when it does.

    Every object that arrives starts an execution, which waits for `settle_seconds`. When a newer
    one came meanwhile, that one's execution is still waiting, and it sees all that this one sees.
    A claim is what guarantees one run; this saves runs of half-uploaded datasets.
    """
    if trigger.kind != "object":
        return ""
    if not objects:
        return "The object is gone again, and nothing else is there."
    if not has_training_data(objects, trigger.dataset):
        return "The dataset has no training data yet."
    newest = max(objects, key=lambda o: (o.last_modified, o.key))
    is_own = trigger.key == newest.key and trigger.version_id in ("", newest.version_id)
    if is_own or now - newest.last_modified >= timedelta(seconds=settle_seconds):
        return ""
    return f"{newest.key} is newer: the run that it starts takes over."


def _no_such_dataset(bucket: Bucket, dataset: str) -> RunNotFoundError:
    names = list(islice(bucket.list_folders(keys.DATASETS), _MOST_DATASETS_LOOKED_AT))
    if dataset in names:
        return RunNotFoundError(
            "The dataset's folder has no data in it",
            where=f"{keys.DATASETS}{dataset}/",
            expected=f"a file whose name ends with {DATA_SUFFIXES}",
            to_do="Drop the table as train.csv or train.parquet. Files called readme or licence "
            "and names that start with . or _ are left alone.",
        )
    near = get_close_matches(dataset, names, 1)
    return RunNotFoundError(
        "There is no such dataset",
        where=f"{keys.DATASETS}{dataset}/",
        found=repr(dataset),
        expected=f"one of {', '.join(map(repr, names[:20]))}" if names else "",
        to_do=f"Start it for {near[0]!r} instead." if near else "Drop the dataset first.",
    )
