"""Reads plain CSV, which most large tables are, in threads and with little memory.

Plain is UTF-8 whose lines are its rows, whose quotation marks are around whole words, and whose
columns are what the plan says. pandas' parser reads it piece by piece, and numbers go straight into
their block. Anything else is for `csv_files`, whose reader finds the same values in plain files,
but takes twice as long.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from sklearn_trainer.data.csv_pieces import Lines, NotPlain, Piece, pieces_of, refuse_odd_start
from sklearn_trainer.data.number_block import NumberBlock
from sklearn_trainer.data.quoted_words import are_whole, without_marks_and_missing
from sklearn_trainer.process.threads import map_in_threads
from tunedrop_common.missing_words import MISSING
from tunedrop_common.plan import CsvDialect

if TYPE_CHECKING:
    import pandas as pd
    from pandas.io.parsers.readers import TextFileReader

WORTH_BYTES = 32 * 2**20
"""Below this, Arrow has read a file before pandas is imported, which a small job does without."""

CHUNK_BYTES = 2 * 2**20
"""What is parsed at a time: what comes of it is placed while it is in the processor's cache."""

COLUMN_BYTES, MOST_BYTES = 2**12, 32 * 2**20
"""Of wide tables it is more, up to a limit: each column of each chunk costs something."""


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
    ends = np.cumsum(map_in_threads(Piece.count_lines, pieces)).tolist()
    block = NumberBlock(numbers, ends[-1])
    are_numbers = set(numbers)
    texts = [name for name in wanted if name not in are_numbers]
    parser = _Parser(dialect, delimiter, block, texts)
    found = map_in_threads(
        lambda part: parser.parse(*part), zip(pieces, map(range, [0, *ends], ends), strict=True)
    )
    columns = block.arrays()
    for index, name in enumerate(texts):
        columns[name] = pa.chunked_array([each[index] for each in found], pa.string())
    return pa.table({name: columns[name] for name in wanted})


class _NoNumber(NotPlain):
    """What cannot be read as a number may be a word for a missing value."""


class _Parser:
    """Parses pieces: numbers into their place, texts into Arrow's arrays.

    pandas finds out what numbers there are, though all become float64: told so, it takes longer.
    """

    def __init__(
        self, dialect: CsvDialect, delimiter: bytes, block: NumberBlock, texts: Sequence[str]
    ) -> None:
        self._dialect, self._delimiter = dialect, delimiter
        self._block, self._numbers, self._texts = block, dict.fromkeys(block.names), texts
        self._some_missing = False

    def parse(self, piece: Piece, rows: range) -> list[pa.Array]:
        """Put the numbers of a piece into these rows of the block, and return its texts."""
        refuse_odd_start(piece, self._delimiter)
        if not self._some_missing:  # to look for them takes time
            try:
                return self._parse(piece, rows, missing=False)
            except _NoNumber:
                self._some_missing = True
        return self._parse(piece, rows, missing=True)

    def _parse(self, piece: Piece, rows: range, *, missing: bool) -> list[pa.Array]:
        position = {name: index for index, name in enumerate(piece.names)}
        numbers = [position[name] for name in self._numbers]
        words: dict[str, list[pa.Array]] = {n: [] for n in piece.names if n not in self._numbers}
        # among numbers alone, a field that is not there is one that cannot be read
        may_be_short = missing or bool(words)
        left = rows
        try:
            with (
                Lines(piece, self._delimiter if may_be_short else b"") as lines,
                self._frames(lines, piece, len(rows), missing) as frames,
            ):
                for frame in frames:
                    # without a choice of columns, the parser's memory is copied once and not twice
                    as_they_are = numbers == list(range(len(position)))
                    self._place(frame if as_they_are else frame[numbers], left[: len(frame)])
                    left = left[len(frame) :]
                    for name, parts in words.items():
                        parts.append(pa.array(frame[position[name]]))
        except ValueError as error:
            raise NotPlain from error
        if left or (may_be_short and lines.delimiters != len(rows) * (len(position) - 1)):
            raise NotPlain
        joined = {name: pa.concat_arrays(parts) for name, parts in words.items()}
        if lines.quoted and not all(are_whole(joined[n]) for n in words if n not in self._texts):
            raise NotPlain
        return [_read_words(joined[name]) for name in self._texts]

    def _frames(self, lines: Lines, piece: Piece, rows: int, missing: bool) -> TextFileReader:
        import pandas as pd

        names = piece.names
        length = max(CHUNK_BYTES, min(len(names) * COLUMN_BYTES, MOST_BYTES))
        texts = [index for index, name in enumerate(names) if name not in self._numbers]
        return pd.read_csv(
            lines,
            chunksize=max(1, rows * length // (piece.stop - piece.start)),
            sep=self._dialect.delimiter,
            header=None,
            names=range(len(names)),
            index_col=False,
            dtype=dict.fromkeys(texts, pd.ArrowDtype(pa.string())) or None,
            na_values=list(MISSING),
            keep_default_na=False,
            na_filter=missing,
            quoting=csv.QUOTE_NONE,
            decimal=self._dialect.decimal,
            skip_blank_lines=False,
            low_memory=False,
        )

    def _place(self, frame: pd.DataFrame, rows: range) -> None:
        if any(kind.kind not in "iuf" for kind in frame.dtypes):  # nor are true and false numbers
            raise _NoNumber
        if len(rows) < len(frame):
            raise NotPlain
        numbers = frame.to_numpy(dtype=np.float64)
        reach = self._block.fill(slice(rows.start, rows.stop), slice(None), numbers)
        if np.isinf(reach).any():
            raise NotPlain  # the other reader knows fewer words for infinite


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
