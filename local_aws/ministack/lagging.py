"""Step Functions' answers about executions as of some seconds ago, by `lagging_executions`.

"This operation is eventually consistent. The results are best effort and may not reflect very
recent updates and changes."
https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_aws.conditions import CurrentConditions
from local_aws.ministack import patching

steps = patching.module("services.stepfunctions")
responses = patching.module("core.responses")

# What only an execution that is over has.
_OF_THE_END = ("output", "error", "cause")

Answer = Callable[[dict[str, Any]], Any]


def patch(conditions: CurrentConditions) -> None:
    """Apply this module's replacements."""

    def describing(describe: Answer) -> Answer:
        def describe_execution(data: dict[str, Any]) -> Any:
            status, headers, body = describe(data)
            lag = conditions.now.lagging_executions
            if not lag or status != 200:
                return status, headers, body
            seen = _as_of(time.time() - lag, json.loads(body))
            if seen is None:
                message = f"Execution Does Not Exist: '{data['executionArn']}'"
                return responses.error_response_json("ExecutionDoesNotExist", message, 400)
            return responses.json_response(seen)

        return describe_execution

    def listing(list_executions: Answer) -> Answer:
        def list_them(data: dict[str, Any]) -> Any:
            lag = conditions.now.lagging_executions
            if not lag:
                return list_executions(data)
            return _listed(list_executions, data, time.time() - lag)

        return list_them

    patching.replace(steps, "_describe_execution", describing)
    patching.replace(steps, "_list_executions", listing)


def _listed(list_executions: Answer, data: dict[str, Any], moment: float) -> Any:
    """List all executions of that moment, on one page."""
    seen: list[dict[str, Any]] = []
    asked = {"stateMachineArn": data["stateMachineArn"]}
    while True:
        status, headers, body = list_executions(asked)
        if status != 200:
            return status, headers, body
        page = json.loads(body)
        found = (_as_of(moment, execution) for execution in page["executions"])
        seen += [execution for execution in found if execution is not None]
        if "nextToken" not in page:
            break
        asked["nextToken"] = page["nextToken"]
    wanted = data.get("statusFilter")
    chosen = [each for each in seen if wanted in (None, each["status"])]
    return responses.json_response({"executions": chosen})


def _as_of(moment: float, execution: dict[str, Any]) -> dict[str, Any] | None:
    """Show an execution as it was; None when it had not started."""
    if _seconds(execution["startDate"]) > moment:
        return None
    if execution["stopDate"] is None or _seconds(execution["stopDate"]) <= moment:
        return execution
    running = {"status": "RUNNING", "stopDate": None}
    return {k: v for k, v in execution.items() if k not in _OF_THE_END} | running


def _seconds(time_of: str) -> float:
    return datetime.fromisoformat(time_of).timestamp()
