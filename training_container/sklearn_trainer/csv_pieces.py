"""A CSV file in pieces of whole lines, and what tells that a line is a row: see `plain_csv`."""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sklearn_trainer.column_names import unique_names
from sklearn_trainer.csv_faults import BLOCK_BYTES

PIECE_BYTES = 4 * 2**20
"""Some milliseconds of work. What a piece takes meanwhile is a few times its size."""

COLUMN_BYTES, MOST_BYTES = 2**12, 32 * 2**20
"""Pieces of wide tables are larger, up to a limit: each column of each piece costs something."""

_LOOK_BYTES = 2**18  # stays in the processor's cache
_NEWLINE = b"\n"


class NotPlain(Exception):
    """There is something in the file that only the other reader knows how to read."""


@dataclass(frozen=True)
class Piece:
    """Some whole lines of a file, and the names of its columns."""

    path: Path
    names: tuple[str, ...]
    start: int
    stop: int

    def read(self) -> bytes:
        """Return the lines."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            return file.read(self.stop - self.start)

    def fields(self, row: int, delimiter: bytes) -> list[bytes]:
        """Return the fields of a row as they are written."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            for _ in range(row):
                file.readline()
            return file.readline().rstrip(b"\r\n").split(delimiter)


def pieces_of(path: Path, delimiter: str, wanted: Sequence[str]) -> Iterator[Piece]:
    """Cut a file below its header, if the header is one line and has the wanted columns."""
    size = path.stat().st_size
    with path.open("rb") as file:
        names = _header(file.readline(BLOCK_BYTES), delimiter)
        if len(names) < 2 or not set(wanted) <= set(names):
            raise NotPlain
        length = max(PIECE_BYTES, min(len(names) * COLUMN_BYTES, MOST_BYTES))
        start = file.tell()
        while start < size:
            file.seek(min(start + length, size))
            line = file.readline(BLOCK_BYTES)
            stop = file.tell()
            if stop < size and not line.endswith(_NEWLINE):
                raise NotPlain
            yield Piece(path, names, start, stop)
            start = stop


def _header(line: bytes, delimiter: str) -> tuple[str, ...]:
    """Return the names in the first line, if the line is the whole header."""
    try:
        reader = csv.reader([line.decode("utf-8-sig"), ""], delimiter=delimiter)
        record = next(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotPlain from error
    if not line.endswith(_NEWLINE) or not record or reader.line_num > 1:
        raise NotPlain
    return tuple(unique_names(record))


def rows_in(piece: Piece, delimiter: bytes) -> int:
    """Return how many rows there are, if they have as many fields in all as they should.

    The parser refuses a row with too many, but for the first one, which is counted here; so none
    has too few, which it would fill up.
    """
    first = piece.fields(0, delimiter)
    if len(first) != len(piece.names) or first[0].startswith(BOM_UTF8):  # pandas would leave it out
        raise NotPlain
    buffer = bytearray(_LOOK_BYTES)
    look, same = np.frombuffer(buffer, dtype=np.uint8), np.empty(_LOOK_BYTES, dtype=np.bool_)
    counts = {_NEWLINE: 0, delimiter: 0}
    left, last = piece.stop - piece.start, 0
    with piece.path.open("rb", buffering=0) as file:
        file.seek(piece.start)
        while left:
            size = min(left, file.readinto(buffer) or left)
            if buffer.find(b"\0", 0, size) >= 0:  # pandas' parser takes it for the end of a field
                raise NotPlain
            for byte in counts:
                np.equal(look[:size], ord(byte), out=same[:size])
                counts[byte] += int(np.count_nonzero(same[:size]))
            left, last = left - size, buffer[size - 1]
    rows = counts[_NEWLINE] + (last != ord(_NEWLINE))
    if counts[delimiter] != rows * (len(piece.names) - 1):
        raise NotPlain
    return rows
