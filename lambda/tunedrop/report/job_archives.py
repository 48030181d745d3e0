"""Reads a named file out of a job's output.tar.gz, which ran people's data, as a hostile one.

Bounded sizes, a member by its exact name; nothing is extracted to a disk.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from typing import IO

MAX_UNPACKED_BYTES = 128 * 2**20
MAX_MEMBERS = 1000


def read_member(archive: IO[bytes], name: str, max_bytes: int) -> bytes | None:
    """Return the content of a member; None where it is not there.

    Parameters
    ----------
    archive
        The compressed bytes, read once and forwards.

    Raises
    ------
    ValueError
        When it cannot be read, or exceeds a limit.
    """
    try:
        with tarfile.open(fileobj=_Bounded(fileobj=archive), mode="r|") as members:
            for count, member in enumerate(members):
                if count >= MAX_MEMBERS:
                    raise ValueError(f"more than {MAX_MEMBERS} members")
                if member.name.removeprefix("./") == name:
                    return _content(members, member, max_bytes)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise ValueError(str(error)) from error
    return None


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, max_bytes: int) -> bytes:
    content = archive.extractfile(member) if member.isreg() else None
    if content is None:
        raise ValueError(f"{member.name} is not a regular file")
    if member.size > max_bytes:
        raise ValueError(f"{member.name} has {member.size:,} bytes, over {max_bytes:,}")
    return content.read()


class _Bounded(gzip.GzipFile):
    """Refuses to unpack more than MAX_UNPACKED_BYTES; tarfile reads small blocks."""

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes; raises ValueError beyond the limit."""
        data = super().read(size)
        if self.tell() > MAX_UNPACKED_BYTES:
            raise ValueError(f"more than {MAX_UNPACKED_BYTES:,} bytes when unpacked")
        return data
