"""S3's date of an object that was uploaded in parts: when that began, not when it was complete.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from local_aws.ministack import patching

s3 = patching.module("services.s3")

_begun: ContextVar[str | None] = ContextVar("upload_begun", default=None)


def patch() -> None:
    """Apply this module's replacements."""
    patching.replace(s3, "_complete_multipart_upload", _remembering)
    patching.replace(s3, "_record_object_version", _dated)


def _remembering(complete: Callable[..., Any]) -> Callable[..., Any]:
    def complete_upload(bucket: str, key: str, body: bytes, query: Any, *rest: Any) -> Any:
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId"))
        token = _begun.set(upload["created"] if upload else None)
        try:
            return complete(bucket, key, body, query, *rest)
        finally:
            _begun.reset(token)

    return complete_upload


def _dated(record_version: Callable[..., Any]) -> Callable[..., Any]:
    def record(
        bucket: str, key: str, prior: Any, written: dict[str, Any], *rest: Any, **named: Any
    ) -> Any:
        written["last_modified"] = _begun.get() or written["last_modified"]
        return record_version(bucket, key, prior, written, *rest, **named)

    return record
