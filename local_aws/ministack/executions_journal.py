"""Step Functions' executions outlive a killed server: each status goes to a journal at once.

MiniStack writes its state at an orderly end only. After a start, what is in the journal is put
beside that state; executions that ran are over then, and that is announced as AWS announces ends
(https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.ministack import patching
from local_aws.ministack.journal import Journal

journal = Journal("executions")
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


def _journaled(emit: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    """Write an execution down whenever its status changes, before anybody hears of it."""
    responses = patching.module("core.responses")

    def emit_and_write(execution: dict[str, Any]) -> None:
        scope = [responses.get_account_id(), responses.get_region()]
        journal.write([[*scope, execution["executionArn"], execution]])
        emit(execution)

    return emit_and_write


def _restoring(restore: Callable[[Any], None]) -> Callable[[Any], None]:
    def restore_with_journal(data: dict[str, Any] | None) -> None:
        executions = (data or {}).get("executions")
        if data is None or executions is None:
            restore(data)
            return
        for account, region, arn, execution in journal.entries():
            executions._data[account, region, arn] = execution
        _interrupted.extend(
            key for key, execution in executions._data.items() if execution["status"] == "RUNNING"
        )
        restore(data)

    return restore_with_journal
