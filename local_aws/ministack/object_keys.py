"""S3's limit of an object's key: 1,024 bytes in UTF-8.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.ministack import patching

s3 = patching.module("services.s3")

_MOST_BYTES = 1024


def patch() -> None:
    """Apply this module's replacements."""
    patching.replace(s3, "_dispatch", _checked)


def _checked(dispatch: Callable[..., Any]) -> Callable[..., Any]:
    def checked(method: str, bucket: str, key: str, *rest: Any) -> Any:
        length = len(key.encode())
        if length > _MOST_BYTES:
            sizes = {"Size": str(length), "MaxSizeAllowed": str(_MOST_BYTES)}
            return s3._error("KeyTooLongError", "Your key is too long", 400, extra=sizes)
        return dispatch(method, bucket, key, *rest)

    return checked
