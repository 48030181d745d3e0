"""Which execution and context a task state is running for, and the end of a stopped execution.

MiniStack hands neither to the functions that wait and retry, so they are kept beside the call.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from local_aws.ministack import patching


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


def _tracked(execute_task: Callable[..., Any]) -> Callable[..., Any]:
    """Remember the task while it runs; start none in an execution which is over.

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


def mend() -> None:
    """Apply this module's replacement."""
    patching.replace(patching.module("services.stepfunctions"), "_execute_task", _tracked)
