"""Reads the CSV files of a channel into one Arrow table, numbers as float64 and the rest as text.

Types are told, never inferred from the first block of a file. A column that was expected to be
numeric and isn't comes back as text: what that means is decided by `features` and `target`.
`plain_csv` reads what is large and easy, and Arrow's reader the rest.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv

from sklearn_trainer.data.csv_faults import (
    BLOCK_BYTES,
    broken_gzip,
    check_end,
    explain,
    other_header,
    refuse_header_again,
)
from sklearn_trainer.data.csv_text import is_gzip, open_text
from sklearn_trainer.data.missing_words import without_marks, without_missing
from sklearn_trainer.data.number_text import numbers_in_text
from sklearn_trainer.data.plain_csv import read_plain_csv
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.notes import Notes
from tunedrop_common.column_names import unique_names
from tunedrop_common.csv_lines import unreadable
from tunedrop_common.missing_words import MISSING
from tunedrop_common.plan import CsvDialect

SMALL_BLOCK_BYTES = 2**20
"""Small blocks stay in the processor's cache; a record that does not fit needs a large one."""

FALLBACK_ENCODINGS = ("cp1252", "latin-1")


def read_csv_files(
    paths: Sequence[Path],
    dialect: CsvDialect,
    *,
    wanted: Sequence[str],
    numbers: Sequence[str],
    notes: Notes,
    typed: Sequence[str] = (),
) -> pa.Table:
    """Read `wanted` columns of all files, in the order of the files.

    Parameters
    ----------
    numbers
        The columns to read as float64. One that holds anything else in any file comes back as text.
    typed
        The columns of dates and booleans, where words such as "-" mean a missing value.
    """
    encoding = _encoding(dialect.encoding)
    table = read_plain_csv(paths, dialect, encoding, wanted=wanted, numbers=numbers)
    if table is not None:
        refuse_header_again(table)
        return _without_marks(table, typed)
    # What has two bytes for each character has no words at all in a codec of one.
    others = () if encoding.startswith("utf-16") else FALLBACK_ENCODINGS
    for attempt in dict.fromkeys((encoding, *others)):
        try:
            table = _read_all(paths, dialect, attempt, wanted, numbers, notes)
        except (UnicodeDecodeError, _NotDecodable):
            continue
        if attempt != encoding:
            notes.add(
                f"The text is not valid {encoding}; it was read as {attempt} (Windows Latin-1). "
                "Save it as UTF-8 if words look wrong."
            )
        return _without_marks(table, typed)
    raise DatasetError(
        "The text of the data cannot be decoded",
        where=", ".join(path.name for path in paths[:3]),
        expected=encoding,
        to_do="Save the file as UTF-8.",
    )


class _NotDecodable(Exception):
    """Arrow met bytes that are not text in the given encoding."""


def _read_all(
    paths: Sequence[Path],
    dialect: CsvDialect,
    encoding: str,
    wanted: Sequence[str],
    numbers: Sequence[str],
    notes: Notes,
) -> pa.Table:
    try:
        table = _concatenate(paths, dialect, encoding, wanted, frozenset(numbers))
        refuse_header_again(table)
        return _without_missing_words(table)
    except _NotNumeric:
        table = _concatenate(paths, dialect, encoding, wanted, frozenset())
    refuse_header_again(table)
    table = _without_missing_words(table)
    for name in numbers:
        index = table.schema.get_field_index(name)
        column = numbers_in_text(table.column(index), name, dialect.decimal, notes)
        table = table.set_column(index, name, column)
    return table


def _without_marks(table: pa.Table, names: Sequence[str]) -> pa.Table:
    for name in names:
        index = table.schema.get_field_index(name)
        table = table.set_column(index, name, without_marks(table.column(index)))
    return table


def _without_missing_words(table: pa.Table) -> pa.Table:
    """Arrow compares the whole field, spaces included; PlanRun does not."""
    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(index, field.name, without_missing(table.column(index)))
    return table


class _NotNumeric(Exception):
    """A column that was expected to be numeric holds text."""


def _concatenate(
    paths: Sequence[Path],
    dialect: CsvDialect,
    encoding: str,
    wanted: Sequence[str],
    numbers: frozenset[str],
) -> pa.Table:
    return pa.concat_tables([_read_one(p, dialect, encoding, wanted, numbers) for p in paths])


def _read_one(
    path: Path, dialect: CsvDialect, encoding: str, wanted: Sequence[str], numbers: frozenset[str]
) -> pa.Table:
    names, first_row = read_header(path, dialect, encoding)
    if not set(wanted).issubset(names):
        raise other_header(path, names, wanted, dialect.delimiter)
    types = {n: pa.float64() if n in numbers else pa.string() for n in wanted}
    options = arrow_csv.ConvertOptions(
        column_types=types,
        include_columns=list(wanted),
        null_values=list(MISSING),
        strings_can_be_null=True,
        decimal_point=dialect.decimal,
    )
    try:
        table = _read_arrow(path, dialect, encoding, names, first_row, options)
    except pa.ArrowInvalid as error:
        text = str(error)
        if "invalid UTF8" in text:
            raise _NotDecodable from error
        if "conversion error" in text:
            raise _NotNumeric from error
        raise explain(path, dialect, encoding, text) from error
    except (OSError, EOFError) as error:
        raise explain(path, dialect, encoding, str(error)) from error
    if _ends_with_lines(table):
        check_end(path, dialect, encoding)
    return table


def _ends_with_lines(table: pa.Table) -> bool:
    """Tell whether a field of the last row has several lines, as with a quote that stays open."""
    last = table.slice(max(0, len(table) - 1)).to_pylist()
    return any("\n" in value for row in last for value in row.values() if isinstance(value, str))


def _read_arrow(
    path: Path,
    dialect: CsvDialect,
    encoding: str,
    names: Sequence[str],
    first_row: int,
    options: arrow_csv.ConvertOptions,
) -> pa.Table:
    try:
        return _read_blocks(path, dialect, encoding, names, first_row, options, SMALL_BLOCK_BYTES)
    except pa.ArrowInvalid as error:
        if "straddl" not in str(error):
            raise
    return _read_blocks(path, dialect, encoding, names, first_row, options, BLOCK_BYTES)


def _read_blocks(
    path: Path,
    dialect: CsvDialect,
    encoding: str,
    names: Sequence[str],
    first_row: int,
    options: arrow_csv.ConvertOptions,
    block_bytes: int,
) -> pa.Table:
    with pa.OSFile(str(path)) as raw:
        stream = pa.CompressedInputStream(raw, "gzip") if is_gzip(path) else raw
        return arrow_csv.read_csv(
            stream,
            read_options=arrow_csv.ReadOptions(
                skip_rows=dialect.lines_above_header,
                column_names=list(names),
                skip_rows_after_names=first_row,
                encoding="utf8" if encoding == "utf-8" else encoding,
                block_size=block_bytes,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=dialect.delimiter, newlines_in_values=True
            ),
            convert_options=options,
        )


def read_header(path: Path, dialect: CsvDialect, encoding: str) -> tuple[list[str], int]:
    """Return the first names, made unique as pandas does (a, a.1, a.2), and what to skip for rows.

    Empty lines above the header are no records, but count among the rows that Arrow skips.
    """
    try:
        with open_text(path, encoding, skip=dialect.lines_above_header) as text:
            found = enumerate(csv.reader(text, delimiter=dialect.delimiter), start=1)
            first_row, record = next(((n, r) for n, r in found if r), (1, []))
    except (OSError, EOFError) as error:
        raise broken_gzip(path) from error
    except csv.Error as error:
        raise unreadable(str(error), path.name) from error
    if dialect.unnamed_column:
        record = ["", *record] if dialect.unnamed_column == "first" else [*record, ""]
    return unique_names(record), first_row


def _encoding(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError as error:
        raise DatasetError(
            "The plan names a text encoding that does not exist",
            found=repr(name),
            expected="utf-8, utf-16, latin-1 or another of Python's codecs",
            to_do="Correct the encoding in tuning.yaml.",
        ) from error
    return "utf-8" if found in ("utf-8-sig", "ascii") else found
