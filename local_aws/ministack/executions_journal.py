"""Step Functions' executions outlive a killed server: each status goes to a journal at once.

MiniStack writes its state at an orderly end only. After a start, what is in the journal is put
beside that state; executions that ran are over then, and that is announced as AWS announces ends
(https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html).
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local_aws.ministack import patching

log = logging.getLogger(__name__)

_lock = threading.Lock()
_interrupted: list[tuple[str, str, str]] = []


def mend() -> None:
    """Apply this module's replacements."""
    steps = patching.module("services.stepfunctions")
    patching.replace(steps, "_emit_execution_status_event", _journaled)
    patching.replace(steps, "_restore_state", _restoring)


def announce_interrupted() -> None:
    """Announce the end of the executions that ran when the server ended; once it answers."""
    steps, responses = patching.module("services.stepfunctions"), patching.module("core.responses")
    while _interrupted:
        account, region, arn = _interrupted.pop()
        responses.set_request_account_id(account)
        responses.set_request_region(region)
        execution = steps._executions[arn]
        details = {"error": execution["error"], "cause": execution["cause"]}
        steps._add_event(execution, "ExecutionFailed", {"executionFailedEventDetails": details})
        steps._emit_execution_status_event(execution)


@contextmanager
def being_saved() -> Iterator[None]:
    """Empty the journal after MiniStack's state was saved; what comes meanwhile stays."""
    current, old = _paths()
    with _lock:
        if current.exists():
            with old.open("a", encoding="utf-8") as kept:
                kept.write(current.read_text("utf-8"))
            current.unlink()
    yield
    old.unlink(missing_ok=True)


def forget() -> None:
    """Delete the journal of a server whose state machines were never saved."""
    for path in _paths():
        path.unlink(missing_ok=True)


def _paths() -> tuple[Path, Path]:
    folder = Path(os.environ["STATE_DIR"])
    return folder / "executions.jsonl", folder / "executions.old.jsonl"


def _journaled(emit: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    """Write an execution down whenever its status changes, before anybody hears of it."""
    responses = patching.module("core.responses")

    def emit_and_write(execution: dict[str, Any]) -> None:
        scope = [responses.get_account_id(), responses.get_region()]
        line = json.dumps([*scope, execution["executionArn"], execution]) + "\n"
        with _lock, _paths()[0].open("a", encoding="utf-8") as journal:
            journal.write(line)
        emit(execution)

    return emit_and_write


def _restoring(restore: Callable[[Any], None]) -> Callable[[Any], None]:
    def restore_with_journal(data: dict[str, Any] | None) -> None:
        executions = (data or {}).get("executions")
        if data is None or executions is None:
            restore(data)
            return
        for account, region, arn, execution in _written():
            executions._data[account, region, arn] = execution
        _interrupted.extend(
            key for key, execution in executions._data.items() if execution["status"] == "RUNNING"
        )
        restore(data)

    return restore_with_journal


def _written() -> list[list[Any]]:
    """Read the journal; its last line may be half of one."""
    entries = []
    for path in reversed(_paths()):
        for line in path.read_text("utf-8").splitlines() if path.exists() else ():
            try:
                entries.append(json.loads(line))
            except ValueError:
                log.warning("a line of %s was not written to its end", path)
    return entries
