"""What is wrong with the records of a text table, in words and with the number of the line."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence

from tunedrop.errors import DatasetError
from tunedrop.reading.csv_text import FIELD_LIMIT
from tunedrop_common import csv_lines
from tunedrop_common.csv_lines import CsvRecord
from tunedrop_common.data_text import quote, quote_all
from tunedrop_common.missing_words import MISSING

# A total is below so many rows, and rounded.
_FEWEST_SUMMED = 5
_CLOSE = 1e-3


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
        found=quote(line),
        expected="columns separated by comma, semicolon, tab or |",
        to_do="Save it with one of these delimiters, with the target and at least one feature. The "
        "first line has the names of the columns: remove titles above it.",
    )


def ragged(text: str, delimiter: str, where: str, width: int) -> DatasetError:
    """Explain that records of a text are not as wide as they should be."""
    _, *rows = _numbered(text, delimiter)
    odd = [row for row in rows if len(row.fields) != width]
    return csv_lines.wrong_width(odd, width, delimiter, where)


def other_header(
    header: Sequence[str], known: Sequence[str], where: str, first: str
) -> DatasetError:
    """Explain that the header of a part file is not that of the first."""
    return DatasetError(
        f"The header of a file differs from that of {first}",
        where=f"{where}, line 1",
        found=quote_all(header),
        expected=quote_all(known),
        to_do="Write all parts with the same names in the same order, and the same delimiter (in "
        'Spark: `.option("header", True)`).',
    )


def repeated_header(text: str, delimiter: str, header: Sequence[str], where: str) -> DatasetError:
    """Explain that the header comes back among the rows."""
    lines = [row.first for row in _numbered(text, delimiter) if row.fields == header][1:]
    return csv_lines.header_again(f"{where}, line {lines[0]}" if lines else where, len(lines) or 1)


def check_last_quote(text: str, delimiter: str, last: Sequence[str], where: str) -> None:
    """Raise DatasetError if the last record only ends with the text: a quotation mark is open."""
    if any("\n" in field or "\r" in field for field in last):
        *_, record = _numbered(text, delimiter)
        csv_lines.check_last_record(record, where)


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
        if sum(map(bool, numbers)) < _FEWEST_SUMMED:
            return
        sums.append(math.isclose(total, math.fsum(numbers), rel_tol=_CLOSE) and total != 0)
    if sums and all(sums):
        raise DatasetError(
            "The last row sums up the others",
            where=where,
            found=quote(", ".join(value.strip() for value in last)),
            expected="rows of data only",
            to_do="Remove the total. If the row is data, write its words otherwise.",
        )


def nul_characters(text: str, where: str) -> DatasetError:
    """Explain that a text holds NUL characters."""
    return DatasetError(
        "The text has NUL characters in it",
        where=f"{where}, line {text.count(chr(10), 0, text.index(chr(0))) + 1}",
        to_do="Write or copy the file again, as UTF-8.",
    )


def _number(text: str, decimal: str) -> float:
    return float(text.strip().replace(decimal, "."))


def _numbered(text: str, delimiter: str) -> Iterator[CsvRecord]:
    lines = io.StringIO(text, newline="")
    return csv_lines.numbered_records(lines, delimiter, field_limit=FIELD_LIMIT)
