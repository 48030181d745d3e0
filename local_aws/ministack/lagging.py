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

# https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
_LARGEST_PAGE = 1000

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
    seen: list[dict[str, Any]] = []
    asked = {name: data[name] for name in ("stateMachineArn", "mapRunArn") if name in data}
    token: str | None = ""
    while token is not None:
        status, headers, body = list_executions(asked | ({"nextToken": token} if token else {}))
        if status != 200:
            return status, headers, body
        page = json.loads(body)
        found = (_as_of(moment, execution) for execution in page["executions"])
        seen += [execution for execution in found if execution is not None]
        token = page.get("nextToken")
    wanted, last = data.get("statusFilter"), data.get("nextToken")
    before = steps._decode_execution_token(last) if last else None
    chosen = [each for each in seen if wanted in (None, each["status"])]
    chosen.sort(key=steps._execution_sort_key, reverse=True)
    left = [each for each in chosen if before is None or steps._execution_sort_key(each) < before]
    most = int(data.get("maxResults") or _LARGEST_PAGE)
    more = {"nextToken": steps._encode_execution_token(left[most - 1])} if left[most:] else {}
    return responses.json_response({"executions": left[:most], **more})


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
