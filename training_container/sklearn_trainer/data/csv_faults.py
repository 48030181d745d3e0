"""What is wrong with a text table that cannot be read, in words and with the number of the line.

Only a job that fails reads its file a second time, line by line.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pyarrow as pa
import pyarrow.compute as pc

from sklearn_trainer.data.csv_text import is_gzip, open_text
from sklearn_trainer.errors import DatasetError
from tunedrop_common.plan import CsvDialect

BLOCK_BYTES = 16 * 2**20  # what is read at a time: a record must fit into one block

_ANY_LENGTH = 2**31 - 1
_SHOWN_LINES = 3
_SHOWN_NAMES = 20
_SHOWN_CHARACTERS = 300
_DELIMITERS = (",", ";", "\t", "|")
_CONTROL = re.compile(r"[\0-\x08\x0e-\x1f]")
_MOST_LINES_COUNTED = 1_000


def explain(path: Path, dialect: CsvDialect, encoding: str, reason: str) -> DatasetError:
    """Return the error that says which lines are not as wide as the header; else the reason."""
    try:
        with open_text(path, encoding, "replace", skip=dialect.lines_above_header) as text:
            odd, width = _odd_records(text, dialect)
    except (OSError, EOFError) as error:
        return broken_gzip(path) if is_gzip(path) else unreadable(path, str(error))
    except csv.Error as error:
        return unreadable(path, str(error))
    if odd:
        return _odd_lines(path, odd, width, dialect.delimiter)
    if "zlib" in reason:
        return broken_gzip(path)
    if "straddl" in reason:
        return DatasetError(
            "A line is longer than a line of a table can be",
            where=path.name,
            expected=f"at most {BLOCK_BYTES // 2**20} MiB",
            to_do="Look for a quotation mark that is never closed, or leave the long text out.",
        )
    return unreadable(path, reason)


def _odd_lines(path: Path, odd: list[_Odd], width: int, delimiter: str) -> DatasetError:
    first, last, fields = odd[0].first, odd[0].last, odd[0].fields
    lines = ", ".join(str(each.first) for each in odd[:_SHOWN_LINES])
    more = len(odd) - _SHOWN_LINES
    to_do = "Quote fields that hold the delimiter or a newline, and mend broken lines."
    if fields == 1:
        to_do = f"Write these lines with the delimiter {delimiter!r}, or remove them."
    if last > first or odd[0].is_open:
        end = "is never closed" if odd[0].is_open else f"closes in line {last}"
        to_do = (
            f"A quotation mark opens in line {first} and {end}: close it where its field ends, or "
            "double it if it is part of the text."
        )
    return DatasetError(
        "A line has another number of fields than the header",
        where=f"{path.name}, line{'s' if len(odd) > 1 else ''} {lines}"
        + (f" and {more} more" if more > 0 else ""),
        found=f"{fields} field{'s' if fields > 1 else ''}",
        expected=f"{width}",
        to_do=to_do,
    )


def refuse_open_quote(path: Path, dialect: CsvDialect, encoding: str) -> None:
    """Refuse a file whose last record only ends with the file: a quotation mark is never closed.

    The marks around and within fields come in pairs, so the last record of such a file has an odd
    number of them.
    """
    csv.field_size_limit(_ANY_LENGTH)
    lines: list[str] = []
    above = dialect.lines_above_header
    with open_text(path, encoding, "replace", skip=above) as text:
        reader = csv.reader(_kept(text, lines), delimiter=dialect.delimiter)
        start = end = above + 1
        record = 0
        for _ in reader:
            start, end = end, above + reader.line_num + 1
            record = sum(line.count('"') for line in lines)
            lines.clear()
    if record % 2:
        raise DatasetError(
            "A quotation mark is never closed",
            where=f"{path.name}, line {start}",
            found=f"a field that goes on to the end of the file, in line {end - 1}",
            to_do="Close it where its field ends, or double it if it is part of the text.",
        )


def refuse_header_again(table: pa.Table) -> None:
    """Refuse a row with the names of all columns: files were joined with their headers.

    Where it is there, no column has been read as numbers.
    """
    if not all(pa.types.is_string(field.type) for field in table.schema):
        return
    found = None
    for name, column in zip(table.schema.names, table.columns, strict=True):
        same = pc.fill_null(pc.equal(pc.utf8_trim(column, " \t\ufeff"), name), False)
        found = same if found is None else pc.and_(found, same)
        if not pc.any(found).as_py():
            return
    row = pc.index(found, True).as_py()
    raise DatasetError(
        "The header comes again among the rows",
        where=f"data row {row + 1}",
        found=f"it {pc.sum(found).as_py()} more time(s)",
        to_do="Remove these lines: files were joined with their headers.",
    )


def _kept(text: TextIO, lines: list[str]) -> Iterator[str]:
    for line in text:
        lines.append(line)
        yield line


def broken_gzip(path: Path) -> DatasetError:
    """Return the error for a packed file that ends too early or is damaged."""
    return DatasetError(
        "The compressed file is broken",
        where=path.name,
        expected="a complete gzip file",
        to_do="Compress and drop it again; a broken upload is the usual cause.",
    )


def unreadable(path: Path, reason: str) -> DatasetError:
    """Return the error for what nobody has better words for."""
    return DatasetError(
        "The file cannot be read as CSV",
        where=path.name,
        found=reason[:300],
        expected="records with as many fields as the header",
        to_do="Quote fields that hold the delimiter or a newline, and mend broken records.",
    )


@dataclass(frozen=True)
class _Odd:
    """A record unlike the header: its lines (from 1), its width, whether a quote stays open."""

    first: int
    last: int
    fields: int
    is_open: bool


def _odd_records(text: TextIO, dialect: CsvDialect) -> tuple[list[_Odd], int]:
    """Return the records unlike the header, and its width."""
    csv.field_size_limit(_ANY_LENGTH)
    reader = csv.reader(text, delimiter=dialect.delimiter)
    odd, width = [], 0
    above = last = dialect.lines_above_header
    for fields in reader:
        if fields and not width:
            width = len(fields) + bool(dialect.unnamed_column)
        elif fields and len(fields) != width:
            is_open = fields[-1].endswith(("\n", "\r"))
            odd.append(_Odd(last + 1, above + reader.line_num, len(fields), is_open))
            if len(odd) == _MOST_LINES_COUNTED:
                break
        last = above + reader.line_num
    return odd, width


def other_header(
    path: Path, names: Sequence[str], wanted: Sequence[str], delimiter: str
) -> DatasetError:
    """Say how the header of a file differs from the plan's columns, some of which it lacks."""
    missing = next(name for name in wanted if name not in names)
    found = f"the columns {', '.join(map(repr, names[:_SHOWN_NAMES]))}"[:_SHOWN_CHARACTERS]
    to_do = "Give every file of the dataset the same header, and start the run again."
    whole = "".join(names)
    other = next((each for each in _DELIMITERS if each != delimiter and each in whole), "")
    if not whole:
        found = "no names in its first line"
    elif _CONTROL.search(whole):
        found = "no text, or one in another encoding than the other files"
        to_do = "Save it as the other files are saved."
    elif len(names) == 1 and other:
        found = f"the delimiter {other!r}"
        to_do = f"Write it with the delimiter {delimiter!r}, as the other files are."
    elif not set(names).intersection(wanted):
        to_do = "Write the names of the columns into its first line, as in the other files."
    return DatasetError(
        "A column of the plan is not in the file",
        where=path.name,
        found=found,
        expected=repr(missing),
        to_do=to_do,
    )
