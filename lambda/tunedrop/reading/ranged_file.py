"""An object in S3 as a seekable file that fetches only what is read, within a budget."""

from __future__ import annotations

import io
import os

from tunedrop.errors import TunedropError
from tunedrop.storage import Bucket, DataFile

# Parquet is read in many small steps; one request brings what the next ones want, too.
_BLOCK_BYTES = 512 * 1024


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
        data = self._cached(self._position, wanted)
        self._position += len(data)
        return data

    def _cached(self, start: int, length: int) -> bytes:
        if length == 0:
            return b""
        if not self._holds(start, length):
            self._fetch(start, length)
        offset = start - self._block_start
        return self._block[offset : offset + length]

    def _holds(self, start: int, length: int) -> bool:
        end = self._block_start + len(self._block)
        return self._block_start <= start and start + length <= end

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
