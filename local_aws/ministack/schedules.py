"""EventBridge Scheduler: what stands for the invocation itself in a target's input."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local_aws.ministack import patching


def _with_context(invoke_target: Callable[..., Any]) -> Callable[..., Any]:
    """Fill in the context attributes of a schedule's input.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """

    def invoke(target: dict[str, Any], event: dict[str, Any], rule: Any, view: Any = None) -> Any:
        given = target.get("Input")
        if event.get("Source") == "aws.scheduler" and isinstance(given, str):
            for name, value in _attributes(event).items():
                given = given.replace(f"<aws.scheduler.{name}>", value)
            target = {**target, "Input": given}
        return invoke_target(target, event, rule, view)

    return invoke


def _attributes(event: dict[str, Any]) -> dict[str, str]:
    time = datetime.fromtimestamp(int(event["Time"]), UTC)
    return {
        "schedule-arn": event["Resources"][0],
        "scheduled-time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "execution-id": event["EventId"],
        "attempt-number": "1",
    }


def mend() -> None:
    """Apply this module's replacement."""
    patching.replace(patching.module("services.eventbridge"), "_invoke_target", _with_context)
