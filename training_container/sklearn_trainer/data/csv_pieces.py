"""A CSV file in pieces of whole lines, as a parser reads them: see `plain_csv`."""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from sklearn_trainer.data.csv_faults import BLOCK_BYTES
from tunedrop_common.column_names import unique_names

PIECE_BYTES = 8 * 2**20
"""Some milliseconds of work, and so few that threads end at about the same time."""

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

    def count_lines(self) -> int:
        """Return how many lines there are; the last one may lack its end."""
        buffer = bytearray(_LOOK_BYTES)
        look, same = np.frombuffer(buffer, dtype=np.uint8), np.empty(_LOOK_BYTES, dtype=np.bool_)
        left, last, count = self.stop - self.start, 0, 0
        with self.path.open("rb", buffering=0) as file:
            file.seek(self.start)
            while left:
                size = min(left, file.readinto(buffer) or left)
                np.equal(look[:size], ord(_NEWLINE), out=same[:size])
                count += int(np.count_nonzero(same[:size]))
                left, last = left - size, buffer[size - 1]
        return count + (last != ord(_NEWLINE))


class Lines(io.RawIOBase):
    """The lines of a piece as a file to read, which looks at what a parser would not tell.

    Parameters
    ----------
    delimiter
        One to be counted, or nothing.

    Attributes
    ----------
    delimiters
        How many were read.
    quoted
        Whether there was a quotation mark.
    """

    def __init__(self, piece: Piece, delimiter: bytes = b"") -> None:
        self._file: BinaryIO = piece.path.open("rb", buffering=0)
        self._file.seek(piece.start)
        self._left = piece.stop - piece.start
        self._delimiter = delimiter
        self.delimiters = 0
        self.quoted = False

    def readable(self) -> bool:
        """Say that this is a file to read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes.

        pandas' parser takes NUL for the end of a field.
        """
        chunk = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(chunk)
        if b"\0" in chunk:
            raise NotPlain
        self.quoted = self.quoted or b'"' in chunk
        if self._delimiter:
            look = np.frombuffer(chunk, dtype=np.uint8)
            self.delimiters += int(np.count_nonzero(look == ord(self._delimiter)))
        return chunk

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def refuse_odd_start(piece: Piece, delimiter: bytes) -> None:
    """Refuse a first line that pandas' parser reads otherwise than it is written.

    It leaves out a mark of byte order, and fields beyond those that the first line should have.
    """
    with piece.path.open("rb") as file:
        file.seek(piece.start)
        first = file.readline(BLOCK_BYTES)
    if first.count(delimiter) != len(piece.names) - 1 or first.startswith(BOM_UTF8):
        raise NotPlain


def pieces_of(path: Path, delimiter: str, wanted: Sequence[str]) -> Iterator[Piece]:
    """Cut a file below its header, if the header is one line and has the wanted columns."""
    size = path.stat().st_size
    with path.open("rb") as file:
        names = _header(file.readline(BLOCK_BYTES), delimiter)
        if len(names) < 2 or not set(wanted) <= set(names):
            raise NotPlain
        start = file.tell()
        while start < size:
            file.seek(min(start + PIECE_BYTES, size))
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
