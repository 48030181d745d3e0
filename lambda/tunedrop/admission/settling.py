"""Has the dataset settled? Several files make one run: the one that the newest file started."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from tunedrop.datasets.layout import has_training_data
from tunedrop.storage import ObjectVersion
from tunedrop.trigger import Trigger


def reason_to_ignore(
    trigger: Trigger, objects: Iterable[ObjectVersion], settle_seconds: float, now: datetime
) -> str:
    """Say why an object's arrival starts no run (yet); "" when it does.

    Every object that arrives starts an execution, which waits for `settle_seconds`. When a newer
    one came meanwhile, that one's execution is still waiting, and it sees all that this one sees.
    A claim is what guarantees one run; this saves runs of half-uploaded datasets.
    """
    if trigger.kind != "object":
        return ""
    found = list(objects)
    if not found:
        return "The object is gone again, and nothing else is there."
    if not has_training_data(found, trigger.dataset):
        return "The dataset has no training data yet."
    newest = max(found, key=lambda o: (o.last_modified, o.key))
    if _is_own(trigger, newest):
        return ""
    if now - newest.last_modified >= timedelta(seconds=settle_seconds):
        return ""
    return f"{newest.key} is newer: the run that it starts takes over."


def _is_own(trigger: Trigger, newest: ObjectVersion) -> bool:
    same_version = not trigger.version_id or trigger.version_id == newest.version_id
    return trigger.key == newest.key and same_version
