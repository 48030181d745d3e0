"""Reads plain CSV, which most large tables are, in threads and with little memory.

Plain is UTF-8 whose lines are its rows, whose quotation marks are around whole words, and whose
columns are what the plan says. pandas' parser reads it piece by piece, and numbers go straight into
their block. Anything else is for `csv_files`, whose reader finds the same values in plain files,
but takes twice as long.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from sklearn_trainer.csv_pieces import NotPlain, Piece, pieces_of, rows_in
from sklearn_trainer.missing_words import MISSING
from sklearn_trainer.number_block import NumberBlock
from sklearn_trainer.plan import CsvDialect
from sklearn_trainer.quoted_words import are_whole, without_marks_and_missing
from sklearn_trainer.threads import map_in_threads
from sklearn_trainer.values import Floats

if TYPE_CHECKING:
    import pandas as pd

WORTH_BYTES = 32 * 2**20
"""Below this, Arrow has read a file before pandas is imported, which a small job does without."""

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
    except NotPlain:
        return None


def _read(
    paths: Sequence[Path], dialect: CsvDialect, wanted: Sequence[str], numbers: Sequence[str]
) -> pa.Table:
    delimiter = dialect.delimiter.encode()
    if len(delimiter) != 1 or dialect.lines_above_header or dialect.unnamed_column:
        raise NotPlain
    pieces = [piece for path in paths for piece in pieces_of(path, dialect.delimiter, wanted)]
    if not pieces:
        raise NotPlain
    _keep_freed_memory()
    rows = map_in_threads(lambda piece: rows_in(piece, delimiter), pieces)
    starts = np.concatenate(([0], np.cumsum(rows))).tolist()
    block = NumberBlock(numbers, starts[-1])
    are_numbers = set(numbers)
    texts = [name for name in wanted if name not in are_numbers]
    parser = _Parser(dialect, delimiter, block.names, texts)

    def parse(index: int) -> list[pa.Array]:
        return parser.parse(pieces[index], block.values[starts[index] : starts[index + 1]])

    found = map_in_threads(parse, range(len(pieces)))
    columns = block.arrays()
    for index, name in enumerate(texts):
        columns[name] = pa.chunked_array([each[index] for each in found], pa.string())
    return pa.table({name: columns[name] for name in wanted})


class _Parser:
    """Parses pieces: numbers into their place, texts into Arrow's arrays."""

    def __init__(
        self, dialect: CsvDialect, delimiter: bytes, numbers: Sequence[str], texts: Sequence[str]
    ) -> None:
        self._dialect, self._delimiter = dialect, delimiter
        self._numbers, self._texts = dict.fromkeys(numbers), dict.fromkeys(texts)
        self._some_missing = False

    def parse(self, piece: Piece, place: Floats) -> list[pa.Array]:
        data = piece.read()
        frame = self._frame(piece.names, data)
        if len(frame) != len(place):
            raise NotPlain
        position = {name: index for index, name in enumerate(piece.names)}
        columns = [position[name] for name in self._numbers]
        # without a choice of columns, the parser's memory is copied once and not twice
        as_they_are = columns == list(range(len(piece.names)))
        place[:] = (frame if as_they_are else frame[columns]).to_numpy()
        if np.isinf(place).any():
            raise NotPlain  # the other reader knows fewer words for infinite
        self._refuse_flags(piece, columns, place)
        words = {n: pa.array(frame[i]) for i, n in enumerate(piece.names) if n not in self._numbers}
        if b'"' in data and not all(are_whole(words[n]) for n in words if n not in self._texts):
            raise NotPlain
        return [_read_words(words[name]) for name in self._texts]

    def _frame(self, names: Sequence[str], data: bytes) -> pd.DataFrame:
        """Look for missing values only from when a number cannot be read: it takes time."""
        for missing in (False, True) if not self._some_missing else (True,):
            try:
                return self._read_csv(names, data, missing)
            except ValueError as error:
                if missing:
                    raise NotPlain from error
                self._some_missing = True
        raise AssertionError

    def _read_csv(self, names: Sequence[str], data: bytes, missing: bool) -> pd.DataFrame:
        import pandas as pd

        words = pd.ArrowDtype(pa.string())
        types = {
            index: np.dtype(np.float64) if name in self._numbers else words
            for index, name in enumerate(names)
        }
        return pd.read_csv(
            io.BytesIO(data),
            sep=self._dialect.delimiter,
            header=None,
            names=range(len(names)),
            index_col=False,
            dtype=types if words in types.values() else np.float64,  # a dict takes time
            na_values=list(MISSING),
            keep_default_na=False,
            na_filter=missing,
            quoting=csv.QUOTE_NONE,
            decimal=self._dialect.decimal,
            skip_blank_lines=False,
            low_memory=False,
        )

    def _refuse_flags(self, piece: Piece, columns: Sequence[int], place: Floats) -> None:
        """Refuse the words true and false, which pandas takes for 1 and 0 if there are no others.

        So one word of a column tells.
        """
        for index, column in enumerate(columns):
            numbers = place[:, index]
            row = 0 if not np.isnan(numbers[0]) else int((~np.isnan(numbers)).argmax())
            if numbers[row] not in (0.0, 1.0):
                continue
            if piece.fields(row, self._delimiter)[column].strip().lower() in _FLAGS:
                raise NotPlain


def _read_words(words: pa.Array) -> pa.Array:
    found = without_marks_and_missing(words)
    if found is None:
        raise NotPlain
    return found


def _keep_freed_memory() -> None:
    """Let what one piece frees be used by the next, instead of giving it back to the kernel.

    Getting it again would cost half of the parsing. glibc keeps blocks up to the size of the
    largest that was freed (mallopt, M_MMAP_THRESHOLD), at most 32 MiB; this one is never touched.
    """
    np.empty(31 * 2**20, dtype=np.uint8)
