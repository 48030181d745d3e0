"""Bounded reads of files in S3.

Text files are read whole if small, else at the head, middle and tail: at most about `WHOLE_BYTES`
of a dataset, and gzip is undone here. Parquet is read through a seekable file with a budget.
"""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from tunedrop.errors import DatasetError, TunedropError
from tunedrop.objects import DataFile
from tunedrop.storage import Bucket

# Up to this size all files are read whole, so that the number of rows and the kinds are exact.
WHOLE_BYTES = 8 * 1024 * 1024
WHOLE_FILES = 64

# Of anything larger, these pieces of so many files.
HEAD_BYTES = 2 * 1024 * 1024
MIDDLE_BYTES = TAIL_BYTES = 1024 * 1024
SAMPLED_FILES = 5

# A file that unpacks to more is looked at as far as this: gzip packs 1,000 to 1.
UNPACKED_BYTES = 16 * 1024 * 1024

# Parquet is read in many small steps; one request brings what the next ones want, too.
_BLOCK_BYTES = 512 * 1024

_GZIP = b"\x1f\x8b"
_ALIGNMENT = 4  # of pieces in the middle, so that UTF-16 stays in step


@dataclass(frozen=True)
class FileSample:
    """What was read of one file.

    `head` starts where the file starts, the pieces in `more` anywhere; `whole` means that `head` is
    all of it. `text_bytes` is the size of the file's text, estimated where it is compressed.
    """

    path: str
    head: bytes
    more: tuple[bytes, ...]
    whole: bool
    text_bytes: float


@dataclass(frozen=True)
class TextSample:
    """What was read of all files; `complete` means everything."""

    files: tuple[FileSample, ...]
    complete: bool
    text_bytes: float


def sample_text(bucket: Bucket, files: Sequence[DataFile]) -> TextSample:
    """Read a bounded part of the files, spread over all of them."""
    total = sum(f.version.bytes for f in files)
    if total <= WHOLE_BYTES and len(files) <= WHOLE_FILES:
        chosen, budget = list(files), WHOLE_BYTES
    else:
        chosen = _spread(files, SAMPLED_FILES)
        budget = (HEAD_BYTES + MIDDLE_BYTES + TAIL_BYTES) // len(chosen)
    samples = tuple(_sample_file(bucket, f, budget) for f in chosen)
    seen_bytes = sum(f.version.bytes for f in chosen)
    return TextSample(
        files=samples,
        complete=len(chosen) == len(files) and all(s.whole for s in samples),
        text_bytes=sum(s.text_bytes for s in samples) * total / max(seen_bytes, 1),
    )


class BudgetSpent(TunedropError):
    """More was wanted of an object than may be read of it."""


class RangedFile(io.RawIOBase):
    """A read-only file over one version of an object.

    Parameters
    ----------
    budget_bytes
        How much may be fetched; `BudgetSpent` beyond.
    """

    def __init__(self, bucket: Bucket, file: DataFile, budget_bytes: int) -> None:
        super().__init__()
        self._bucket = bucket
        self._version = file.version
        self._left = budget_bytes
        self._position = 0
        self._block_start = 0
        self._block = b""

    def readable(self) -> bool:  # noqa: D102 - io's contract
        return True

    def seekable(self) -> bool:  # noqa: D102 - io's contract
        return True

    def tell(self) -> int:  # noqa: D102 - io's contract
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:  # noqa: D102 - io's contract
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._version.bytes}
        self._position = max(0, base[whence] + offset)
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Read at the position; everything up to the end when `size` is negative."""
        rest = max(0, self._version.bytes - self._position)
        wanted = rest if size is None or size < 0 else min(size, rest)
        offset = self._position - self._block_start
        if wanted and not 0 <= offset <= len(self._block) - wanted:
            self._fetch(self._position, wanted)
            offset = self._position - self._block_start
        self._position += wanted
        return self._block[offset : offset + wanted] if wanted else b""

    def _fetch(self, start: int, length: int) -> None:
        # Parquet's footer is at the end and is read backwards.
        size = self._version.bytes
        first = min(start, max(0, size - _BLOCK_BYTES))
        count = min(max(start + length - first, _BLOCK_BYTES), size - first)
        if count > self._left:
            raise BudgetSpent(f"{self._version.key}: {count} bytes wanted, {self._left} left")
        self._left -= count
        self._block = self._bucket.read_range(
            self._version.key, first, count, version_id=self._version.version_id
        )
        self._block_start = first


def _sample_file(bucket: Bucket, file: DataFile, budget: int) -> FileSample:
    size = file.version.bytes
    head = _read(bucket, file, 0, size if size <= budget else budget // 2)
    if head.startswith(_GZIP):
        return _unpacked(file, head)
    if len(head) >= size:
        return FileSample(file.path, head, (), whole=True, text_bytes=size)
    length = budget // 4
    middle = max(len(head), (size - length) // 2) // _ALIGNMENT * _ALIGNMENT
    tail = max(middle + length, size - length) // _ALIGNMENT * _ALIGNMENT
    more = (_read(bucket, file, middle, length), _read(bucket, file, tail, size - tail))
    return FileSample(file.path, head, more, whole=False, text_bytes=size)


def _unpacked(file: DataFile, packed: bytes) -> FileSample:
    """Undo gzip, also of several members one after the other, up to a bound."""
    text, used, rest = bytearray(), 0, packed
    try:
        while rest and len(text) < UNPACKED_BYTES:
            member = zlib.decompressobj(wbits=31)
            text += member.decompress(rest, UNPACKED_BYTES - len(text))
            used = len(packed) - len(member.unused_data or member.unconsumed_tail)
            if not member.eof:
                break
            rest = member.unused_data
    except zlib.error as error:
        reason = "something else follows its end" if text else str(error).partition(": ")[2]
        raise _broken_gzip(file, reason or str(error)) from error
    size = file.version.bytes
    all_read = len(packed) >= size
    finished = not rest or (bool(text) and member.eof)
    if all_read and not finished and len(text) < UNPACKED_BYTES:
        raise _broken_gzip(file, "it ends before its end")
    whole = all_read and finished
    ratio = len(text) / max(used, 1)
    return FileSample(
        file.path, bytes(text), (), whole, float(len(text)) if whole else ratio * size
    )


def _spread(files: Sequence[DataFile], count: int) -> list[DataFile]:
    """Choose files evenly, the first and the last among them."""
    if len(files) <= count:
        return list(files)
    return [files[round(i * (len(files) - 1) / (count - 1))] for i in range(count)]


def _read(bucket: Bucket, file: DataFile, start: int, length: int) -> bytes:
    version = file.version
    return bucket.read_range(version.key, start, length, version_id=version.version_id)


def _broken_gzip(file: DataFile, reason: str) -> DatasetError:
    return DatasetError(
        f"The compressed file is broken: {reason}",
        where=file.version.key,
        expected="a complete gzip file",
        to_do="Compress and drop it again; a broken upload is the usual cause.",
    )
