"""Keeps the index true when runs end, also at the same time, and after a crash between two writes.

Four objects, each made from the one before: a dataset's history, its page, the catalogue of all
datasets, its page. Each is replaced only if nobody has since its own old version was read, and what
it is made from is read after that: so the last writer has seen everything, whoever it is. A run
that crashed before it was in the history is found by the next one, from its folder.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from tunedrop import keys
from tunedrop.champions.record import ChampionRecord
from tunedrop.errors import TunedropError, UnreadableState
from tunedrop.index.pages import catalogue_page, history_page
from tunedrop.index.records import (
    MOST_RUNS,
    Catalogue,
    History,
    RunEntry,
    failed,
    reported,
)
from tunedrop.storage import Bucket, to_json

HTML = "text/html; charset=utf-8"
# Runs that ended without the index knowing; those that are under way are looked at in vain.
MOST_FORGOTTEN = 20

# What files of a run that are not as Tunedrop writes them raise.
_NOT_OURS = (ValidationError, LookupError, TypeError, AttributeError, StopIteration)

_Document = TypeVar("_Document", History, Catalogue)

logger = logging.getLogger(__name__)


def publish_report(bucket: Bucket, dataset: str, results: Mapping[str, Any]) -> bool:
    """Put a run that has a report into the index; tells whether that worked."""
    return _attempt(bucket, dataset, lambda: reported(results))


def publish_failure(bucket: Bucket, dataset: str, run_id: str, failure: Mapping[str, Any]) -> bool:
    """Put a run that failed into the index; tells whether that worked."""
    return _attempt(bucket, dataset, lambda: failed(run_id, failure))


def _attempt(bucket: Bucket, dataset: str, entry: Callable[[], RunEntry]) -> bool:
    """Publish; the index is a convenience, and the next run of the dataset repairs it.

    What goes wrong takes neither a report nor the record of a failure away from anybody.
    """
    try:
        _publish(bucket, dataset, entry())
    except (TunedropError, ClientError, BotoCoreError, *_NOT_OURS):
        logger.exception("the index of %s was not brought up to date", dataset)
        return False
    return True


def _publish(bucket: Bucket, dataset: str, entry: RunEntry) -> None:
    forgotten = [*_forgotten(bucket, dataset, _history(bucket, dataset), entry.run_id)]

    def merged_history(current: bytes | None) -> bytes:
        # a run that failed changes no champion, and its Lambdas may not read models/
        champion = _champion(bucket, dataset) if entry.outcome == "reported" else None
        history = _parsed(bucket, keys.index_history(dataset), current, History(dataset=dataset))
        return _written(history.merged([*forgotten, entry], champion))

    def merged_catalogue(current: bytes | None) -> bytes:
        catalogue = _parsed(bucket, keys.INDEX_CATALOGUE, current, Catalogue())
        return _written(catalogue.merged(_history(bucket, dataset)))

    def all_datasets(_: bytes | None) -> bytes:
        return catalogue_page(_read(bucket, keys.INDEX_CATALOGUE, Catalogue()))

    bucket.rewrite(keys.index_history(dataset), merged_history)
    bucket.rewrite(
        keys.index_page(dataset), lambda _: history_page(_history(bucket, dataset)), HTML
    )
    bucket.rewrite(keys.INDEX_CATALOGUE, merged_catalogue)
    bucket.rewrite(keys.INDEX_PAGE, all_datasets, HTML)


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
    except (TunedropError, *_NOT_OURS):
        logger.exception("%s/%s cannot be put into the index", dataset, run_id)
        return None


def _champion(bucket: Bucket, dataset: str) -> str | None:
    champion = bucket.find_record(keys.champion(dataset), ChampionRecord)
    return None if champion is None else champion.run_id


def _history(bucket: Bucket, dataset: str) -> History:
    return _read(bucket, keys.index_history(dataset), History(dataset=dataset))


def _read(bucket: Bucket, key: str, empty: _Document) -> _Document:
    return _parsed(bucket, key, bucket.find(key), empty)


def _parsed(bucket: Bucket, key: str, body: bytes | None, empty: _Document) -> _Document:
    """Return a document of the index; one that is damaged is made anew."""
    if body is None:
        return empty
    try:
        return bucket.parse(key, body, type(empty))
    except UnreadableState as error:
        logger.error("made anew: %s", error)
        return empty


def _written(record: History | Catalogue) -> bytes:
    return to_json(record.model_dump(mode="json"))
