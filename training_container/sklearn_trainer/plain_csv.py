"""Reads plain CSV, which most large tables are, in threads and with little memory.

Plain is UTF-8 without quotation marks, whose columns are what the plan says. pandas' parser reads
it piece by piece, and numbers go straight into their block. Anything else is for `csv_files`, whose
reader finds the same values in plain files, but takes twice as long.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from sklearn_trainer.column_names import unique_names
from sklearn_trainer.csv_faults import BLOCK_BYTES
from sklearn_trainer.missing_words import MISSING
from sklearn_trainer.number_block import NumberBlock
from sklearn_trainer.plan import CsvDialect
from sklearn_trainer.threads import map_in_threads
from sklearn_trainer.values import Floats

if TYPE_CHECKING:
    import pandas as pd

WORTH_BYTES = 32 * 2**20
"""Below this, Arrow has read a file before pandas is imported, which a small job does without."""

PIECE_BYTES = 4 * 2**20
"""Some milliseconds of work. What a piece takes meanwhile is a few times its size."""

_LOOK_BYTES = 2**18  # stays in the processor's cache
_NEWLINE = b"\n"
_FLAGS = (b"true", b"false")


def read_plain_csv(
    paths: Sequence[Path],
    dialect: CsvDialect,
    encoding: str,
    *,
    wanted: Sequence[str],
    numbers: Sequence[str],
) -> pa.Table | None:
    """Read `wanted` columns of all files, in the order of the files.

    None if one of them is not plain, or all together are too small to be worth it.

    Parameters
    ----------
    numbers
        The columns of numbers; those that become one array stand together.
    """
    if encoding != "utf-8" or sum(path.stat().st_size for path in paths) < WORTH_BYTES:
        return None
    try:
        return _read(paths, dialect, wanted, numbers)
    except _NotPlain:
        return None


class _NotPlain(Exception):
    """There is something in the file that only the other reader knows how to read."""


@dataclass(frozen=True)
class _Piece:
    """Some whole lines of a file, and the names of its columns."""

    path: Path
    names: tuple[str, ...]
    start: int
    stop: int

    def read(self) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self.start)
            return file.read(self.stop - self.start)

    def fields(self, row: int, delimiter: bytes) -> list[bytes]:
        with self.path.open("rb") as file:
            file.seek(self.start)
            for _ in range(row):
                file.readline()
            return file.readline().rstrip(b"\r\n").split(delimiter)


def _read(
    paths: Sequence[Path], dialect: CsvDialect, wanted: Sequence[str], numbers: Sequence[str]
) -> pa.Table:
    delimiter = dialect.delimiter.encode()
    if len(delimiter) != 1 or dialect.lines_above_header or dialect.unnamed_column:
        raise _NotPlain
    pieces = [piece for path in paths for piece in _pieces(path, dialect.delimiter, wanted)]
    if not pieces:
        raise _NotPlain
    _keep_freed_memory()
    rows = map_in_threads(lambda piece: _rows(piece, delimiter), pieces)
    starts = np.concatenate(([0], np.cumsum(rows))).tolist()
    block = NumberBlock(numbers, starts[-1])
    texts = [name for name in wanted if name not in numbers]
    parser = _Parser(dialect, delimiter, block.names, texts)

    def parse(index: int) -> list[pa.Array]:
        return parser.parse(pieces[index], block.values[starts[index] : starts[index + 1]])

    found = map_in_threads(parse, range(len(pieces)))
    columns = block.arrays()
    for index, name in enumerate(texts):
        columns[name] = pa.chunked_array([each[index] for each in found], pa.string())
    return pa.table({name: columns[name] for name in wanted})


def _pieces(path: Path, delimiter: str, wanted: Sequence[str]) -> Iterator[_Piece]:
    size = path.stat().st_size
    with path.open("rb") as file:
        names = _header(file.readline(BLOCK_BYTES), delimiter)
        if len(names) < 2 or not set(wanted) <= set(names):
            raise _NotPlain
        start = file.tell()
        while start < size:
            file.seek(min(start + PIECE_BYTES, size))
            line = file.readline(BLOCK_BYTES)
            stop = file.tell()
            if stop < size and not line.endswith(_NEWLINE):
                raise _NotPlain
            yield _Piece(path, names, start, stop)
            start = stop


def _header(line: bytes, delimiter: str) -> tuple[str, ...]:
    """Return the names in the first line, if the line is the whole header."""
    try:
        reader = csv.reader([line.decode("utf-8-sig"), ""], delimiter=delimiter)
        record = next(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise _NotPlain from error
    if not line.endswith(_NEWLINE) or not record or reader.line_num > 1:
        raise _NotPlain
    return tuple(unique_names(record))


def _rows(piece: _Piece, delimiter: bytes) -> int:
    """Return how many rows there are, if they have as many fields in all as they should.

    The parser refuses a row with too many, but for the first one, which is counted here; so none
    has too few, which it would fill up.
    """
    if len(piece.fields(0, delimiter)) != len(piece.names):
        raise _NotPlain
    buffer = bytearray(_LOOK_BYTES)
    look, same = np.frombuffer(buffer, dtype=np.uint8), np.empty(_LOOK_BYTES, dtype=np.bool_)
    counts = {_NEWLINE: 0, delimiter: 0}
    left, last = piece.stop - piece.start, 0
    with piece.path.open("rb", buffering=0) as file:
        file.seek(piece.start)
        while left:
            size = min(left, file.readinto(buffer) or left)
            if buffer.find(b'"', 0, size) >= 0 or buffer.find(b"\0", 0, size) >= 0:
                raise _NotPlain
            for byte in counts:
                np.equal(look[:size], ord(byte), out=same[:size])
                counts[byte] += int(np.count_nonzero(same[:size]))
            left, last = left - size, buffer[size - 1]
    rows = counts[_NEWLINE] + (last != ord(_NEWLINE))
    if counts[delimiter] != rows * (len(piece.names) - 1):
        raise _NotPlain
    return rows


class _Parser:
    """Parses pieces: numbers into their place, texts into Arrow's arrays."""

    def __init__(
        self, dialect: CsvDialect, delimiter: bytes, numbers: Sequence[str], texts: Sequence[str]
    ) -> None:
        self._dialect, self._delimiter = dialect, delimiter
        self._numbers, self._texts = numbers, texts
        self._some_missing = False

    def parse(self, piece: _Piece, place: Floats) -> list[pa.Array]:
        frame = self._frame(piece)
        if len(frame) != len(place):
            raise _NotPlain
        columns = [piece.names.index(name) for name in self._numbers]
        place[:] = frame[columns].to_numpy()
        if np.isinf(place).any():
            raise _NotPlain  # the other reader knows fewer words for infinite
        self._refuse_flags(piece, columns, place)
        return [pa.array(frame[piece.names.index(n)]).cast(pa.string()) for n in self._texts]

    def _frame(self, piece: _Piece) -> pd.DataFrame:
        """Look for missing values only from when a number cannot be read: it takes time."""
        data = piece.read()
        for missing in (False, True) if not self._some_missing else (True,):
            try:
                return self._read_csv(piece.names, data, missing)
            except ValueError as error:
                if missing:
                    raise _NotPlain from error
                self._some_missing = True
        raise AssertionError

    def _read_csv(self, names: Sequence[str], data: bytes, missing: bool) -> pd.DataFrame:
        import pandas as pd

        types: dict[int, type] = {
            index: np.float64 if name in self._numbers else str for index, name in enumerate(names)
        }
        return pd.read_csv(
            io.BytesIO(data),
            sep=self._dialect.delimiter,
            header=None,
            names=range(len(names)),
            index_col=False,
            dtype=types if len(self._numbers) < len(names) else np.float64,
            na_values=list(MISSING),
            keep_default_na=False,
            na_filter=missing,
            decimal=self._dialect.decimal,
            skip_blank_lines=False,
            low_memory=False,
        )

    def _refuse_flags(self, piece: _Piece, columns: Sequence[int], place: Floats) -> None:
        """Refuse the words true and false, which pandas takes for 1 and 0 if there are no others.

        So one word of a column tells.
        """
        for index, column in enumerate(columns):
            numbers = place[:, index]
            row = 0 if not np.isnan(numbers[0]) else int((~np.isnan(numbers)).argmax())
            if numbers[row] not in (0.0, 1.0):
                continue
            if piece.fields(row, self._delimiter)[column].strip().lower() in _FLAGS:
                raise _NotPlain


def _keep_freed_memory() -> None:
    """Let what one piece frees be used by the next, instead of giving it back to the kernel.

    Getting it again would cost half of the parsing. glibc keeps blocks up to the size of the
    largest that was freed (mallopt, M_MMAP_THRESHOLD), at most 32 MiB; this one is never touched.
    """
    np.empty(31 * 2**20, dtype=np.uint8)
