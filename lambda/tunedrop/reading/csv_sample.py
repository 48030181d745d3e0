"""From sampled bytes of text tables to columns and rows: header, records, profiles."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from tunedrop.errors import DatasetError
from tunedrop.reading import csv_faults
from tunedrop.reading.columns import ColumnProfile, Table, check_width, numbered, profile_text
from tunedrop.reading.csv_start import (
    check_header,
    lines_above_header,
    named_columns,
    unnamed_column,
    without_lines,
)
from tunedrop.reading.csv_text import (
    ONE_BYTE,
    check_is_table,
    codec_of_pieces,
    decode,
    find_decimal,
    find_delimiter,
    find_encoding,
    records,
)
from tunedrop.reading.sampling import FileSample, TextSample
from tunedrop_common import csv_lines
from tunedrop_common.columns import unique_names
from tunedrop_common.plan import CsvDialect

# Cells that are looked at: a million take a second or two in a Lambda.
_MAX_CELLS = 1_000_000
_FEWEST_ROWS = 1_000

# Of a piece from the middle, the share of records as wide as the header that makes it believable.
_FITTING = 0.9

_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class _Rows:
    """The records of a file's sample below its header: how many, in how much text, and some."""

    header: list[str]
    kept: list[list[str]]
    count: int
    characters: int


def read_csv_table(sample: TextSample) -> Table:
    """Find out how the text is written and what its columns hold."""
    first = sample.files[0]
    heads = [file.head for file in sample.files]
    inner = [piece for file in sample.files for piece in file.more]
    encoding = find_encoding(heads, inner, first.path)
    head = decode(first.head, codec_of_pieces(first.head, encoding))
    check_is_table(head, first.path)
    dialect = _find_dialect(head, encoding, first.path)
    parts = [_read_file(file, dialect) for file in sample.files]
    for part, file in zip(parts, sample.files, strict=True):
        if part.header != parts[0].header:
            raise csv_faults.other_header(part.header, parts[0].header, file.path, first.path)
    names = unique_names(parts[0].header)
    check_width(len(names), first.path)
    rows = [row for part in parts for row in part.kept]
    if not rows:
        raise DatasetError(
            "The table has a header but no rows", where=first.path, to_do="Drop it with its rows."
        )
    check_header(parts[0].header, rows, first.path)
    for part, file in zip(parts, sample.files, strict=True):
        if part.header in part.kept:
            text = _text_of(file, dialect)
            raise csv_faults.repeated_header(text, dialect.delimiter, part.header, file.path)
    decimal = find_decimal(rows[:1000], dialect.delimiter)
    if sample.complete:
        csv_faults.check_last_row(rows, decimal, sample.files[-1].path)
    dialect = dialect.model_copy(update={"decimal": decimal})
    count = sum(part.count for part in parts)
    seen = _columns(names, rows)
    return Table(
        columns=_profiles(names, seen, dialect),
        rows=count if sample.complete else _estimate(sample, parts, count, encoding),
        rows_exact=sample.complete,
        complete=sample.complete and len(rows) == count and len(rows) <= _most_rows(len(names)),
        dialect=dialect,
        remarks=_remarks(dialect),
        numbered={name: numbered(values) for name, values in zip(names, seen, strict=True)},
    )


def _find_dialect(text: str, encoding: str, where: str) -> CsvDialect:
    """Find everything but the decimal sign."""
    above = lines_above_header(text)
    text = without_lines(text, above)
    delimiter = find_delimiter(text)
    if delimiter is None:
        raise csv_faults.one_column(text, where)
    return CsvDialect(
        delimiter=delimiter,
        encoding=encoding,
        lines_above_header=above,
        unnamed_column=unnamed_column(text, delimiter),
    )


def _remarks(dialect: CsvDialect) -> tuple[str, ...]:
    remarks = []
    if dialect.encoding in ONE_BYTE:
        remarks.append("The text is not UTF-8, and read as Windows Latin-1.")
    if dialect.lines_above_header:
        count = dialect.lines_above_header
        what = "first line is" if count == 1 else f"first {count} lines are"
        remarks.append(f"The {what} above the header and skipped.")
    if dialect.unnamed_column == "first":
        remarks.append(
            "The header has one name fewer than the lines have fields: the first field of each "
            "line is the name of its row, as R writes it."
        )
    return tuple(remarks)


def _text_of(file: FileSample, dialect: CsvDialect) -> str:
    text = decode(file.head, codec_of_pieces(file.head, dialect.encoding))
    return without_lines(text, dialect.lines_above_header)


def _read_file(file: FileSample, dialect: CsvDialect) -> _Rows:
    delimiter = dialect.delimiter
    text = _text_of(file, dialect)
    if "\0" in text:
        raise csv_faults.nul_characters(text, file.path)
    try:
        found = records(text, delimiter)
        if not file.whole:
            found = _but_the_last(found)  # it is cut somewhere
        header = next(found, None)
        if header is None:
            raise csv_faults.one_column(text, file.path)
        header = named_columns(header, dialect.unnamed_column)
        kept, count = _keep_ends(_even(found, text, header, delimiter, file.path), len(header))
    except csv.Error as error:
        raise csv_lines.unreadable(str(error), file.path) from error
    if file.whole and kept:
        csv_faults.check_last_quote(text, delimiter, kept[-1], file.path)
    characters = len(text)
    codec = codec_of_pieces(file.head, dialect.encoding)
    for piece in file.more:
        part = decode(piece, codec)
        inner = _inner_rows(part, delimiter, len(header))
        if inner:
            kept += inner
            count += len(inner)
            characters += len(part)
    return _Rows(header, kept, count, characters)


def _but_the_last(found: Iterator[list[str]]) -> Iterator[list[str]]:
    return (record for record, _ in pairwise(found))


def _even(
    found: Iterable[list[str]], text: str, header: list[str], delimiter: str, where: str
) -> Iterable[list[str]]:
    """Pass records on; raise DatasetError for one that is not as wide as the header."""
    for record in found:
        if len(record) != len(header):
            raise csv_faults.ragged(text, delimiter, where, len(header))
        yield record


def _keep_ends(found: Iterable[list[str]], width: int) -> tuple[list[list[str]], int]:
    """Count records, and keep as many of the first and the last as are looked at."""
    half = _most_rows(width) // 2
    rest = iter(found)
    first = list(islice(rest, half))
    count = len(first)
    last: deque[list[str]] = deque(maxlen=half)
    for record in rest:
        last.append(record)
        count += 1
    return first + list(last), count


def _most_rows(width: int) -> int:
    return max(_MAX_CELLS // width, _FEWEST_ROWS)


def _inner_rows(text: str, delimiter: str, width: int) -> list[list[str]]:
    """Return the records of a piece from the middle; none if it starts inside of a quoted field."""
    ends = [match.end() for match in _LINE_END.finditer(text)]
    inner = text[ends[0] : ends[-1]] if ends else ""
    try:
        found = list(records(inner, delimiter))
    except csv.Error:
        return []
    fitting = [fields for fields in found if len(fields) == width]
    return fitting if len(fitting) > _FITTING * len(found) else []


def _columns(names: list[str], rows: list[list[str]]) -> list[tuple[str, ...]]:
    """Return the columns' values, of the rows of both ends where there are very many."""
    half = _most_rows(len(names)) // 2
    seen = rows if len(rows) <= 2 * half else rows[:half] + rows[-half:]
    return list(zip(*seen, strict=True))


def _profiles(
    names: list[str], columns: list[tuple[str, ...]], dialect: CsvDialect
) -> tuple[ColumnProfile, ...]:
    """Judge the columns by their values."""
    first, *others = (
        profile_text(name, values, dialect.decimal)
        for name, values in zip(names, columns, strict=True)
    )
    if dialect.unnamed_column == "first":
        first = replace(first, identifier="the names of the rows", index=True)
    return (first, *others)


def _estimate(sample: TextSample, parts: Sequence[_Rows], rows: int, encoding: str) -> int:
    width = 2 if encoding.startswith("utf-16") else 1
    seen = sum(part.characters for part in parts) * width
    return max(rows, round(sample.text_bytes * rows / max(seen, 1)))
