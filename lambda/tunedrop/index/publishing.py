"""Keeps the index true when runs end, also at the same time, and after a crash between two writes.

Four objects, each made from the one before: a dataset's history, its page, the catalogue of all
datasets, its page. Each is replaced only if nobody has since its own old version was read, and what
it is made from is read after that: so the last writer has seen everything, whoever it is. A run
that crashed before it was in the history is found by the next one, from its folder.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from tunedrop import keys
from tunedrop.errors import TransientAwsError, TunedropError
from tunedrop.index.entries import failed, reported
from tunedrop.index.pages import catalogue_page, history_page
from tunedrop.index.records import MOST_RUNS, Catalogue, History, RunEntry
from tunedrop.storage import JSON, Bucket, ObjectNotFound, from_json, to_json

HTML = "text/html; charset=utf-8"
MAX_ATTEMPTS = 12
# Runs that ended without the index knowing; those that are under way are looked at in vain.
MOST_FORGOTTEN = 20
_PAUSE_SECONDS = 0.1

_Document = TypeVar("_Document", History, Catalogue)

logger = logging.getLogger(__name__)


def publish_report(bucket: Bucket, dataset: str, results: object) -> bool:
    """Put a run that has a report into the index; tells whether that worked."""
    return _attempt(bucket, dataset, lambda: reported(results))


def publish_failure(bucket: Bucket, dataset: str, run_id: str, failure: object) -> bool:
    """Put a run that failed into the index; tells whether that worked."""
    return _attempt(bucket, dataset, lambda: failed(run_id, failure))


def _attempt(bucket: Bucket, dataset: str, entry: Callable[[], RunEntry]) -> bool:
    """Publish; the index is a convenience, and the next run of the dataset repairs it.

    What goes wrong takes neither a report nor the record of a failure away from anybody.
    """
    try:
        _publish(bucket, dataset, entry())
    except (TunedropError, ClientError, BotoCoreError, ValidationError):
        logger.exception("the index of %s was not brought up to date", dataset)
        return False
    return True


def _publish(bucket: Bucket, dataset: str, entry: RunEntry) -> None:
    document, page = keys.index_history(dataset), keys.index_page(dataset)
    forgotten = [*_forgotten(bucket, dataset, _history(bucket, dataset), entry.run_id)]

    def merged_history(current: bytes | None) -> bytes:
        history = _parsed(History, current, document) or History(dataset=dataset)
        # a run that failed changes no champion, and its Lambdas may not read models/
        champion = _champion(bucket, dataset) if entry.outcome == "reported" else None
        return _written(history.merged([*forgotten, entry], champion))

    def merged_catalogue(current: bytes | None) -> bytes:
        catalogue = _parsed(Catalogue, current, keys.INDEX_CATALOGUE) or Catalogue()
        return _written(catalogue.merged(_history(bucket, dataset)))

    _rewrite(bucket, document, merged_history, JSON)
    _rewrite(bucket, page, lambda _: history_page(_history(bucket, dataset)), HTML)
    _rewrite(bucket, keys.INDEX_CATALOGUE, merged_catalogue, JSON)
    _rewrite(bucket, keys.INDEX_PAGE, lambda _: catalogue_page(_catalogue(bucket)), HTML)


def _rewrite(
    bucket: Bucket, key: str, make: Callable[[bytes | None], bytes], content_type: str
) -> None:
    """Replace an object by what `make` makes of it, as if nobody else did so at the same time."""
    for attempt in range(MAX_ATTEMPTS):
        current = bucket.find_with_etag(key)
        body = make(current[0] if current else None)
        if current is None:
            done = bucket.put_once(key, body, content_type)
        else:
            done = body == current[0] or bucket.replace(key, body, current[1], content_type)
        if done:
            return
        bucket.pause(_PAUSE_SECONDS * 1.6**attempt * random.random())  # noqa: S311  (jitter)
    raise TransientAwsError(f"Other runs kept replacing {key} while this one tried to")


def _forgotten(bucket: Bucket, dataset: str, history: History, own: str) -> Iterator[RunEntry]:
    """Find runs that have ended and are not in the index, newest first."""
    known = {entry.run_id for entry in history.runs}
    oldest = history.runs[-1].run_id if len(history.runs) >= MOST_RUNS else ""
    found = [
        run_id
        for run_id in bucket.list_folders(keys.runs_of(dataset))
        if run_id != own and run_id not in known and run_id > oldest
    ]
    for run_id in sorted(found, reverse=True)[:MOST_FORGOTTEN]:
        entry = _entry_of(bucket, dataset, run_id)
        if entry is not None:
            yield entry


def _entry_of(bucket: Bucket, dataset: str, run_id: str) -> RunEntry | None:
    """Return how a run ended, from its folder; None for one that has not, or cannot be read."""
    try:
        results = bucket.find_json(keys.run_file(dataset, run_id, "results.json"))
        if results is not None:
            return reported(results)
        failure = bucket.find_json(keys.run_file(dataset, run_id, "failure.json"))
        return None if failure is None else failed(run_id, failure)
    except (TunedropError, ValidationError, StopIteration):
        logger.exception("%s/%s cannot be put into the index", dataset, run_id)
        return None


def _champion(bucket: Bucket, dataset: str) -> str | None:
    champion = bucket.find_json(keys.champion(dataset))
    return str(champion["run_id"]) if isinstance(champion, dict) and "run_id" in champion else None


def _history(bucket: Bucket, dataset: str) -> History:
    key = keys.index_history(dataset)
    return _parsed(History, _read(bucket, key), key) or History(dataset=dataset)


def _catalogue(bucket: Bucket) -> Catalogue:
    return (
        _parsed(Catalogue, _read(bucket, keys.INDEX_CATALOGUE), keys.INDEX_CATALOGUE) or Catalogue()
    )


def _read(bucket: Bucket, key: str) -> bytes | None:
    try:
        return bucket.read(key)
    except ObjectNotFound:
        return None


def _parsed(model: type[_Document], body: bytes | None, key: str) -> _Document | None:
    """Read a document of the index; one that is not ours any more is made anew."""
    if body is None:
        return None
    try:
        return model.model_validate(from_json(body, key))
    except (ValidationError, TunedropError):
        logger.exception("%s cannot be read and is made anew", key)
        return None


def _written(record: History | Catalogue) -> bytes:
    document: Any = record.model_dump(mode="json")
    return to_json(document)
