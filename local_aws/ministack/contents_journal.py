"""Queue messages, log lines and metric values outlive a killed server, but for two seconds.

MiniStack writes its state at an orderly end only. What has come since it was last saved goes to a
journal every two seconds; a start puts it back where what holds it (a queue, a log group) is in the
saved state.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from local_aws.ministack import patching
from local_aws.ministack.journal import Journal

log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 2.0

# SageMaker makes this log group at its first training job; all others are of templates and people.
_OWN_GROUP = "/aws/sagemaker/TrainingJobs"

# Kind, account, region and name of what holds something; how far it is written; a journal's entry.
Place = tuple[Any, ...]
News = tuple[Place, Any, list[Any]]

journal = Journal("contents")
_written: dict[Place, Any] = {}


def mend() -> None:
    """Apply this module's replacement."""
    patching.replace(patching.module("app"), "_load_persisted_state", _restoring)


def keep(is_saved: Callable[[], bool]) -> None:
    """Write what is new every two seconds, from a thread, once there is a saved state."""

    def run() -> None:
        while True:
            time.sleep(_INTERVAL_SECONDS)
            if not is_saved():
                continue
            try:
                write()
            except Exception:
                # A full disk, or a queue that changed while it was read.
                log.exception("queues, logs and metrics could not be kept; the next try is soon")

    threading.Thread(target=run, name="contents-journal", daemon=True).start()


def write() -> None:
    """Write what has come since the last time."""
    found = _news()
    if found:
        default = patching.module("core.persistence")._json_default
        journal.write((entry for _, _, entry in found), default)
        _mark(found)


@contextmanager
def being_saved() -> Iterator[None]:
    """Empty the journal after MiniStack's state was saved."""
    found = _news()
    with journal.being_saved():
        yield
    _mark(found)


def _news() -> list[News]:
    return [*_messages(), *_events(), *_points()]


def _mark(found: list[News]) -> None:
    _written.update((key, mark) for key, mark, _ in found)


def _messages() -> Iterator[News]:
    """Look for queues that have changed; messages come and go, so all of them are written."""
    queues = patching.module("services.sqs")._queues._data
    for (account, region, url), queue in list(queues.items()):
        place = ("messages", account, region, url)
        messages = [dict(message) for message in list(queue["messages"])]
        mark = [(each["id"], each["visible_at"]) for each in messages]
        if mark != _written.get(place, []):
            yield place, mark, [*place, messages]


def _events() -> Iterator[News]:
    """Look for log streams with new lines."""
    groups = patching.module("services.cloudwatch_logs")._log_groups._data
    for (account, region, group), content in list(groups.items()):
        for name, stream in list(content["streams"].items()):
            place = ("events", account, region, group, name)
            events = stream["events"]
            # Late lines make a new list, with them among the others.
            start, known = _written.get(place, (0, None))
            start = start if known in (None, id(events)) else 0
            if new := events[start:]:
                head = {key: value for key, value in stream.items() if key != "events"}
                yield place, (start + len(new), id(events)), [*place, head, start, new]


def _points() -> Iterator[News]:
    """Look for metrics with new values; the oldest go after two weeks."""
    metrics = patching.module("services.cloudwatch")._metrics._data
    for (account, region, metric), points in list(metrics.items()):
        place = ("points", account, region, metric)
        start = _written.get(place, 0)
        start = start if start <= len(points) else 0
        if new := points[start:]:
            yield place, start + len(new), [*place, start, new]


def _restoring(load: Callable[[], None]) -> Callable[[], None]:
    """Put back what a killed server has written, once MiniStack has its saved state."""

    def load_with_journal() -> None:
        load()
        restorers: dict[str, Callable[..., None]] = {
            "messages": _put_messages,
            "events": _put_events,
            "points": _put_points,
        }
        hook = patching.module("core.persistence")._json_object_hook
        for kind, *entry in journal.entries(hook):
            restorers[kind](*entry)
        _mark(_news())

    return load_with_journal


def _put_messages(account: str, region: str, url: str, messages: list[dict[str, Any]]) -> None:
    queue = patching.module("services.sqs")._queues._data.get((account, region, url))
    if queue is not None:
        queue["messages"] = messages


def _put_events(
    account: str,
    region: str,
    group: str,
    name: str,
    head: dict[str, Any],
    start: int,
    events: list[Any],
) -> None:
    logs = patching.module("services.cloudwatch_logs")
    key = (account, region, group)
    if group == _OWN_GROUP and key not in logs._log_groups._data:
        responses = patching.module("core.responses")
        responses.set_request_account_id(account)
        responses.set_request_region(region)
        logs._create_log_group({"logGroupName": group})
    content = logs._log_groups._data.get(key)
    if content is not None:
        stream = content["streams"].setdefault(name, {"events": []})
        stream.update(head, events=_joined(stream["events"], start, events))


def _put_points(
    account: str, region: str, metric: list[str], start: int, points: list[Any]
) -> None:
    metrics = patching.module("services.cloudwatch")._metrics._data
    key = (account, region, tuple(metric))
    metrics[key] = _joined(metrics.get(key, []), start, points)


def _joined(saved: list[Any], start: int, items: list[Any]) -> list[Any]:
    """Put items at their place, unless the saved state is newer than the journal."""
    return saved if len(saved) >= start + len(items) else [*saved[:start], *items]
