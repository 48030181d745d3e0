"""What is wrong with the records of a text table, in words and with the number of the line."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from tunedrop.errors import DatasetError
from tunedrop.reading.csv_text import FIELD_LIMIT, read_records

# Of the lines below the first, so many agree on another width: then it is the first that is odd.
_MOST = 0.9

_SHOWN_LINES = 3
_SHOWN_CHARACTERS = 60
_SHOWN_NAMES = 8
_MARK = "\ufeff"


@dataclass(frozen=True)
class Numbered:
    """A record, with the lines (from 1) where it starts and ends."""

    first: int
    last: int
    fields: list[str]


def numbered(text: str, delimiter: str) -> Iterator[Numbered]:
    """Read records with their lines."""
    reader = read_records(text, delimiter)
    last = 0
    for fields in reader:
        if fields:
            yield Numbered(last + 1, reader.line_num, fields)
        last = reader.line_num


def one_column(text: str, where: str) -> DatasetError:
    """Explain a first line that no delimiter cuts in two."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    if not line:
        return DatasetError(
            "The file has no lines of data", where=where, to_do="Drop it again, complete."
        )
    return DatasetError(
        "The table has only one column",
        where=where,
        found=repr(line[:_SHOWN_CHARACTERS]),
        expected="columns separated by comma, semicolon, tab or |",
        to_do="Save it with one of these delimiters, with the target and at least one feature. The "
        "first line has the names of the columns: remove titles above it.",
    )


def ragged(text: str, delimiter: str, where: str, width: int) -> DatasetError:
    """Explain why records of a text are not as wide as they should be."""
    header, *rows = numbered(text, delimiter)
    usual, count = Counter(len(row.fields) for row in rows).most_common(1)[0]
    if usual != width and count >= _MOST * len(rows):
        return DatasetError(
            "The header has another number of fields than the lines below",
            where=f"{where}, line {header.first}",
            found=f"{width} names, {delimiter.join(header.fields)[:_SHOWN_CHARACTERS]!r}",
            expected=f"{usual}, as many as the lines have fields",
            to_do=f"Give each column one name, with {delimiter!r} between them, and quote fields "
            "that hold it; remove titles and notes above the names.",
        )
    odd = [row for row in rows if len(row.fields) != width]
    lines = ", ".join(str(row.first) for row in odd[:_SHOWN_LINES])
    more = f" and {len(odd) - _SHOWN_LINES} more" if len(odd) > _SHOWN_LINES else ""
    to_do = "Quote fields that hold the delimiter or a line end, and correct broken lines."
    is_open = odd[0].fields[-1].endswith(("\n", "\r"))
    if odd[0].last > odd[0].first or is_open:
        end = "is never closed" if is_open else f"closes in line {odd[0].last}"
        to_do = (
            f"A quotation mark opens in line {odd[0].first} and {end}: close it where its field "
            "ends, or double it if it is part of the text."
        )
    elif len(odd[0].fields) == 1:
        to_do = f"Write these lines with the delimiter {delimiter!r}, or remove them."
    return DatasetError(
        "A line has another number of fields than the header"
        if len(odd) == 1
        else f"{len(odd)} of {len(rows)} lines have another number of fields than the header",
        where=f"{where}, line{'s' if len(odd) > 1 else ''} {lines}{more}",
        found=f"{len(odd[0].fields)} field{'s' if len(odd[0].fields) > 1 else ''}",
        expected=f"{width}",
        to_do=to_do,
    )


def other_header(
    header: Sequence[str], known: Sequence[str], where: str, first: str
) -> DatasetError:
    """Explain that the header of a part file is not that of the first."""
    return DatasetError(
        f"The header of a file differs from that of {first}",
        where=f"{where}, line 1",
        found=_names(header),
        expected=_names(known),
        to_do="Write all parts with the same names in the same order, and the same delimiter (in "
        'Spark: `.option("header", True)`).',
    )


def is_header(fields: Sequence[str], header: Sequence[str]) -> bool:
    """Tell whether a record is the header; where files were joined, a mark of UTF-8 may precede."""
    return fields == header or (
        fields[0].startswith(_MARK)
        and [fields[0].lstrip(_MARK), *fields[1:]] == [header[0].lstrip(_MARK), *header[1:]]
    )


def header_again(text: str, delimiter: str, header: Sequence[str], where: str) -> DatasetError:
    """Explain that the header comes back among the rows."""
    lines = [row.first for row in numbered(text, delimiter) if is_header(row.fields, header)][1:]
    return DatasetError(
        "The header comes again among the rows",
        where=f"{where}, line {lines[0]}" if lines else where,
        found=f"it {len(lines) or 1} more time{'s' if len(lines) > 1 else ''}",
        to_do="Remove these lines: files were joined with their headers.",
    )


def unreadable(error: csv.Error, where: str) -> DatasetError:
    """Explain what Python's reader stumbled over."""
    if "field limit" in str(error):
        return DatasetError(
            "A field is longer than text in a table can be",
            where=where,
            expected=f"at most {FIELD_LIMIT // 2**20} MiB",
            to_do="Look for a quotation mark that is never closed, or leave the long text out.",
        )
    return DatasetError(
        f"The text cannot be read as a table: {error}",
        where=where,
        to_do="Look for a quotation mark that is never closed.",
    )


def check_last_quote(text: str, delimiter: str, last: Sequence[str], where: str) -> None:
    """Raise DatasetError if the last record only ends with the text: a quotation mark is open.

    Marks around and within fields come in pairs, so such a record has an odd number of them.
    """
    if not any("\n" in field or "\r" in field for field in last):
        return
    *_, record = numbered(text, delimiter)
    lines = islice(io.StringIO(text, newline=""), record.first - 1, record.last)
    if sum(line.count('"') for line in lines) % 2 == 0:
        return
    raise DatasetError(
        "A quotation mark is never closed",
        where=f"{where}, line {record.first}",
        found=f"a field that goes on to the end of the file, in line {record.last}",
        to_do="Close it where its field ends, or double it if it is part of the text.",
    )


def nul_characters(text: str, where: str) -> DatasetError:
    """Explain that a text holds NUL characters."""
    line = text.count("\n", 0, text.index("\0")) + 1
    return DatasetError(
        "The text has NUL characters in it",
        where=f"{where}, line {line}",
        found=f"{text.count(chr(0))} of them",
        to_do="Write or copy the file again, as UTF-8: a program that crashed while writing leaves "
        "them, and so does another encoding than that of the other files.",
    )


def _names(names: Sequence[str]) -> str:
    return repr(", ".join(name[:_SHOWN_CHARACTERS] for name in names[:_SHOWN_NAMES]))
