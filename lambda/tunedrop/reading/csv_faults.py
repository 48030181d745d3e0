"""What is wrong with the records of a text table, in words and with the number of the line."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from tunedrop.errors import DatasetError
from tunedrop.reading.csv_header import is_number, looks_like_data, names_numbers
from tunedrop.reading.csv_odd_rows import advice_about_quotes
from tunedrop.reading.csv_text import DELIMITERS, FIELD_LIMIT, is_utf16
from tunedrop.reading.sampling import FileSample
from tunedrop_common import csv_lines
from tunedrop_common.csv_lines import (
    CsvRecord,
    check_last_record,
    header_again,
    numbered_records,
    wrong_width,
)
from tunedrop_common.plan import CsvDialect

# Of the lines below the first, so many agree on another width: then it is the first that is odd.
_MOST = 0.9

_LOOKED_AT_ROWS = 100
_MOST_BELOW = 50
_SHOWN_CHARACTERS = 60
_SHOWN_NAMES = 8
_MARK = "\ufeff"


def ragged(text: str, delimiter: str, where: str, width: int) -> DatasetError:
    """Explain why records of a text are not as wide as they should be."""
    header, *rows = records_of(text, delimiter)
    usual, count = Counter(len(row.fields) for row in rows).most_common(1)[0]
    if usual != width and count >= _MOST * len(rows):
        return _odd_first_line(header, rows, usual, delimiter, where)
    odd = [row for row in rows if len(row.fields) != width]
    if len(odd) <= _MOST_BELOW and odd == rows[-len(odd) :] and _are_notes(odd, width):
        return _something_below(odd, f"{where}, line {odd[0].first}")
    to_do = advice_about_quotes(odd[0].fields, delimiter)
    if not to_do and "\r" in text and "\r" not in text.partition("\n")[0]:
        to_do = "Quote or replace the carriage returns inside of fields: they end a line."
    return wrong_width(odd, width, delimiter, where, to_do=to_do)


def refuse_notes_below(tail: str, delimiter: str, width: int, where: str) -> None:
    """Refuse notes or another table at the end of a text, of which this piece is the last.

    The caller knows that the piece does not start inside of a quoted field.
    """
    first_line_end = len(tail.splitlines(keepends=True)[0]) if tail else 0
    rows = list(records_of(tail[first_line_end:], delimiter))
    fitting = [position for position, row in enumerate(rows) if len(row.fields) == width]
    odd = rows[fitting[-1] + 1 :] if fitting else []
    if 0 < len(odd) <= _MOST_BELOW and _are_notes(odd, width):
        raise _something_below(odd, f"{where}, at its end")


def _are_notes(odd: Sequence[CsvRecord], width: int) -> bool:
    """Tell whether lines at the end are notes, or another table, rather than broken rows."""
    if any(each.last > each.first for each in odd):
        return False  # an open quotation mark
    alone = len(odd[0].fields) == 1 and not is_number(odd[0].fields[0].strip())
    return alone or (len(odd) > 1 and all(len(o.fields) < width for o in odd))


def _something_below(odd: Sequence[CsvRecord], where: str) -> DatasetError:
    return DatasetError(
        "There is something below the rows",
        where=where,
        found=repr(" ".join(odd[0].fields)[:_SHOWN_CHARACTERS]),
        expected="the end of the file",
        to_do="Remove the notes or the second table below the rows; if the last line was cut off, "
        "drop the file again, complete.",
    )


def line_of_record(text: str, dialect: CsvDialect, index: int) -> int:
    """Return the line where a record begins; the header is record 0."""
    return next(islice(records_of(text, dialect.delimiter), index, None)).first


def is_header(fields: Sequence[str], header: Sequence[str]) -> bool:
    """Tell whether a record is the header; where files were joined, a mark of UTF-8 may precede."""
    return fields == header or (
        fields[0].startswith(_MARK)
        and [fields[0].lstrip(_MARK), *fields[1:]] == [header[0].lstrip(_MARK), *header[1:]]
    )


def refuse_other_encoding(files: Sequence[FileSample]) -> None:
    """Refuse part files of which only some have two bytes for each character."""
    first, *others = files
    for file in others:
        if is_utf16(file.head) != is_utf16(first.head):
            wide, narrow = (file, first) if is_utf16(file.head) else (first, file)
            raise DatasetError(
                f"The encoding of a file differs from that of {first.path}",
                where=file.path,
                found=f"UTF-16 in {wide.path}, and not in {narrow.path}",
                expected="the same encoding in all files",
                to_do="Save all of them as UTF-8.",
            )


def refuse_half_characters(files: Sequence[FileSample], encoding: str) -> None:
    """Refuse a text of two bytes for each character that has an odd number of them."""
    for file in files:
        if encoding.startswith("utf-16") and file.whole and len(file.head) % 2:
            raise DatasetError(
                "The text ends within a character",
                where=file.path,
                found=f"{len(file.head)} bytes",
                expected="two bytes for each character, as UTF-16 has them",
                to_do="Drop the file again, complete; a broken upload is the usual cause.",
            )


def other_header(
    header: Sequence[str], known: Sequence[str], delimiter: str, where: str, first: str
) -> DatasetError:
    """Explain how the header of a part file differs from that of the first."""
    missing = [name for name in known if name not in header]
    added = [name for name in header if name not in known]
    to_do = "Write all parts with one header."
    if len(header) == 1 and (other := _delimiter_of_rows([header], len(known))):
        found = f"the delimiter {other!r}, and {delimiter!r} in {first}"
        to_do = "Write all parts with the same delimiter."
    elif looks_like_data(header, []) or len(missing) == len(known) == len(added):
        found = f"a first line {_shown_names(header)}"
        to_do = "Write the names of the columns as the first line of every part"
        to_do += ' (in Spark: `.option("header", True)`).'
    elif missing or added:
        found = " and ".join(
            [f"no column {_shown_names(missing)}"] * bool(missing)
            + [f"the column {_shown_names(added)}, which {first} does not have"] * bool(added)
        )
    else:
        found = f"the same names in another order, {_shown_names(header)}"
    return DatasetError(
        f"The header of a file differs from that of {first}",
        where=f"{where}, line 1",
        found=found,
        expected="the same columns in the same order in all files",
        to_do=to_do,
    )


def _shown_names(names: Sequence[str]) -> str:
    return repr(", ".join(name[:_SHOWN_CHARACTERS] for name in names[:_SHOWN_NAMES]))


def repeated_header(text: str, delimiter: str, header: Sequence[str], where: str) -> DatasetError:
    """Explain that the header comes back among the rows."""
    lines = [row.first for row in records_of(text, delimiter) if is_header(row.fields, header)][1:]
    return header_again(f"{where}, line {lines[0]}" if lines else where, len(lines) or 1)


def unreadable(error: csv.Error, where: str) -> DatasetError:
    """Explain what Python's reader stumbled over."""
    if "field limit" in str(error):
        return DatasetError(
            "A field is longer than text in a table can be",
            where=where,
            expected=f"at most {FIELD_LIMIT // 2**20} MiB",
            to_do="Look for a quotation mark that is never closed, or leave the long text out.",
        )
    return csv_lines.unreadable(str(error), where)


def refuse_open_quote(text: str, delimiter: str, last: Sequence[str], where: str) -> None:
    """Refuse a text whose last record only ends with it: a quotation mark is never closed."""
    if any("\n" in field or "\r" in field for field in last):
        *_, record = records_of(text, delimiter)
        check_last_record(record, where)


def nul_characters(text: str, where: str) -> DatasetError:
    """Explain that a text holds NUL characters."""
    line = text.count("\n", 0, text.index("\0")) + 1
    return DatasetError(
        "The text has NUL characters in it",
        where=f"{where}, line {line}",
        found=f"{text.count(chr(0))} of them",
        to_do="Write or copy the file again: a program that crashed while writing leaves them.",
    )


def _odd_first_line(
    header: CsvRecord, rows: Sequence[CsvRecord], usual: int, delimiter: str, where: str
) -> DatasetError:
    """Explain why nearly all lines have another width than the first."""
    usual_rows = [row.fields for row in rows if len(row.fields) == usual]
    other = _delimiter_of_rows(usual_rows, len(header.fields)) if usual == 1 else ""
    if other:
        return DatasetError(
            "The header is written with another delimiter than the lines below",
            where=f"{where}, line {header.first}",
            found=f"{delimiter!r} in the header and {other!r} below",
            to_do="Write both with the same delimiter.",
        )
    if names_numbers(usual_rows[0], usual_rows[1:]):
        return preamble(header, rows, usual, where)
    one_more = usual == len(header.fields) + 1 and len(rows[0].fields) == usual
    if one_more and not any(fields[-1].strip() for fields in usual_rows):
        what = "The lines end with a delimiter, and the header does not"
        to_do = "Remove the delimiter at the end of the lines, or add one to the header."
    elif one_more and len({fields[0] for fields in usual_rows}) == len(usual_rows):
        what = "The first column has no name in the header"
        to_do = "Name it if it has row names, as R writes them; else quote fields that hold the "
        to_do += "delimiter."
    elif one_more or usual < len(header.fields):
        what = "The header has another number of fields than the lines below"
        to_do = "Give each column one name, and quote fields that hold the delimiter."
    else:
        return preamble(header, rows, usual, where)
    to_do = advice_about_quotes(usual_rows[0], delimiter) or to_do
    return DatasetError(
        what,
        where=f"{where}, line {header.first}",
        found=f"{len(header.fields)} names",
        expected=f"{usual}, as many as the lines have fields",
        to_do=to_do,
    )


def _delimiter_of_rows(rows: Sequence[Sequence[str]], width: int) -> str:
    """Return the delimiter that cuts lines into as many fields as the header has; "" if none."""
    for each in DELIMITERS:
        if all(
            len(next(csv.reader(row, delimiter=each))) == width for row in rows[:_LOOKED_AT_ROWS]
        ):
            return each
    return ""


def preamble(first: CsvRecord, rows: Sequence[CsvRecord], usual: int, where: str) -> DatasetError:
    """Explain that lines stand above the header, where it is not plain which line that is."""
    start, *below = (row for row in rows if len(row.fields) == usual)
    names = f"the names of the {usual} columns that begin in line {start.first}"
    has_names = start is not rows[0] or not looks_like_data(
        start.fields, [row.fields for row in below[:_LOOKED_AT_ROWS]]
    )
    return DatasetError(
        "There is something above the " + ("header" if has_names else "rows, and no header"),
        where=f"{where}, line {first.first}",
        found=repr(" ".join(first.fields)[:_SHOWN_CHARACTERS]),
        expected=names,
        to_do="Remove the lines above the names of the columns."
        if has_names
        else f"Put a line with these names in the place of line {first.first}.",
    )


def records_of(text: str, delimiter: str) -> Iterator[CsvRecord]:
    """Read a text's records with the numbers of their lines."""
    lines = io.StringIO(text, newline="")
    return numbered_records(lines, delimiter, field_limit=FIELD_LIMIT)
