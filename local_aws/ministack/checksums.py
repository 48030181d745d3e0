"""S3's checksums of objects that no client sent one for: CRC64NVME, of the full object.

S3 computes one for each object; here HeadObject does, when it is asked for.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
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


def patch() -> None:
    """Apply this module's replacements."""
    patching.replace(s3, "_head_object", _with_checksum)


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
