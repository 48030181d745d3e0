"""Step Functions' executions: timeouts, stops, restarts, repeated starts, Map."""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Callable
from typing import Any

from local_aws.ministack import patching, tasks

steps = patching.module("services.stepfunctions")
responses = patching.module("core.responses")

# What an execution began with, in MiniStack's own record of it.
_DEFINITION = "_definition"

# Account, region and ARN of the executions that ran when the server ended.
_interrupted: list[tuple[str, str, str]] = []


def patch() -> None:
    """Apply this module's replacements."""
    patching.replace(steps, "_run_execution", _limit_time)
    patching.replace(steps, "_fail_execution", _fail_running)
    patching.replace(steps, "_stop_execution", _release_tasks)
    patching.replace(steps, "_start_execution", _start_once)
    patching.replace(steps, "_restore_state", _remember_interrupted)
    patching.replace(steps, "_run_map_items", _resolve_concurrency)
    patching.replace(steps, "_describe_state_machine_for_execution", _answer_first_definition)


def announce_interrupted() -> None:
    """Announce the end of the executions that ran when the server ended; once it answers.

    MiniStack fails them silently
    (https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html).
    """
    while _interrupted:
        account, region, arn = _interrupted.pop()
        responses.set_request_account_id(account)
        responses.set_request_region(region)
        execution = steps._executions[arn]
        details = {"error": execution["error"], "cause": execution["cause"]}
        steps._add_event(execution, "ExecutionFailed", {"executionFailedEventDetails": details})
        steps._emit_execution_status_event(execution)


def _remember_interrupted(restore: Callable[[Any], None]) -> Callable[[Any], None]:
    def restore_state(data: dict[str, Any] | None) -> None:
        if data and "executions" in data:
            _interrupted.extend(
                key
                for key, execution in data["executions"]._data.items()
                if execution["status"] == "RUNNING"
            )
        restore(data)

    return restore_state


def _limit_time(run_execution: Callable[[str], None]) -> Callable[[str], None]:
    """End an execution as TIMED_OUT after the state machine's TimeoutSeconds.

    https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html
    """

    def run(arn: str) -> None:
        execution = steps._executions.get(arn)
        machine = steps._state_machines.get(execution["stateMachineArn"]) if execution else None
        if execution and machine:
            execution[_DEFINITION] = machine["definition"]
        limit = _timeout_seconds(machine)
        if limit is None:
            run_execution(arn)
            return
        expire = contextvars.copy_context()
        timer = threading.Timer(limit, expire.run, (_expire, execution))
        timer.daemon = True
        timer.start()
        try:
            run_execution(arn)
        finally:
            timer.cancel()

    return run


def _answer_first_definition(describe: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Answer with the definition that an execution began with, and goes on with.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachineForExecution.html
    """

    def answer(data: dict[str, Any]) -> Any:
        status, headers, body = describe(data)
        execution = steps._executions.get(data.get("executionArn")) or {}
        if status == 200 and _DEFINITION in execution:
            body = json.dumps({**json.loads(body), "definition": execution[_DEFINITION]}).encode()
        return status, headers, body

    return answer


def _timeout_seconds(machine: dict[str, Any] | None) -> float | None:
    limit = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
    return None if limit is None else float(limit)


def _expire(execution: dict[str, Any]) -> None:
    if execution["status"] != "RUNNING":
        return
    execution.update(status="TIMED_OUT", stopDate=steps.now_iso(), error="States.Timeout")
    details = {"executionTimedOutEventDetails": {"error": "States.Timeout", "cause": ""}}
    steps._add_event(execution, "ExecutionTimedOut", details)
    tasks.release(execution)
    steps._emit_execution_status_event(execution)


def _fail_running(fail_execution: Callable[..., None]) -> Callable[..., None]:
    """Keep the status of an execution that is over, whatever its last thread still raises."""

    def fail(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            fail_execution(execution, error, cause)

    return fail


def _release_tasks(stop_execution: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Close the task tokens of a stopped execution.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
    """

    def stop(data: dict[str, Any]) -> Any:
        response = stop_execution(data)
        execution = steps._executions.get(data.get("executionArn"))
        if execution is not None:
            tasks.release(execution)
        return response

    return stop


def _start_once(start_execution: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Answer the same name and input with the running execution, not with an error.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """

    def start(data: dict[str, Any]) -> Any:
        for execution in list(steps._executions.values()) if data.get("name") else ():
            if (
                execution["name"] == data["name"]
                and execution["stateMachineArn"] == data.get("stateMachineArn")
                and execution["status"] == "RUNNING"
                and execution["input"] == data.get("input", "{}")
            ):
                return responses.json_response(
                    {"executionArn": execution["executionArn"], "startDate": execution["startDate"]}
                )
        return start_execution(data)

    return start


def _resolve_concurrency(run_map_items: Callable[..., Any]) -> Callable[..., Any]:
    """Resolve MaxConcurrencyPath against the state's input.

    https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
    """

    def run(state: dict[str, Any], raw_input: Any, execution: Any, context: Any) -> Any:
        path = state.get("MaxConcurrencyPath")
        if path is not None:
            effective = steps._apply_input_path(state, raw_input, context)
            limit = steps._resolve_path_or_ctx(path, effective, context)
            state = {**state, "MaxConcurrency": limit}
        return run_map_items(state, raw_input, execution, context)

    return run
