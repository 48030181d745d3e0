"""S3: checksums of objects that no client sent one for, dates of uploads in parts, long keys.

S3 computes a CRC64NVME of each full object; here HeadObject does, when it is asked for.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
The date of an object that was uploaded in parts is when that began.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
A key has at most 1,024 bytes in UTF-8.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local_aws.ministack import patching

s3 = patching.module("services.s3")

DEFAULT = "crc64nvme"
_HEADER = "x-amz-checksum-"
_TYPE = "x-amz-checksum-type"

# Below it MiniStack's own loop over bytes is faster.
_LEAST_BYTES = 1 << 16
_LANES = 4096
_BITS = 64

# Checksums by ETag and algorithm: an ETag tells contents apart here, where nothing is encrypted.
_known: dict[tuple[str, str], str] = {}

_begun: ContextVar[str | None] = ContextVar("upload_begun", default=None)

_MOST_BYTES = 1024


def patch() -> None:
    """Apply this module's replacements."""
    patching.replace(s3, "_head_object", _with_checksum)
    patching.replace(s3, "_complete_multipart_upload", _remembering)
    patching.replace(s3, "_record_object_version", _dated)
    patching.replace(s3, "_dispatch", _checked)


def _with_checksum(head_object: Callable[..., Any]) -> Callable[..., Any]:
    def head(
        bucket: str,
        key: str,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        status, answer, body = head_object(bucket, key, headers, query)
        asked = (headers or {}).get("x-amz-checksum-mode", "").upper() == "ENABLED"
        algorithm = _to_compute(answer) if status == 200 and asked else None
        if algorithm is not None:
            known = (answer["ETag"], algorithm)
            if known not in _known:
                _, _, content = s3._get_object(bucket, key, dict(headers or {}), dict(query or {}))
                _known[known] = of(algorithm, content)
            answer = {**answer, f"{_HEADER}{algorithm}": _known[known], _TYPE: "FULL_OBJECT"}
        return status, answer, body

    return head


def _to_compute(answer: Mapping[str, str]) -> str | None:
    """Name the algorithm of a checksum that is missing, or of the parts and should not be.

    CRC64NVME is always of the full object, and so is every checksum of a copy, which MiniStack
    takes over from a source that was uploaded in parts: it ends with their number.
    """
    stored = {name: value for name, value in answer.items() if name.startswith(_HEADER)}
    kind = stored.pop(_TYPE, None)
    for name, value in stored.items():
        algorithm = name.removeprefix(_HEADER)
        if "-" in value and (algorithm == DEFAULT or kind == "FULL_OBJECT"):
            return algorithm
    return None if stored else DEFAULT


def of(algorithm: str, content: bytes) -> str:
    """Compute a checksum as S3 writes it."""
    if algorithm == DEFAULT and len(content) >= _LEAST_BYTES:
        return base64.b64encode(crc64nvme(content).to_bytes(8)).decode()
    return str(s3._compute_s3_checksum(algorithm.upper(), content))


def crc64nvme(content: bytes) -> int:
    """Compute the CRC-64/NVME of a long content, many pieces of it side by side.

    A CRC is linear: that of pieces in a row is the exclusive or of each one's, moved on by the
    zero bytes that stand for the pieces behind it. How far a piece's length moves each bit is
    found by 64 pieces more, of zero bytes.
    """
    table = np.array(s3._CRC64NVME_TABLE, dtype=np.uint64)
    length = -(-len(content) // _LANES)
    # The start value, all ones, is the same as the first eight bytes inverted. Zero bytes in front
    # change nothing.
    padded = bytes(_LANES * length - len(content)) + bytes(b ^ 0xFF for b in content[:8])
    pieces = np.frombuffer(padded + content[8:], dtype=np.uint8).reshape(_LANES, length)
    values: NDArray[np.uint64] = np.zeros(_LANES + _BITS, dtype=np.uint64)
    values[_LANES:] = np.uint64(1) << np.arange(_BITS, dtype=np.uint64)
    column = np.zeros(_LANES + _BITS, dtype=np.uint64)
    for place in range(length):
        column[:_LANES] = pieces[:, place]
        values = table[(values ^ column) & np.uint64(0xFF)] ^ (values >> np.uint64(8))
    moved: list[int] = values[_LANES:].tolist()
    total = 0
    for value in values[:_LANES]:
        total = _moved_on(total, moved) ^ int(value)
    return total ^ ((1 << _BITS) - 1)


def _moved_on(value: int, moved: list[int]) -> int:
    total = 0
    while value:
        lowest = value & -value
        total ^= moved[lowest.bit_length() - 1]
        value ^= lowest
    return total


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


def _checked(dispatch: Callable[..., Any]) -> Callable[..., Any]:
    def checked(method: str, bucket: str, key: str, *rest: Any) -> Any:
        length = len(key.encode())
        if length > _MOST_BYTES:
            sizes = {"Size": str(length), "MaxSizeAllowed": str(_MOST_BYTES)}
            return s3._error("KeyTooLongError", "Your key is too long", 400, extra=sizes)
        return dispatch(method, bucket, key, *rest)

    return checked
