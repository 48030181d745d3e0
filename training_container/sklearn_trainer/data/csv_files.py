"""Reads the CSV files of a channel into one Arrow table, numbers as float64 and the rest as text.

Types are told, never inferred from the first block of a file. A column that was expected to be
numeric and isn't comes back as text: what that means is decided by `features` and `target`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from sklearn_trainer.data.column_names import unique_names
from sklearn_trainer.data.csv_faults import (
    BLOCK_BYTES,
    HEADER_BYTES,
    CsvRecord,
    broken_gzip,
    check_header_once,
    explain,
    is_gzip,
    read_records,
)
from sklearn_trainer.data.csv_pieces import PIECE_BYTES, NotInPieces, last_words, parsed_pieces
from sklearn_trainer.data.csv_text import ONE_BYTE, named_columns
from sklearn_trainer.data.text_parsing import MISSING, clean_text
from sklearn_trainer.data.values import check_columns, count_text_bytes, number_column
from sklearn_trainer.errors import DatasetError
from tunedrop_common.plan import CsvDialect

# There is room for so many times the rows that the first piece lets expect, and more by the second
# factor where they are more still: pages that no row reaches take no memory.
ROOM, GROWTH = 1.25, 4

# Arrow looks up every number among these words: those that begin as numbers do cost a tenth of the
# time. A column with one of them is read as text, like one with a stray word, and then as numbers.
NULLS = [word for word in MISSING if not word.startswith(("-", "1"))]

# Each word once, and its number in each row: what is done to words is done to a few.
WORDS = pa.dictionary(pa.int32(), pa.string())

# So many times a file is read again with one column more as text; then with all of them.
MOST_REREADS = 3

_WRONG_COLUMN = re.compile(r"In CSV column #(\d+): (?:Row #\d+: )?CSV conversion error to double")


def read_csv_files(
    paths: Sequence[Path],
    dialect: CsvDialect,
    *,
    column_names: Sequence[str],
    numbers: Sequence[str],
    categories: Sequence[str] = (),
) -> tuple[pa.Table, str]:
    """Read columns of all files, in the order of the files; and return the encoding.

    Parameters
    ----------
    numbers
        The columns to read as float64. One that holds anything else in any file comes back as text.
    categories
        The columns of few distinct words: they come back as dictionaries, trimmed.
    """
    # The mark of some UTF-8 is part of what the dialect names.
    encoding = dialect.encoding.removesuffix("-sig")
    # What has two bytes for each character has no words at all in a codec of one.
    fallbacks = () if encoding == "utf-16" else ONE_BYTE
    for attempt in dict.fromkeys((encoding, *fallbacks)):
        with suppress(UnicodeError):
            table = _read_all(_Reader(paths, dialect, attempt, column_names, categories, numbers))
            check_header_once(table)
            return table, dialect.encoding if attempt == encoding else attempt
    raise DatasetError(
        "The text of the data cannot be decoded",
        where=paths[0].name,
        expected=encoding,
        to_do="Save the file as UTF-8.",
    )


class _NotNumeric(Exception):
    """A column that was expected to be numeric holds text; its argument is the name."""


def _read_all(reader: _Reader) -> pa.Table:
    """Return all rows; reads again where pieces mislead or a column is not numeric."""
    rereads = 0
    while True:
        try:
            return reader.read()
        except NotInPieces:
            reader = replace(reader, in_pieces=False)
        except _NotNumeric as error:
            numbers = [name for name in reader.numbers if name != error.args[0]]
            reader = replace(reader, numbers=numbers if rereads < MOST_REREADS else ())
            rereads += 1


class _Rows:
    """The rows of a table as they are read: numbers go straight into the memory that fit() gets."""

    def __init__(self, names: Sequence[str], numbers: Sequence[str], batches: float) -> None:
        self._names = names
        numeric = set(numbers)
        self._numbers = {name: np.empty(0) for name in names if name in numeric}
        self._words: dict[str, list[pa.Array]] = {n: [] for n in names if n not in self._numbers}
        self._count = 0
        self._batches = batches

    def add(self, batch: pa.RecordBatch) -> None:
        first, self._count = self._count, self._count + len(batch)
        for name, array in self._numbers.items():
            if self._count > len(array):
                room = GROWTH * len(array) or int(ROOM * self._batches * len(batch))
                self._numbers[name] = np.empty(max(self._count, room))
                self._numbers[name][:first] = array[:first]
            column = batch.column(name)
            self._numbers[name][first : self._count] = column.to_numpy(zero_copy_only=False)
        for name, parts in self._words.items():
            parts.append(batch.column(name))

    def table(self) -> pa.Table:
        """Return all rows; each column of numbers is one array, NaN as null."""
        columns: dict[str, pa.ChunkedArray | pa.Array] = {}
        for name, array in self._numbers.items():
            columns[name] = number_column(array[: self._count])
        while self._words:  # one after the other, so that no two are there twice
            name, parts = self._words.popitem()
            column = pa.chunked_array(parts, parts[0].type if parts else pa.string())
            del parts
            columns[name] = clean_text(column, MISSING)
        return pa.table({name: columns[name] for name in self._names})


@dataclass(frozen=True)
class _Reader:
    """Reads files of one dialect and encoding."""

    paths: Sequence[Path]
    dialect: CsvDialect
    encoding: str
    column_names: Sequence[str]
    categories: Sequence[str]
    numbers: Sequence[str]
    in_pieces: bool = True

    def read(self) -> pa.Table:
        size = sum(path.stat().st_size for path in self.paths)
        rows = _Rows(self.column_names, self.numbers, size / PIECE_BYTES if self.in_pieces else 1)
        for path in self.paths:
            self._read_one(path, rows)
        return rows.table()

    def _read_one(self, path: Path, rows: _Rows) -> None:
        names, first_row = read_header(path, self.dialect, self.encoding)
        check_columns(path, names, self.column_names)
        last = None
        try:
            for last in self._batches(path, names, first_row):
                rows.add(last)
        except pa.ArrowInvalid as error:
            reason = str(error)
            if "invalid UTF8" in reason:
                raise UnicodeError(reason) from error
            if wrong := _WRONG_COLUMN.match(reason):
                raise _NotNumeric(names[int(wrong[1])]) from error
            if self.in_pieces:
                raise NotInPieces from error
            raise explain(path, self.dialect, self.encoding, reason) from error
        except OSError as error:
            raise broken_gzip(path) from error
        if last is not None and any("\n" in word for word in last_words(last)):
            # A mark may never be closed, which ends the last record with the file.
            deque(read_records(path, self.dialect, self.encoding), maxlen=0)

    def _batches(
        self, path: Path, names: Sequence[str], first_row: int
    ) -> Iterator[pa.RecordBatch]:
        options = self._options(names)
        above = {"skip_rows": self.dialect.lines_above_header, "skip_rows_after_names": first_row}
        with pa.OSFile(str(path)) as raw:
            stream = pa.CompressedInputStream(raw, "gzip") if is_gzip(path) else raw
            if self.encoding != "utf-8":
                stream = pa.transcoding_input_stream(stream, self.encoding, "utf-8")
            if self.in_pieces:
                yield from parsed_pieces(stream, above, options)
                return
            for batch in arrow_csv.open_csv(stream, **options(above)):
                if count_text_bytes(batch).max(initial=0) >= BLOCK_BYTES:
                    raise pa.ArrowInvalid("a long line")
                yield batch

    def _options(self, names: Sequence[str]) -> Callable[[dict[str, int]], dict[str, Any]]:
        """Return what makes Arrow's options of what to skip above the rows."""
        parse = arrow_csv.ParseOptions(delimiter=self.dialect.delimiter, newlines_in_values=True)
        convert = arrow_csv.ConvertOptions(
            column_types={
                **dict.fromkeys(self.column_names, pa.string()),
                **dict.fromkeys(self.categories, WORDS),
                **dict.fromkeys(self.numbers, pa.float64()),
            },
            include_columns=list(self.column_names),
            null_values=NULLS,
            strings_can_be_null=True,
            decimal_point=self.dialect.decimal,
        )
        return lambda above: {
            "read_options": arrow_csv.ReadOptions(
                column_names=list(names), block_size=BLOCK_BYTES, use_threads=False, **above
            ),
            "parse_options": parse,
            "convert_options": convert,
        }


def read_header(
    path: Path, dialect: CsvDialect, encoding: str, errors: str = "strict"
) -> tuple[list[str], int]:
    """Return the first names, made unique as pandas does (a, a.1, a.2), and what to skip for rows.

    Empty lines above the header are no records, but count among the rows that Arrow skips.
    """
    records = read_records(path, dialect, encoding, errors=errors, limit=HEADER_BYTES)
    header = next(records, CsvRecord(1, 1, []))
    names = unique_names(named_columns(header.fields, dialect.unnamed_column))
    return names, header.first - dialect.lines_above_header
