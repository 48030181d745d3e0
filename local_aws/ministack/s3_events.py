"""S3's events on EventBridge carry the version of the object."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from local_aws.ministack import patching

_version_id: ContextVar[str | None] = ContextVar("s3_event_version_id", default=None)


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


def mend() -> None:
    """Apply this module's replacements."""
    patching.replace(patching.module("services.s3"), "_fire_s3_event", _remembering)
    patching.replace(patching.module("services.eventbridge"), "_dispatch_event", _versioned)
