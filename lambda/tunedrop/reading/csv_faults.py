"""What is wrong with the records of a text table, in words and with the number of the line."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator, Sequence

from tunedrop.errors import DatasetError
from tunedrop.reading.csv_text import FIELD_LIMIT
from tunedrop.reading.words import are_numbers, is_number
from tunedrop_common import csv_lines
from tunedrop_common.csv_lines import CsvRecord
from tunedrop_common.missing_words import MISSING

# Of the lines below the first, so many agree on another width: then it is the first that is odd.
_MOST = 0.9

# A line of units or a total shows above or below so many rows.
_FEWEST_BELOW = 5
_LOOKED_AT = 1_000
_CLOSE = 1e-3  # totals are rounded

_SHOWN_CHARACTERS = 60
_SHOWN_NAMES = 8
_MARK = "\ufeff"


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
    header, *rows = _numbered(text, delimiter)
    usual, count = Counter(len(row.fields) for row in rows).most_common(1)[0]
    if usual == width or count < _MOST * len(rows):
        odd = [row for row in rows if len(row.fields) != width]
        return csv_lines.wrong_width(odd, width, delimiter, where)
    return DatasetError(
        "The header has another number of fields than the lines below",
        where=f"{where}, line {header.first}",
        found=f"{width} names, {delimiter.join(header.fields)[:_SHOWN_CHARACTERS]!r}",
        expected=f"{usual}, as many as the lines have fields",
        to_do=f"Give each column one name, with {delimiter!r} between them, and quote fields that "
        "hold it; remove titles and notes above the names.",
    )


def other_header(
    header: Sequence[str], known: Sequence[str], where: str, first: str
) -> DatasetError:
    """Explain that the header of a part file is not that of the first."""
    found, expected = (
        repr(", ".join(name[:_SHOWN_CHARACTERS] for name in names[:_SHOWN_NAMES]))
        for names in (header, known)
    )
    return DatasetError(
        f"The header of a file differs from that of {first}",
        where=f"{where}, line 1",
        found=found,
        expected=expected,
        to_do="Write all parts with the same names in the same order, and the same delimiter (in "
        'Spark: `.option("header", True)`).',
    )


def is_header(fields: Sequence[str], header: Sequence[str]) -> bool:
    """Tell whether a record is the header; where files were joined, a mark of UTF-8 may precede."""
    return fields == header or (
        fields[0].startswith(_MARK)
        and [fields[0].lstrip(_MARK), *fields[1:]] == [header[0].lstrip(_MARK), *header[1:]]
    )


def repeated_header(text: str, delimiter: str, header: Sequence[str], where: str) -> DatasetError:
    """Explain that the header comes back among the rows."""
    lines = [row.first for row in _numbered(text, delimiter) if is_header(row.fields, header)][1:]
    return csv_lines.header_again(f"{where}, line {lines[0]}" if lines else where, len(lines) or 1)


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


def check_last_quote(text: str, delimiter: str, last: Sequence[str], where: str) -> None:
    """Raise DatasetError if the last record only ends with the text: a quotation mark is open."""
    if any("\n" in field or "\r" in field for field in last):
        *_, record = _numbered(text, delimiter)
        csv_lines.check_last_record(record, where)


def check_first_row(names: Sequence[str], rows: Sequence[Sequence[str]], where: str) -> None:
    """Raise DatasetError for words above all columns of numbers: a second line of names or units.

    What is such a word in one column only may be a word too many.
    """
    first, *below = rows[:_LOOKED_AT]
    if len(below) < _FEWEST_BELOW:
        return
    words = []
    for name, value, *rest in zip(names, first, *below, strict=True):
        if value.strip() in MISSING:
            continue
        if not are_numbers(rest):
            if value in rest:
                return
        elif is_number(value.strip()):
            return
        else:
            words.append((name, value))
    if words:
        name, word = words[0]
        raise DatasetError(
            "There is a second line of names or units below the header",
            where=where,
            found=f"{word[:_SHOWN_CHARACTERS]!r} above the numbers of {name[:_SHOWN_CHARACTERS]!r}",
            expected="one line of names, then the values",
            to_do="Remove this line, or the one above it. If it is data, correct its words.",
        )


def check_last_row(rows: Sequence[Sequence[str]], decimal: str, where: str) -> None:
    """Raise DatasetError for a last row whose numbers are the sums of the numbers above it."""
    *above, last = rows
    sums = []
    for place, value in enumerate(last):
        try:
            total = _number(value, decimal)
            numbers = [
                _number(row[place], decimal) for row in above if row[place].strip() not in MISSING
            ]
        except ValueError:
            continue
        if sum(map(bool, numbers)) < _FEWEST_BELOW:
            return
        sums.append(math.isclose(total, math.fsum(numbers), rel_tol=_CLOSE) and total != 0)
    if sums and all(sums):
        raise DatasetError(
            "The last row sums up the others",
            where=where,
            found=repr(", ".join(value.strip() for value in last)[:_SHOWN_CHARACTERS]),
            expected="rows of data only",
            to_do="Remove the total. If the row is data, write its words otherwise.",
        )


def _number(text: str, decimal: str) -> float:
    return float(text.strip().replace(decimal, "."))


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


def _numbered(text: str, delimiter: str) -> Iterator[CsvRecord]:
    lines = io.StringIO(text, newline="")
    return csv_lines.numbered_records(lines, delimiter, field_limit=FIELD_LIMIT)
