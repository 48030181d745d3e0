"""S3's events on EventBridge carry the version of the object."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timedelta
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


def announce_latest(seconds: float) -> None:
    """Announce the newest objects once more, those of the last seconds before the newest of all.

    A killed server may have answered a write and not told of it yet; EventBridge delivers S3's
    events at least once.
    """
    s3, responses = patching.module("services.s3"), patching.module("core.responses")
    found = [
        (datetime.fromisoformat(record["last_modified"]), account, bucket, key, record)
        for (account, bucket), content in s3._buckets._data.items()
        for key, record in content["objects"].items()
    ]
    newest = max((time for time, *_ in found), default=None)
    for time, account, bucket, key, record in found:
        if newest is not None and newest - time <= timedelta(seconds=seconds):
            responses.set_request_account_id(account)
            responses.set_request_region(None)
            s3._fire_s3_event(
                bucket,
                key,
                "s3:ObjectCreated:Put",
                record["size"],
                record["etag"],
                version_id=record.get("version_id"),
            )


def mend() -> None:
    """Apply this module's replacements."""
    patching.replace(patching.module("services.s3"), "_fire_s3_event", _remembering)
    patching.replace(patching.module("services.eventbridge"), "_dispatch_event", _versioned)
