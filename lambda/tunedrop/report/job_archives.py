"""Reads named files out of a job's output.tar.gz, which ran people's data, as a hostile one.

Bounded sizes, members by their exact names; nothing is extracted to a disk.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Mapping
from typing import IO

MAX_UNPACKED_BYTES = 128 * 2**20
MAX_MEMBERS = 1000


def read_members(archive: IO[bytes], max_bytes: Mapping[str, int]) -> dict[str, bytes]:
    """Return the contents of the members that are there.

    Parameters
    ----------
    archive
        The compressed bytes, read once and forwards.
    max_bytes
        Name -> the maximum size of the member, in bytes.

    Raises
    ------
    ValueError
        When it cannot be read, or exceeds a limit.
    """
    stream = _Bounded(gzip.GzipFile(fileobj=archive), MAX_UNPACKED_BYTES)
    try:
        return _members(stream, max_bytes)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise ValueError(str(error)) from error


def _members(stream: _Bounded, max_bytes: Mapping[str, int]) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for count, member in enumerate(archive):
            if count >= MAX_MEMBERS:
                raise ValueError(f"more than {MAX_MEMBERS} members")
            name = member.name.removeprefix("./")
            if name not in max_bytes or name in contents:
                continue
            if not member.isreg():
                raise ValueError(f"{name} is not a regular file")
            if member.size > max_bytes[name]:
                raise ValueError(f"{name} has {member.size:,} bytes, over {max_bytes[name]:,}")
            content = archive.extractfile(member)
            contents[name] = content.read(member.size) if content else b""
            if len(contents) == len(max_bytes):
                break
    return contents


class _Bounded(io.RawIOBase):
    """A stream for tarfile that refuses to unpack more than a number of bytes."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, limit: int) -> None:
        super().__init__()
        self._stream, self._left, self._limit = stream, limit, limit

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes; raises ValueError beyond the limit."""
        data = self._stream.read(self._left + 1 if size < 0 else min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise ValueError(f"more than {self._limit:,} bytes when unpacked")
        return data
