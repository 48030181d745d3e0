"""Brings a dataset's files, or parts of them, to this machine: what a plan is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tunedrop.objects import DataFile
from tunedrop.storage import Bucket

# A dataset is read whole up to so many bytes, unpacked. With 64 million cells, which is the most
# that so much text can have, reading and counting them takes about 2 GB of memory.
WHOLE_BYTES = 128 * 2**20

# Of a larger one, parts of so many files are read.
SAMPLED_FILES = 5

_FETCHED_AT_A_TIME = 16 * 2**20


def local_path(folder: Path, place: int, file: DataFile) -> Path:
    """Return where a file is kept below a folder: under its own name, which errors show."""
    path = folder / str(place) / PurePosixPath(file.path).name
    path.parent.mkdir(exist_ok=True)
    return path


def fetch(bucket: Bucket, file: DataFile, path: Path, start: int = 0, end: int = -1) -> None:
    """Copy bytes of an object to the same place of a local file, which is as long as the object.

    Parameters
    ----------
    start, end
        The first byte, and the one behind the last; -1 for the object's end.
    """
    size = file.version.bytes
    end = size if end < 0 else min(end, size)
    with path.open("r+b" if path.exists() else "w+b") as local:
        local.truncate(size)
        local.seek(start)
        for position in range(start, end, _FETCHED_AT_A_TIME):
            length = min(_FETCHED_AT_A_TIME, end - position)
            local.write(read_bytes(bucket, file, position, length))


def read_bytes(bucket: Bucket, file: DataFile, start: int, length: int) -> bytes:
    """Read a range of an object."""
    version = file.version
    return bucket.read_range(version.key, start, length, version_id=version.version_id)


def spread(files: Sequence[DataFile], count: int) -> list[DataFile]:
    """Choose files evenly, the first and the last among them."""
    if len(files) <= count:
        return list(files)
    return [files[round(i * (len(files) - 1) / (count - 1))] for i in range(count)]


@dataclass(frozen=True)
class FetchedFiles:
    """Files on this machine, and what they are of the dataset.

    Parameters
    ----------
    is_complete
        Whether they hold all rows.
    rows_ratio
        How many rows the dataset has for each row in the files, estimated unless complete.
    encoding
        Of a sample of text files: how the originals are encoded. The sample itself is UTF-8.
    """

    paths: tuple[Path, ...]
    is_complete: bool = True
    rows_ratio: float = 1.0
    encoding: str = ""
