"""How messages arrive: EventBridge's events, its Scheduler's, and SQS's second deliveries."""

from __future__ import annotations

import contextvars
import json
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from local_aws.conditions import CurrentConditions
from local_aws.ministack import patching

responses = patching.module("core.responses")
bridge = patching.module("services.eventbridge")
queues = patching.module("services.sqs")
s3 = patching.module("services.s3")

# In MiniStack's record of a message that was delivered twice.
_REPEATED = "local_aws_repeated"

_version_id: ContextVar[str | None] = ContextVar("s3_event_version_id", default=None)


def patch(conditions: CurrentConditions) -> None:
    """Apply this module's replacements."""
    patching.replace(s3, "_fire_s3_event", _remember_version)
    patching.replace(bridge, "_dispatch_event", _add_version)
    patching.replace(bridge, "_invoke_target", _fill_in_time)
    patching.replace(bridge, "_dispatch_event", lambda it: _deliver_unreliably(it, conditions))
    patching.replace(queues, "_delete_messages_for_esm", lambda it: _repeat_some(it, conditions))


def emit(event: dict[str, Any]) -> None:
    """Deliver an AWS service's own event to the default bus; PutEvents rejects those.

    Such an event has id, time, region, account, source, detail-type, resources and detail
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


def _deliver_unreliably(
    dispatch: Callable[..., Any], conditions: CurrentConditions
) -> Callable[..., None]:
    """Deliver AWS's own events as the conditions say: once, twice, late, or not at all.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-delivery-level.html
    """

    def dispatch_event(event: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        source = str(event.get("Source", ""))
        delays = conditions.deliveries(source) if source.startswith("aws.") else [0.0]
        for delay in delays:
            if delay:
                # MiniStack has the account and the region of a request in context variables.
                context = contextvars.copy_context()
                timer = threading.Timer(
                    delay, context.run, (dispatch, event, *args), kwargs=dict(kwargs)
                )
                timer.daemon = True
                timer.start()
            else:
                dispatch(event, *args, **kwargs)

    return dispatch_event


def _remember_version(fire: Callable[..., None]) -> Callable[..., None]:
    """Remember the version id of the event that is fired; MiniStack uses it for SQS only."""

    def fire_event(*args: Any, version_id: str | None = None, **kwargs: Any) -> None:
        token = _version_id.set(version_id)
        try:
            fire(*args, version_id=version_id, **kwargs)
        finally:
            _version_id.reset(token)

    return fire_event


def _add_version(dispatch: Callable[..., Any]) -> Callable[..., Any]:
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


def _fill_in_time(invoke_target: Callable[..., Any]) -> Callable[..., Any]:
    """Fill in when a schedule was due, the context attribute of its input.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """

    def invoke(target: dict[str, Any], event: dict[str, Any], rule: Any, view: Any = None) -> Any:
        text = target.get("Input")
        if event.get("Source") == "aws.scheduler" and isinstance(text, str):
            moment = datetime.fromtimestamp(int(event["Time"]), UTC)
            due = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
            target = {**target, "Input": text.replace("<aws.scheduler.scheduled-time>", due)}
        return invoke_target(target, event, rule, view)

    return invoke


def _repeat_some(
    delete: Callable[[str, set[str]], None], conditions: CurrentConditions
) -> Callable[[str, set[str]], None]:
    """Deliver some messages again after they were deleted, once each.

    "On rare occasions, one of the servers that stores a copy of a message might be unavailable when
    you receive or delete a message. [...] you might get that message copy again"
    (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html).
    """

    def delete_messages(queue_url: str, receipt_handles: set[str]) -> None:
        repeated = set()
        share = conditions.now.repeated_messages
        if share:
            with queues._queues_lock:
                for message in queues._get_q(queue_url)["messages"]:
                    handle = message.get("receipt_handle")
                    is_first = handle in receipt_handles and _REPEATED not in message
                    if is_first and conditions.happens(share):
                        message.update({_REPEATED: True, "visible_at": time.time()})
                        repeated.add(handle)
        delete(queue_url, receipt_handles - repeated)

    return delete_messages
