"""Retune: which datasets are due at a tick of the schedule, and the executions to start for them.

An execution's name follows from the dataset and the tick, so a tick that is delivered twice starts
nothing twice.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from tunedrop import keys
from tunedrop.aws_errors import translated
from tunedrop.datasets.layout import format_of, is_ignorable, stem_of
from tunedrop.errors import LimitError, UserInputError
from tunedrop.storage import Bucket
from tunedrop.trigger import checked_name, read_time

# Step Functions passes at most 256 KiB between states.
_MOST_BYTES = 240 * 1024
_NAME_LENGTH = 80
_DIGEST_LENGTH = 16

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Start:
    """One execution to start."""

    dataset: str
    tick: str

    @property
    def name(self) -> str:
        """Name it by dataset and tick: at most 80 of the characters that an execution may have."""
        digest = sha256(f"{self.tick} {self.dataset}".encode()).hexdigest()[:_DIGEST_LENGTH]
        stamp = re.sub(r"[^0-9TZ]", "", self.tick)
        end = f"-{stamp}-{digest}"
        readable = re.sub(r"[^A-Za-z0-9_-]", "-", self.dataset)
        return f"{f'retune-{readable}'[: _NAME_LENGTH - len(end)]}{end}"

    def to_json(self) -> dict[str, object]:
        """Write it for the Map that starts it."""
        return {"name": self.name, "input": {"dataset": self.dataset, "tick": self.tick}}


def due(bucket: Bucket, tick: str, named: Iterable[str] | None) -> list[Start]:
    """Return what to start at a tick: for the datasets that are named, or for all that there are.

    A name that no dataset has is started all the same: its execution fails and notifies, as a
    person's would, and the others are not held up.
    """
    time = read_time(tick, "tick").strftime("%Y-%m-%dT%H:%M:%SZ")
    existing = sorted(set(_datasets(bucket)))
    if named is None:
        wanted = existing
    else:
        wanted = list(dict.fromkeys(named))
        if unknown := sorted(set(wanted) - set(existing)):
            logger.error("The schedule names datasets that do not exist: %s", ", ".join(unknown))
    starts = [Start(dataset, time) for dataset in wanted]
    _check_size(starts)
    return starts


def _datasets(bucket: Bucket) -> Iterator[str]:
    """List the names of all datasets: folders, and single data files beside them."""
    pages = bucket.client.get_paginator("list_objects_v2")
    with translated():
        for page in pages.paginate(Bucket=bucket.name, Prefix=keys.DATASETS, Delimiter="/"):
            folders = (p["Prefix"].rstrip("/") for p in page.get("CommonPrefixes", ()))
            files = (o["Key"] for o in page.get("Contents", ()) if format_of(o["Key"]))
            for key in (*folders, *(stem_of(file) for file in files)):
                name = key.removeprefix(keys.DATASETS)
                if _can_be_a_dataset(name):
                    yield name


def _can_be_a_dataset(name: str) -> bool:
    if is_ignorable(name):
        return False
    try:
        checked_name(name)
    except UserInputError:
        logger.warning("A name below %s cannot be a dataset's, and is left out", keys.DATASETS)
        return False
    return True


def _check_size(starts: list[Start]) -> None:
    size = len(json.dumps([start.to_json() for start in starts]))
    if size > _MOST_BYTES:
        raise LimitError(
            "One tick of the schedule cannot start so many runs",
            found=f"{len(starts)} datasets",
            expected="about a thousand at most",
            to_do="Make several schedules, each with some of the datasets' names.",
        )
