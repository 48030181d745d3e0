"""Publishing: keeps the index true when runs end, at the same time too, and after a crash.

Four objects, each made from the one before: a dataset's history, its page, the catalogue of all
datasets, its page. Each is replaced only if nobody replaced it since its old version was read, and
its source is read after that: so the last writer has seen everything. A run that crashed before it
was in the history is added by the next one, from its folder; so are checks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from tunedrop import keys
from tunedrop.champions.record import read_champion
from tunedrop.checks import read_newest_checks
from tunedrop.errors import TunedropError, UnreadableState
from tunedrop.index.pages import catalogue_page, history_page
from tunedrop.index.records import (
    MOST_CHECKS,
    MOST_RUNS,
    Catalogue,
    History,
    RunEntry,
    failed,
    reported,
)
from tunedrop.storage import Bucket, to_json

HTML = "text/html; charset=utf-8"
# Folders of runs that the index does not have, read at each publishing; active runs are among them.
MOST_MISSING = 20

# What files of a run that are not as Tunedrop writes them raise.
_UNREADABLE = (ValidationError, LookupError, TypeError, AttributeError, StopIteration)

_Document = TypeVar("_Document", History, Catalogue)

logger = logging.getLogger(__name__)


def publish_report(bucket: Bucket, dataset: str, results: Mapping[str, Any]) -> bool:
    """Put a run that has a report into the index; return whether that succeeded."""
    return _try_to_publish(bucket, dataset, lambda: reported(results))


def publish_failure(bucket: Bucket, dataset: str, run_id: str, failure: Mapping[str, Any]) -> bool:
    """Put a run that failed into the index; return whether that succeeded."""
    return _try_to_publish(bucket, dataset, lambda: failed(run_id, failure))


def publish_champion_and_checks(bucket: Bucket, dataset: str) -> bool:
    """Redraw the pages after a change of the champion or of its checks; return the success."""
    return _try_to_publish(bucket, dataset, lambda: None)


def _try_to_publish(
    bucket: Bucket, dataset: str, make_entry: Callable[[], RunEntry | None]
) -> bool:
    """Publish; an error costs no report: the next run of the dataset repairs the index."""
    try:
        _publish(bucket, dataset, make_entry())
    except (TunedropError, ClientError, BotoCoreError, *_UNREADABLE):
        logger.exception("the index of %s was not updated", dataset)
        return False
    return True


def _publish(bucket: Bucket, dataset: str, entry: RunEntry | None) -> None:
    history_key = keys.index_history(dataset)
    new_history = History(dataset=dataset)
    entries = [*_missing_runs(bucket, _read(bucket, history_key, new_history), entry)]
    entries += [entry] if entry else []
    # a run that failed changes no champion, and its Lambdas may read neither models/ nor checks/
    is_failure = entry is not None and entry.outcome == "failed"
    checks = [] if is_failure else read_newest_checks(bucket, dataset, MOST_CHECKS)

    def history() -> History:
        return _read(bucket, history_key, new_history)

    def merge_history(current: bytes | None) -> bytes:
        before = _parse(bucket, history_key, current, new_history)
        if is_failure:
            return _encode(before.merge(entries, None))
        champion = read_champion(bucket, dataset)
        merged = before.merge(entries, champion.run_in_use)
        return _encode(merged.merge_model_changes(champion, checks))

    def merge_catalogue(current: bytes | None) -> bytes:
        before = _parse(bucket, keys.INDEX_CATALOGUE, current, Catalogue())
        return _encode(before.merge(history()))

    bucket.rewrite(history_key, merge_history)
    bucket.rewrite(keys.index_page(dataset), lambda _: history_page(history()), HTML)
    bucket.rewrite(keys.INDEX_CATALOGUE, merge_catalogue)
    bucket.rewrite(
        keys.INDEX_PAGE,
        lambda _: catalogue_page(_read(bucket, keys.INDEX_CATALOGUE, Catalogue())),
        HTML,
    )


def _missing_runs(bucket: Bucket, history: History, current: RunEntry | None) -> Iterator[RunEntry]:
    """Yield runs that have ended and are not in the index, the newest first."""
    indexed = {entry.run_id for entry in (*history.runs, *([current] if current else []))}
    oldest = history.runs[-1].run_id if len(history.runs) >= MOST_RUNS else ""
    run_ids = [
        run_id
        for run_id in bucket.list_folders(keys.runs_of(history.dataset))
        if run_id not in indexed and run_id > oldest
    ]
    for run_id in sorted(run_ids, reverse=True)[:MOST_MISSING]:
        entry = _read_entry(bucket, history.dataset, run_id)
        if entry is not None:
            yield entry


def _read_entry(bucket: Bucket, dataset: str, run_id: str) -> RunEntry | None:
    """Return how a run ended, from its folder; None for an active run, or an unreadable one."""
    try:
        results = bucket.find_json(keys.run_file(dataset, run_id, "results.json"))
        if results is not None:
            return reported(results)
        failure = bucket.find_json(keys.run_file(dataset, run_id, "failure.json"))
        return None if failure is None else failed(run_id, failure)
    except (TunedropError, *_UNREADABLE):
        logger.exception("%s/%s cannot be put into the index", dataset, run_id)
        return None


def _read(bucket: Bucket, key: str, empty: _Document) -> _Document:
    return _parse(bucket, key, bucket.find(key), empty)


def _parse(bucket: Bucket, key: str, body: bytes | None, empty: _Document) -> _Document:
    """Return a document of the index; a damaged one is replaced."""
    if body is None:
        return empty
    try:
        return bucket.parse(key, body, type(empty))
    except UnreadableState as error:
        logger.error("replaced: %s", error)
        return empty


def _encode(record: History | Catalogue) -> bytes:
    return to_json(record.model_dump(mode="json"))
