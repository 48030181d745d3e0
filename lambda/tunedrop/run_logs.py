"""The run's keys on every log line: dataset, run_id, execution and job, as far as they are known.

Each Lambda logs JSON (`LoggingConfig` of the function), in which Lambda's runtime makes a key of
every attribute of a log record. Values out of people's data are never logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from tunedrop.records import StrictRecord, read_record

Answer = TypeVar("Answer")

_NAMES = ("dataset", "run_id", "execution", "job")
_LONGEST_NAME = 256  # an ARN of Step Functions
# Of the one event that this process works on; threads of its own log with the same keys.
_keys: dict[str, str] = {}
_plain_record = logging.getLogRecordFactory()

logger = logging.getLogger(__name__)


def logged(
    handler: Callable[[dict[str, Any], object], Answer],
) -> Callable[[dict[str, Any], object], Answer]:
    """Return a handler that accepts JSON objects only and logs with the keys of its event."""

    @wraps(handler)
    def with_keys(event: dict[str, Any], context: object) -> Answer:
        with run_keys(**_named_by(event)):
            try:
                read_record(StrictRecord, event)
                return handler(event, context)
            except Exception as error:
                # The runtime's own line has the message, and no keys.
                logger.error("failed: %s", type(error).__name__)
                raise

    return with_keys


@contextmanager
def run_keys(**keys: str) -> Iterator[None]:
    """Log with these keys, and with what `add_run_keys` adds inside."""
    before = dict(_keys)
    _keys.update(keys)
    try:
        yield
    finally:
        _keys.clear()
        _keys.update(before)


def add_run_keys(**keys: str) -> None:
    """Log with these keys too, from here to the end of the event."""
    _keys.update(keys)


def _named_by(event: object) -> dict[str, str]:
    """Return the names in an event, which may be anything yet."""
    if not isinstance(event, Mapping):
        return {}
    job = event.get("job")  # a name, or what the state machine knows of a job
    named = {**event, **job} if isinstance(job, Mapping) else event
    texts = {name: named[name] for name in _NAMES if isinstance(named.get(name), str)}
    return {name: text[:_LONGEST_NAME] for name, text in texts.items()}


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _plain_record(*args, **kwargs)
    record.__dict__.update(_keys)
    return record


def set_up() -> None:
    """Make all log records carry the keys, and let what our own code did reach the log."""
    logging.setLogRecordFactory(_record)
    # Elsewhere than in a Lambda with a level of its own, the root logger leaves out INFO.
    logging.getLogger("tunedrop").setLevel(logging.INFO)
    logging.getLogger("botocore").setLevel(logging.WARNING)
