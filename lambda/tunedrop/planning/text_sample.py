"""Fetches text files: all of them, or head, middle and tail of some, as UTF-8."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from sklearn_trainer.data.csv_faults import GZIP, broken_gzip, is_gzip
from sklearn_trainer.data.csv_tables import find_start
from sklearn_trainer.data.csv_text import Head, codec_of_pieces, decode, find_encoding, records
from tunedrop.objects import DataFile
from tunedrop.planning.fetched_files import (
    SAMPLED_FILES,
    WHOLE_BYTES,
    FetchedFiles,
    fetch,
    local_path,
    read_bytes,
    spread,
)
from tunedrop.storage import Bucket

# What is read of a dataset that is not read whole: half of it heads, a quarter middles and tails.
SAMPLE_BYTES = 16 * 2**20

# Of a piece from the middle, the share of records as wide as the header that makes it believable.
_FITTING = 0.9

_UNPACKED_AT_A_TIME = 2**20
_ALIGNMENT = 4  # of pieces in the middle, so that UTF-16 stays in step


def fetch_text(bucket: Bucket, files: Sequence[DataFile], folder: Path) -> FetchedFiles:
    """Fetch all files, unpacked, if their text fits into `WHOLE_BYTES`; else pieces of some.

    Raises
    ------
    DatasetError
        If a packed file is broken, or the files are no text.
    """
    if sum(file.version.bytes for file in files) <= WHOLE_BYTES:
        fetched = _fetch_whole(bucket, files, folder)
        if fetched is not None:
            return fetched
    return _fetch_pieces(bucket, spread(files, SAMPLED_FILES), files, folder)


def _fetch_whole(bucket: Bucket, files: Sequence[DataFile], folder: Path) -> FetchedFiles | None:
    """Fetch all files; None where they unpack to more than `WHOLE_BYTES`."""
    room = WHOLE_BYTES
    paths = []
    for place, file in enumerate(files):
        path = local_path(folder, place, file)
        fetch(bucket, file, path)
        if is_gzip(path):
            path = _unpack(path, room)
        room -= path.stat().st_size
        paths.append(path)
        if room < 0:
            return None
    return FetchedFiles(tuple(paths))


def _unpack(path: Path, room: int) -> Path:
    """Unpack a gzip file in its place, as far as a little more than `room` bytes.

    Arrow does it, as in jobs: it accepts what they accept.
    """
    target = path.with_name(f"unpacked-{path.name}")
    with pa.OSFile(str(path)) as raw, target.open("wb") as text:
        packed = pa.CompressedInputStream(raw, "gzip")
        try:
            while text.tell() <= room and (block := packed.read(_UNPACKED_AT_A_TIME)):
                if not text.tell():
                    find_encoding([(path.name, block)])  # which may be packed again
                text.write(block)
        except OSError as error:
            raise broken_gzip(path) from error
    return target.replace(path)


def _fetch_pieces(
    bucket: Bucket, chosen: Sequence[DataFile], files: Sequence[DataFile], folder: Path
) -> FetchedFiles:
    budget = SAMPLE_BYTES // len(chosen)
    pieces = [_read_pieces(bucket, file, budget) for file in chosen]
    heads = [(file.path, head) for file, (head, _, _) in zip(chosen, pieces, strict=True)]
    encoding = find_encoding(heads, [piece for _, inner, _ in pieces for piece in inner])
    paths, sampled_bytes = [], 0
    for place, (file, (head, inner, _)) in enumerate(zip(chosen, pieces, strict=True)):
        codec = codec_of_pieces(head, encoding)
        path = local_path(folder, place, file)
        text = decode(head, codec)
        path.write_text(text, "utf-8", newline="")
        start = find_start(path, "utf-8")
        text = _without_last_record(text, start.delimiter)
        text += _inner_rows([decode(piece, codec) for piece in inner], start)
        path.write_text(text, "utf-8", newline="")
        sampled_bytes += len(text.encode(codec, errors="ignore"))
        paths.append(path)
    share = sum(f.version.bytes for f in chosen) / sum(f.version.bytes for f in files)
    text_bytes = sum(size for _, _, size in pieces) / share
    return FetchedFiles(
        tuple(paths),
        is_complete=False,
        rows_ratio=max(1.0, text_bytes / max(sampled_bytes, 1)),
        encoding=encoding,
    )


def _read_pieces(
    bucket: Bucket, file: DataFile, budget: int
) -> tuple[bytes, tuple[bytes, ...], float]:
    """Return a file's head, pieces of its middle and end, and the size of its text in bytes."""
    size = file.version.bytes
    head = read_bytes(bucket, file, 0, budget // 2)
    if head.startswith(GZIP):
        text = _unpacked_head(head, budget)
        # gzip ends with the size of the text, modulo 2^32 (RFC 1952)
        noted = int.from_bytes(read_bytes(bucket, file, size - 4, 4), "little")
        return text, (), max(noted, len(text) * size / len(head))
    length = budget // 4
    middle = max(len(head), (size - length) // 2) // _ALIGNMENT * _ALIGNMENT
    tail = max(middle + length, size - length) // _ALIGNMENT * _ALIGNMENT
    inner = tuple(read_bytes(bucket, file, start, length) for start in (middle, tail))
    return head, inner, float(size)


def _unpacked_head(packed: bytes, budget: int) -> bytes:
    """Unpack the beginning of a gzip file that is cut somewhere."""
    text = bytearray()
    with gzip.open(io.BytesIO(packed)) as unpacked, suppress(EOFError):  # where it is cut
        while len(text) < budget and (block := unpacked.read1(_UNPACKED_AT_A_TIME)):
            text += block
    return bytes(text)


def _without_last_record(text: str, delimiter: str) -> str:
    """Return a head without the record that is cut; all of it where that leaves no row."""
    csv.field_size_limit(len(text) + 1)
    lines = io.StringIO(text, newline="")
    ends = [lines.tell() for _ in csv.reader(lines, delimiter=delimiter)]
    return text[: ends[-2]] if len(ends) > 2 else text


def _inner_rows(pieces: Sequence[str], start: Head) -> str:
    """Return the records of pieces; none of a piece that starts inside of a quoted field."""
    rows = io.StringIO()
    writer = csv.writer(rows, delimiter=start.delimiter, lineterminator="\n")
    for piece in pieces:
        whole_lines = io.StringIO(piece, newline="").readlines()[1:-1]
        fields = list(records("".join(whole_lines), start.delimiter))
        fitting = [record for record in fields if len(record) == len(start.header)]
        if len(fitting) > _FITTING * len(fields):
            writer.writerows(fitting)
    return rows.getvalue()
