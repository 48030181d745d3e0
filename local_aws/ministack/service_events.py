"""The way in for events that AWS's own services emit (source `aws.*`), which PutEvents refuses.

SageMaker's state changes come in here; so do the deliveries that tests repeat, delay or forge.
"""

from __future__ import annotations

import contextvars
import json
from typing import Any

from local_aws.ministack import patching


def emit(event: dict[str, Any]) -> None:
    """Deliver one event to the rules of the default bus.

    Parameters
    ----------
    event
        As EventBridge delivers it: id, time, region, account, source, detail-type, resources,
        detail (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html).
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
    responses = patching.module("core.responses")
    responses.set_request_account_id(record["Account"])
    responses.set_request_region(record["Region"])
    patching.module("services.eventbridge")._dispatch_event(record)
