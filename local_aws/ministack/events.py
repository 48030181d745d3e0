"""EventBridge and its Scheduler: AWS's own events, how they are delivered, and what they say."""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from local_aws.conditions import CurrentConditions
from local_aws.ministack import patching

responses = patching.module("core.responses")
bridge = patching.module("services.eventbridge")
s3 = patching.module("services.s3")

_version_id: ContextVar[str | None] = ContextVar("s3_event_version_id", default=None)


def patch(conditions: CurrentConditions) -> None:
    """Apply this module's replacements."""
    patching.replace(s3, "_fire_s3_event", _remembering)
    patching.replace(bridge, "_dispatch_event", _versioned)
    patching.replace(bridge, "_invoke_target", _with_context)
    patching.replace(bridge, "_dispatch_event", lambda dispatch: _unreliable(dispatch, conditions))


def emit(event: dict[str, Any]) -> None:
    """Deliver an AWS service's own event to the default bus; PutEvents refuses those.

    It has id, time, region, account, source, detail-type, resources and detail
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html).
    """
    if not str(event["source"]).startswith("aws."):
        raise ValueError(f"source is {event['source']!r}, not one of AWS's services (aws.*)")
    record = {
        "EventId": event["id"],
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
        "EventBusName": "default",
        "Time": event["time"],
        "Resources": event.get("resources", []),
        "Account": event["account"],
        "Region": event["region"],
    }
    contextvars.copy_context().run(_dispatch, record)


def _dispatch(record: dict[str, Any]) -> None:
    responses.set_request_account_id(record["Account"])
    responses.set_request_region(record["Region"])
    bridge._dispatch_event(record)


def _unreliable(dispatch: Callable[..., Any], conditions: CurrentConditions) -> Callable[..., None]:
    """Deliver AWS's own events as the conditions say: once, twice, late, or not at all.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-delivery-level.html
    """

    def dispatch_event(event: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        source = str(event.get("Source", ""))
        delays = conditions.deliveries(source) if source.startswith("aws.") else [0.0]
        for delay in delays:
            if delay:
                _later(delay, dispatch, event, *args, **kwargs)
            else:
                dispatch(event, *args, **kwargs)

    return dispatch_event


def _later(delay: float, dispatch: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    # MiniStack keeps the account and the region of a request in context variables.
    context = contextvars.copy_context()
    timer = threading.Timer(delay, lambda: context.run(dispatch, *args, **kwargs))
    timer.daemon = True
    timer.start()


def _remembering(fire: Callable[..., None]) -> Callable[..., None]:
    """Keep the version id of the event which is being fired; MiniStack uses it for SQS only."""

    def fire_event(*args: Any, version_id: str | None = None, **kwargs: Any) -> None:
        token = _version_id.set(version_id)
        try:
            fire(*args, version_id=version_id, **kwargs)
        finally:
            _version_id.reset(token)

    return fire_event


def _versioned(dispatch: Callable[..., Any]) -> Callable[..., Any]:
    """Add detail.object.version-id, for objects of versioned buckets.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """

    def dispatch_event(event: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        version_id = _version_id.get()
        if version_id and event.get("Source") == "aws.s3":
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version_id
            event = {**event, "Detail": json.dumps(detail)}
        return dispatch(event, *args, **kwargs)

    return dispatch_event


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
