"""Step Functions' Retry: MaxDelaySeconds, JitterStrategy, and a new token for each attempt."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from local_aws.ministack import patching, running_task

# How soon a wait notices that its execution was stopped.
_STOP_CHECK_SECONDS = 0.25


def delay(retrier: dict[str, Any], attempt: int, uniform: Callable[[float, float], float]) -> float:
    """Seconds before retry number `attempt` (0 is the first).

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error
    """
    backoff = float(retrier.get("BackoffRate", 2.0))
    seconds = float(retrier.get("IntervalSeconds", 1)) * backoff**attempt
    seconds = min(seconds, float(retrier.get("MaxDelaySeconds", seconds)))
    return uniform(0.0, seconds) if retrier.get("JitterStrategy") == "FULL" else seconds


def _waited_out(find_retrier: Callable[..., Any]) -> Callable[..., Any]:
    """Wait here and tell MiniStack that nothing is left to wait.

    Its own wait knows neither maximum nor jitter, is cut to 60 s, and goes on after StopExecution.
    """

    def find(retriers: Any, error: str, counts: dict[int, int]) -> Any:
        retrier, index = find_retrier(retriers, error, counts)
        if retrier is None:
            return retrier, index
        task = running_task.current()
        until = time.monotonic() + delay(retrier, counts.get(index, 0), random.uniform)
        while (left := until - time.monotonic()) > 0:
            if task:
                task.raise_if_stopped()
            time.sleep(min(left, _STOP_CHECK_SECONDS))
        if task and "Task" in task.context:
            # $$.Task.Token belongs to one attempt: an old one must not answer for a new one.
            task.context["Task"] = {"Token": str(uuid4())}
        return {**retrier, "IntervalSeconds": 0}, index

    return find


def mend() -> None:
    """Apply this module's replacement."""
    patching.replace(
        patching.module("services.stepfunctions"), "_find_matching_retrier", _waited_out
    )
