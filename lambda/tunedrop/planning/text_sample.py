"""Fetches text files: all of them, or head, middle and tail of some, as UTF-8."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from sklearn_trainer.data.csv_faults import broken_gzip, nul_characters
from sklearn_trainer.data.csv_tables import find_start
from sklearn_trainer.data.csv_text import codec_of_pieces, decode, find_encoding, records
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

_GZIP = b"\x1f\x8b"
_UNPACKED_AT_A_TIME = 2**20
_ALIGNMENT = 4  # of pieces in the middle, so that UTF-16 stays in step
_LINE_END = re.compile(r"\r\n?|\n")


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
        if _is_packed(path):
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
                    find_encoding([block], (), path.name)  # which may be packed again
                text.write(block)
        except OSError as error:
            raise broken_gzip(path) from error
    return target.replace(path)


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_GZIP)) == _GZIP


def _fetch_pieces(
    bucket: Bucket, chosen: Sequence[DataFile], files: Sequence[DataFile], folder: Path
) -> FetchedFiles:
    budget = SAMPLE_BYTES // len(chosen)
    pieces = [_read_pieces(bucket, file, budget) for file in chosen]
    heads = [head for head, _, _ in pieces]
    middles = [piece for _, inner, _ in pieces for piece in inner]
    encoding = find_encoding(heads, middles, chosen[0].path)
    paths, sampled_bytes = [], 0
    for place, (file, (head, inner, _)) in enumerate(zip(chosen, pieces, strict=True)):
        codec = codec_of_pieces(head, encoding)
        path = local_path(folder, place, file)
        text = decode(head, codec)
        if "\0" in text:
            raise nul_characters(text, file.path)
        text = _whole_lines(text)
        path.write_text(text, "utf-8", newline="")
        text += _inner_rows([decode(piece, codec) for piece in inner], path)
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
    if head.startswith(_GZIP):
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


def _whole_lines(text: str) -> str:
    """Return text up to the last line end that is not inside of quotation marks.

    All of it where that leaves no row: its reader says why.
    """
    end = last_line = _last_line(text, len(text))
    is_open = text.count('"', 0, end) % 2
    while is_open and end:
        mark = text.rfind('"', 0, end)  # the lines behind it change nothing
        start = _last_line(text, mark)
        is_open ^= text.count('"', start, end) % 2
        end = start
    header = _LINE_END.search(text)
    return text[:end] if header and end > header.end() else text[: last_line or None]


def _last_line(text: str, end: int) -> int:
    """Return where the last line before `end` that is not whole begins."""
    return max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1


def _inner_rows(pieces: Sequence[str], head: Path) -> str:
    """Return the records of pieces; none of a piece that starts inside of a quoted field."""
    start = find_start(head, "utf-8")
    delimiter, width = start.dialect.delimiter, len(start.names)
    rows = io.StringIO()
    writer = csv.writer(rows, delimiter=delimiter, lineterminator="\n")
    for piece in pieces:
        ends = [match.end() for match in _LINE_END.finditer(piece)]
        inner = piece[ends[0] : ends[-1]] if ends else ""
        try:
            fields = list(records(inner, delimiter))
        except csv.Error:
            continue
        fitting = [record for record in fields if len(record) == width]
        if len(fitting) > _FITTING * len(fields):
            writer.writerows(fitting)
    return rows.getvalue()
