"""From sampled bytes of text tables to columns and rows: header, records, profiles."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from tunedrop.columns import ColumnProfile, profile_text
from tunedrop.csv_header import check_header
from tunedrop.csv_text import (
    Record,
    decode,
    find_decimal,
    find_delimiter,
    find_encoding,
    records,
    refuse_what_is_no_table,
)
from tunedrop.errors import DatasetError
from tunedrop.plan import CsvDialect
from tunedrop.sampling import FileSample, TextSample
from tunedrop.table import MAX_COLUMNS, Table, unique_names

# Cells that are looked at: a million take a second or two in a Lambda.
_MAX_CELLS = 1_000_000
_FEWEST_ROWS = 1_000


@dataclass(frozen=True)
class _Rows:
    """The records of a file's sample below its header, and how many bytes of text they took."""

    header: list[str]
    rows: list[list[str]]
    characters: int


def read_csv_table(sample: TextSample) -> Table:
    """Find out how the text is written and what its columns hold."""
    first = sample.files[0]
    pieces = [piece for file in sample.files for piece in (file.head, *file.more)]
    encoding = find_encoding(pieces, first.path)
    head = decode(first.head, encoding)
    refuse_what_is_no_table(head, first.path)
    delimiter = find_delimiter(head, first.path)
    parts = [_read_file(file, encoding, delimiter) for file in sample.files]
    _refuse_other_headers(parts, sample.files)
    names = unique_names(parts[0].header)
    rows = [row for part in parts for row in part.rows]
    if not rows:
        raise DatasetError(
            "The table has a header but no rows", where=first.path, to_do="Drop it with its rows."
        )
    check_header(parts[0].header, rows, first.path)
    dialect = CsvDialect(
        delimiter=delimiter, encoding=encoding, decimal=find_decimal(rows[:1000], delimiter)
    )
    count = len(rows) if sample.complete else _estimate(sample, parts, len(rows), encoding)
    return Table(
        columns=_profiles(names, rows, dialect),
        rows=count,
        rows_exact=sample.complete,
        dialect=dialect,
    )


def _read_file(file: FileSample, encoding: str, delimiter: str) -> _Rows:
    text = decode(file.head, encoding)
    found = _records(text, delimiter, file.path)
    if not file.whole and len(found) > 1:
        found.pop()  # cut somewhere
    if not found:
        raise DatasetError(
            "The file has no lines of data", where=file.path, to_do="Drop it again, complete."
        )
    header = found[0].fields
    _refuse_ragged(found, len(header), file.path)
    rows = [record.fields for record in found[1:]]
    characters = len(text)
    for piece in file.more:
        inner = _inner_rows(decode(piece, encoding), delimiter, len(header))
        if inner:
            rows += inner
            characters += len(piece)
    return _Rows(header, rows, characters)


def _records(text: str, delimiter: str, path: str) -> list[Record]:
    try:
        return list(records(text, delimiter))
    except csv.Error as error:
        raise DatasetError(
            f"The text cannot be read as a table: {error}",
            where=path,
            to_do="Look for a quotation mark that is never closed.",
        ) from error


def _inner_rows(text: str, delimiter: str, width: int) -> list[list[str]]:
    """Return the records of a piece from the middle; none if it starts inside of a quoted field."""
    inner = text[text.find("\n") + 1 : text.rfind("\n") + 1]
    try:
        found = [record.fields for record in records(inner, delimiter)]
    except csv.Error:
        return []
    fitting = [fields for fields in found if len(fields) == width]
    return fitting if len(fitting) > 0.9 * len(found) else []


def _refuse_ragged(found: list[Record], width: int, path: str) -> None:
    wrong = next((record for record in found if len(record.fields) != width), None)
    if wrong is None:
        return
    if all(len(record.fields) == width + 1 for record in found[1:]):
        to_do = "Give the first column (row names, as R writes them) a name, or leave it out."
    else:
        to_do = "Quote fields that hold the delimiter or a newline, and mend broken lines."
    raise DatasetError(
        "A line has another number of fields than the header",
        where=f"{path}, line {wrong.line}",
        found=f"{len(wrong.fields)} fields",
        expected=f"{width}",
        to_do=to_do,
    )


def _refuse_other_headers(parts: Sequence[_Rows], files: Sequence[FileSample]) -> None:
    for part, file in zip(parts, files, strict=True):
        if part.header != parts[0].header:
            raise DatasetError(
                f"The header of a file differs from that of {files[0].path}",
                where=file.path,
                expected="the same columns in the same order in all files",
                to_do="Write all parts with one header.",
            )


def _profiles(
    names: list[str], rows: list[list[str]], dialect: CsvDialect
) -> tuple[ColumnProfile, ...]:
    """Judge the columns, by the rows of both ends where there are very many."""
    most = max(_MAX_CELLS // len(names), _FEWEST_ROWS)
    seen = rows if len(rows) <= most else rows[: most // 2] + rows[-(most // 2) :]
    if len(names) > MAX_COLUMNS:
        seen = seen[:1]  # refused by the caller
    columns = zip(*seen, strict=True)
    return tuple(
        profile_text(name, values, dialect.decimal)
        for name, values in zip(names, columns, strict=True)
    )


def _estimate(sample: TextSample, parts: Sequence[_Rows], rows: int, encoding: str) -> int:
    width = 2 if encoding.startswith("utf-16") else 1
    seen = sum(part.characters for part in parts) * width
    return max(rows, round(sample.text_bytes * rows / max(seen, 1)))
