"""Step Functions' task states: waits before retries, heartbeats, failures, stale tokens, stops.

MiniStack hands neither the execution nor its context to the functions that wait and retry, so they
are kept beside the call.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from local_aws.ministack import patching

steps = patching.module("services.stepfunctions")
responses = patching.module("core.responses")
topics = patching.module("services.sns")

_CLOSED = "The task token has expired or the task of the token has already been closed."
_INVALID = "Invalid token: it is not one that this service gave out."

# What AWS documents as the default TimeoutSeconds of a task.
_DEFAULT_TIMEOUT_SECONDS = 99_999_999

# How soon a wait notices that its execution was stopped.
_STOP_CHECK_SECONDS = 0.25

# Held to close a token and to answer it: an answer is either accepted and used, or rejected.
_lock = threading.Lock()


def patch() -> None:
    """Apply this module's replacements."""
    patching.replace(steps, "_execute_task", _track)
    patching.replace(steps, "_invoke_with_callback", _wait_for_token)
    for name in ("_send_task_success", "_send_task_failure", "_send_task_heartbeat"):
        patching.replace(steps, name, _check_token)
    patching.replace(steps, "_find_matching_retrier", _wait_before_retry)
    patching.replace(topics, "_publish", _flatten_attributes)


def _flatten_attributes(publish: Callable[..., Any]) -> Callable[..., Any]:
    """Give a message the attributes of its state; MiniStack reads those of a query only."""

    def with_attributes(parameters: dict[str, Any]) -> Any:
        entries = {}
        attributes = parameters.get("MessageAttributes") or {}
        for number, (name, value) in enumerate(attributes.items(), start=1):
            entry = f"MessageAttributes.entry.{number}"
            entries[f"{entry}.Name"] = name
            entries |= {f"{entry}.Value.{part}": text for part, text in value.items()}
        return publish({**parameters, **entries})

    return with_attributes


@dataclass(frozen=True)
class RunningTask:
    """One task state of one execution; both are MiniStack's own mutable records."""

    execution: dict[str, Any]
    context: dict[str, Any]

    def raise_if_stopped(self) -> None:
        """End this thread's work when its execution is over."""
        if self.execution["status"] != "RUNNING":
            raise ExecutionStopped


class ExecutionStopped(SystemExit):
    """The execution was aborted or timed out.

    No Catch and no Retry sees it, as on AWS; threads end silently on a SystemExit.
    """


_current: ContextVar[RunningTask | None] = ContextVar("running_task", default=None)


def current() -> RunningTask | None:
    """Return the task state that this thread is running, or None outside of one."""
    return _current.get()


def _track(execute_task: Callable[..., Any]) -> Callable[..., Any]:
    """Remember the task while it runs; start none in an execution that is over.

    AWS stops all running branches and Map iterations when an execution ends
    (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html);
    MiniStack looks between the states of the top level only.
    """

    def execute(state: Any, raw_input: Any, execution: dict[str, Any], context: Any) -> Any:
        task = RunningTask(execution, context)
        task.raise_if_stopped()
        token = _current.set(task)
        try:
            result = execute_task(state, raw_input, execution, context)
        finally:
            _current.reset(token)
        task.raise_if_stopped()
        return result

    return execute


def _wait_for_token(_invoke_with_callback: Any) -> Callable[..., Any]:
    """Run the integration, then wait for the token's answer, a heartbeat too late or the timeout.

    The state fails at once when the call itself fails, HeartbeatSeconds counts from the start and
    from each SendTaskHeartbeat, and a token ends with its attempt
    (https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token,
    https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html).
    """

    def invoke(resource: str, task_input: Any, token: str, state: dict[str, Any]) -> Any:
        task = current()
        started = time.monotonic()
        pending: dict[str, Any] = {
            "event": threading.Event(),
            "result": None,
            "error": None,
            "heartbeat": None,
            "last_beat": started,
            "execution": task.execution if task else None,
        }
        steps._task_tokens[token] = pending
        try:
            steps._invoke_resource(resource.replace(".waitForTaskToken", ""), task_input)
            late = _wait(
                pending,
                deadline=started + state.get("TimeoutSeconds", _DEFAULT_TIMEOUT_SECONDS),
                heartbeat=state.get("HeartbeatSeconds"),
            )
        finally:
            with _lock:
                steps._task_tokens.pop(token, None)
        if task:
            task.raise_if_stopped()
        if pending["error"]:
            raise steps._ExecutionError(pending["error"]["Error"], pending["error"]["Cause"])
        if pending["result"] is None:
            raise steps._ExecutionError(late, "")
        return json.loads(pending["result"])

    return invoke


def _wait(pending: dict[str, Any], *, deadline: float, heartbeat: float | None) -> str:
    """Wait for an answer; return the error's name for the case that none came."""
    while True:
        last_beat_due = pending["last_beat"] + heartbeat if heartbeat else deadline
        due = min(deadline, last_beat_due)
        if pending["event"].wait(max(0.0, due - time.monotonic())):
            return ""
        if time.monotonic() >= deadline:
            return "States.Timeout"
        if heartbeat and pending["last_beat"] + heartbeat <= time.monotonic():
            return "States.HeartbeatTimeout"


def _check_token(send: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Reject tokens that were answered, are over or never existed.

    AWS answers TaskTimedOut for a closed task and InvalidToken for anything else
    (https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html).
    """

    def answer(data: dict[str, Any]) -> Any:
        token = str(data.get("taskToken", ""))
        with _lock:
            pending = steps._task_tokens.get(token)
            if pending is not None and not pending["event"].is_set():
                pending["last_beat"] = time.monotonic()
                return send(data)
        try:
            UUID(token)
        except ValueError:
            return responses.error_response_json("InvalidToken", _INVALID, 400)
        return responses.error_response_json("TaskTimedOut", _CLOSED, 400)

    return answer


def retry_delay(
    retrier: dict[str, Any], attempt: int, uniform: Callable[[float, float], float]
) -> float:
    """Return the seconds before a retry; `attempt` is 0 before the first.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error
    """
    backoff = float(retrier.get("BackoffRate", 2.0))
    seconds = float(retrier.get("IntervalSeconds", 1)) * backoff**attempt
    seconds = min(seconds, float(retrier.get("MaxDelaySeconds", seconds)))
    return uniform(0.0, seconds) if retrier.get("JitterStrategy") == "FULL" else seconds


def _wait_before_retry(find_retrier: Callable[..., Any]) -> Callable[..., Any]:
    """Wait here, and give MiniStack a retrier without a wait.

    Its own wait knows neither maximum nor jitter, is cut to 60 s, and goes on after StopExecution.
    """

    def find(retriers: Any, error: str, counts: dict[int, int]) -> Any:
        retrier, index = find_retrier(retriers, error, counts)
        if retrier is None:
            return retrier, index
        task = current()
        until = time.monotonic() + retry_delay(retrier, counts.get(index, 0), random.uniform)
        while (remaining := until - time.monotonic()) > 0:
            if task:
                task.raise_if_stopped()
            time.sleep(min(remaining, _STOP_CHECK_SECONDS))
        if task and "Task" in task.context:
            # $$.Task.Token belongs to one attempt: an old one must not answer for a new one.
            task.context["Task"] = {"Token": str(uuid4())}
        return {**retrier, "IntervalSeconds": 0}, index

    return find


def release(execution: dict[str, Any]) -> None:
    """Wake every task that waits in an execution that is over, so that its tokens close."""
    with _lock:
        for pending in list(steps._task_tokens.all_values()):
            if pending.get("execution") is execution:
                pending["event"].set()
