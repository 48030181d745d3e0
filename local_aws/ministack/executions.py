"""Executions of Step Functions: TimeoutSeconds, what a stop closes, and starting the same twice."""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Callable
from typing import Any

from local_aws.ministack import callbacks, patching


def _timed(run_execution: Callable[[str], None]) -> Callable[[str], None]:
    """End an execution as TIMED_OUT after the state machine's TimeoutSeconds.

    https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html
    """
    steps = patching.module("services.stepfunctions")

    def run(arn: str) -> None:
        execution = steps._executions.get(arn)
        machine = steps._state_machines.get(execution["stateMachineArn"]) if execution else None
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


def _timeout_seconds(machine: dict[str, Any] | None) -> float | None:
    if machine is None:
        return None
    try:
        limit = json.loads(machine["definition"]).get("TimeoutSeconds")
    except json.JSONDecodeError:
        return None  # MiniStack itself fails the execution with InvalidDefinition
    return None if limit is None else float(limit)


def _expire(execution: dict[str, Any]) -> None:
    steps = patching.module("services.stepfunctions")
    if execution["status"] != "RUNNING":
        return
    execution.update(status="TIMED_OUT", stopDate=steps.now_iso(), error="States.Timeout")
    details = {"executionTimedOutEventDetails": {"error": "States.Timeout", "cause": ""}}
    steps._add_event(execution, "ExecutionTimedOut", details)
    callbacks.release(execution)
    steps._emit_execution_status_event(execution)


def _only_running(fail_execution: Callable[..., None]) -> Callable[..., None]:
    """Let an execution which is over keep its status, whatever its last thread still raises."""

    def fail(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            fail_execution(execution, error, cause)

    return fail


def _releasing(stop_execution: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Close the task tokens of a stopped execution.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
    """
    steps = patching.module("services.stepfunctions")

    def stop(data: dict[str, Any]) -> Any:
        response = stop_execution(data)
        execution = steps._executions.get(data.get("executionArn"))
        if execution is not None:
            callbacks.release(execution)
        return response

    return stop


def _idempotent(start_execution: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Answer the same name and input with the running execution, not with an error.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """
    steps = patching.module("services.stepfunctions")
    responses = patching.module("core.responses")

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


def _error_named(start_nested: Callable[..., Any]) -> Callable[..., Any]:
    """Name the errors of `states:startExecution` as the state machine sees them on AWS.

    StepFunctions.ExecutionAlreadyExistsException, and so on
    (https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html).
    """
    steps = patching.module("services.stepfunctions")

    def start(resource: str, task_input: Any) -> Any:
        try:
            return start_nested(resource, task_input)
        except steps._ExecutionError as error:
            if "." in error.error:
                raise
            name = f"StepFunctions.{error.error.removesuffix('Exception')}Exception"
            raise steps._ExecutionError(name, error.cause) from None

    return start


def mend() -> None:
    """Apply this module's replacements."""
    steps = patching.module("services.stepfunctions")
    patching.replace(steps, "_run_execution", _timed)
    patching.replace(steps, "_fail_execution", _only_running)
    patching.replace(steps, "_stop_execution", _releasing)
    patching.replace(steps, "_start_execution", _idempotent)
    patching.replace(steps, "_invoke_nested_start_execution", _error_named)
