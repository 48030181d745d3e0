"""S3: checksums of objects that no client sent one for, dates of uploads in parts, long keys.

S3 computes a CRC64NVME of each full object; here HeadObject does, when a client asks for it.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
The date of an object that was uploaded in parts is that of the first request.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
A key has at most 1,024 bytes in UTF-8.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from local_aws.ministack import patching

s3 = patching.module("services.s3")

_DEFAULT_ALGORITHM = "crc64nvme"
_HEADER = "x-amz-checksum-"
_TYPE = "x-amz-checksum-type"
_MAX_KEY_BYTES = 1024

# Checksums by ETag and algorithm: an ETag tells contents apart here, where nothing is encrypted.
_checksums: dict[tuple[str, str], str] = {}

# When the upload that is being completed was started, and its type of checksum if that was named.
_upload: ContextVar[dict[str, str]] = ContextVar("upload", default={})  # noqa: B039 - never changed


def patch() -> None:
    """Apply this module's replacements."""
    patching.replace(s3, "_head_object", _add_checksum)
    patching.replace(s3, "_complete_multipart_upload", _remember_upload)
    patching.replace(s3, "_record_object_version", _describe_upload)
    patching.replace(s3, "_dispatch", _check_key)


def _add_checksum(head_object: Callable[..., Any]) -> Callable[..., Any]:
    def head(
        bucket: str,
        key: str,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        status, answer, body = head_object(bucket, key, headers, query)
        is_enabled = (headers or {}).get("x-amz-checksum-mode", "").upper() == "ENABLED"
        algorithm = _missing_algorithm(answer) if status == 200 and is_enabled else None
        if algorithm is not None:
            contents = (answer["ETag"], algorithm)
            if contents not in _checksums:
                _, _, content = s3._get_object(bucket, key, dict(headers or {}), dict(query or {}))
                _checksums[contents] = s3._compute_s3_checksum(algorithm.upper(), content)
            checksum = {f"{_HEADER}{algorithm}": _checksums[contents], _TYPE: "FULL_OBJECT"}
            answer = {**answer, **checksum}
        return status, answer, body

    return head


def _missing_algorithm(answer: Mapping[str, str]) -> str | None:
    """Return the algorithm of a checksum that is missing, or of the parts and should not be.

    CRC64NVME is always of the full object, and so is every checksum of a copy, which MiniStack
    takes over from a source that was uploaded in parts: it ends with their number.
    """
    stored = {name: value for name, value in answer.items() if name.startswith(_HEADER)}
    kind = stored.pop(_TYPE, None)
    for name, value in stored.items():
        algorithm = name.removeprefix(_HEADER)
        if "-" in value and (algorithm == _DEFAULT_ALGORITHM or kind == "FULL_OBJECT"):
            return algorithm
    return None if stored else _DEFAULT_ALGORITHM


def _remember_upload(complete: Callable[..., Any]) -> Callable[..., Any]:
    def complete_upload(
        bucket: str, key: str, body: bytes, query: Any, headers: Mapping[str, str]
    ) -> Any:
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId"))
        described = {"last_modified": upload["created"]} if upload else {}
        if _TYPE in headers:
            described["checksum_type"] = headers[_TYPE]
        token = _upload.set(described)
        try:
            return complete(bucket, key, body, query, headers)
        finally:
            _upload.reset(token)

    return complete_upload


def _describe_upload(record_version: Callable[..., Any]) -> Callable[..., Any]:
    def record(bucket: str, key: str, prior: Any, written: dict[str, Any], *rest: Any) -> Any:
        written.update(_upload.get())
        return record_version(bucket, key, prior, written, *rest)

    return record


def _check_key(dispatch: Callable[..., Any]) -> Callable[..., Any]:
    def dispatch_request(method: str, bucket: str, key: str, *rest: Any) -> Any:
        length = len(key.encode())
        if length > _MAX_KEY_BYTES:
            sizes = {"Size": str(length), "MaxSizeAllowed": str(_MAX_KEY_BYTES)}
            return s3._error("KeyTooLongError", "Your key is too long", 400, extra=sizes)
        return dispatch(method, bucket, key, *rest)

    return dispatch_request
