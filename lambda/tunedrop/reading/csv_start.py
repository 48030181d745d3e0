"""Where a text table begins, and whether its header names all columns.

Lines above the header are skipped only where it is plain which line the header is: below Excel's
`sep=;`, below comments, or where a line of words stands above columns of numbers. The header may
lack one name: that of R's row names, or of the nothing behind a delimiter at the end of all lines.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Literal

from tunedrop.reading.csv_header import is_number, looks_like_data, names_numbers
from tunedrop.reading.csv_text import DELIMITERS, find_delimiter, read_records

Unnamed = Literal["", "first", "last"]

_SEPARATOR = re.compile(r'\s*"?sep=."?[,;\t|]*\s*?(\r\n?|\n)', re.I)
_COMMENT = ("#", "%")

_LOOKED_AT = 512 * 1024
_RECORDS = 1_000
_MOST_LINES_ABOVE = 50
_FEWEST_ROWS = 5
_MOST_LIKE_ROWS = 2

# So many of the records agree on a width, or nobody can tell what is above them.
_AGREEING = 0.9


def lines_above_header(text: str) -> int:
    """Return how many lines of a text are to be skipped; 0 where that is not plain."""
    text = text[:_LOOKED_AT]
    if _SEPARATOR.match(text):
        return 1
    lines = list(islice(io.StringIO(text, newline=""), _MOST_LINES_ABOVE + 1))
    if lines and lines[0].startswith(_COMMENT):
        return _below_comments(text, lines)
    delimiter = find_delimiter(text)
    if delimiter and _is_plain(_records(text, delimiter)):
        return 0
    return next(filter(None, (_below_a_title(text, each) for each in DELIMITERS)), 0)


def without_lines(text: str, count: int) -> str:
    """Empty the first lines of a text: empty ones are no records, and the others keep their number.

    A line ends as Python's and Arrow's readers end it.
    """
    above = list(islice(io.StringIO(text, newline=""), count))
    ends = "".join(line[len(line.rstrip("\r\n")) :] for line in above)
    return ends + text[sum(map(len, above)) :]


def unnamed_column(text: str, delimiter: str) -> Unnamed:
    """Tell which column has no name, where all lines have one field more than the header."""
    header, *rows = _records(text, delimiter) or [[]]
    if len(text) > _LOOKED_AT and len(rows) < _RECORDS:
        rows = rows[:-1]  # cut somewhere
    if not rows or any(len(row) != len(header) + 1 for row in rows):
        return ""
    if not any(row[-1].strip() for row in rows):
        return "last"
    quoted = text.lstrip().startswith('"')
    row_names = [row[0].strip() for row in rows]
    if not all(name.strip() for name in header) or not _are_row_names(row_names, delimiter, quoted):
        return ""
    return "" if looks_like_data(["", *header], rows) else "first"


def named_columns(header: list[str], unnamed: Unnamed) -> list[str]:
    """Return the names of a header, with an empty one for the column that has none."""
    return [""] * (unnamed == "first") + header + [""] * (unnamed == "last")


def _are_row_names(names: Sequence[str], delimiter: str, quoted: bool) -> bool:
    """Tell whether a first field is a row's name, as R writes it.

    Between commas that is not plain: `7,5` may have been one number. There R quotes its words.
    """
    if len(names) < _FEWEST_ROWS or len(set(names)) < len(names) or not all(names):
        return False
    counts = [int(name) for name in names if name.isascii() and name.isdigit()]
    if len(counts) == len(names):
        consecutive = counts == list(range(counts[0], counts[0] + len(counts)))
        return consecutive or ((quoted or delimiter != ",") and counts == sorted(counts))
    return (quoted or delimiter != ",") and not any(map(is_number, names))


def _below_comments(text: str, lines: Sequence[str]) -> int:
    below = next(
        (n for n, line in enumerate(lines) if line.strip() and not line.startswith(_COMMENT)), 0
    )
    rest = without_lines(text, below)
    delimiter = find_delimiter(rest)
    if not below or delimiter is None:
        return 0
    first, *rows = _records(rest, delimiter)
    comments = [n for n in range(below) if lines[n].startswith(_COMMENT)]
    fields = [next(csv.reader([lines[n]], delimiter=delimiter), []) for n in comments]
    if sum(len(each) == len(first) for each in fields) > _MOST_LIKE_ROWS:
        return 0  # a header and rows that begin so
    last, comment = comments[-1], fields[-1]
    if len(comment) != len(first) or names_numbers(first, rows):
        return below
    is_header = looks_like_data(first, rows) or not any(f.startswith(" ") for f in comment[1:])
    return last if is_header else below


def _is_plain(records: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first record names columns of the records below."""
    return (
        bool(records)
        and all(len(record) == len(records[0]) for record in records)
        and all(name.strip() for name in records[0])
    )


def _below_a_title(text: str, delimiter: str) -> int:
    """Return how many lines stand above a header that names columns of numbers; 0 if none do."""
    reader = read_records(text, delimiter)
    found: list[tuple[int, list[str]]] = []
    try:
        above = 0
        for record in islice(reader, _RECORDS):
            if record:
                found.append((above, record))
            above = reader.line_num
    except csv.Error:
        return 0
    if not found:
        return 0
    usual, count = Counter(len(record) for _, record in found).most_common(1)[0]
    if usual < 2 or count < _AGREEING * len(found):
        return 0
    most_filled = 0
    for position, (lines, record) in enumerate(found[:_MOST_LINES_ABOVE]):
        below = [each for _, each in found[position + 1 :]]
        filled = sum(map(bool, map(str.strip, record)))
        if (
            len(record) == usual
            and len(below) >= _FEWEST_ROWS
            and filled > most_filled
            and names_numbers(record, [row for row in below if len(row) == usual])
        ):
            return lines if position else 0
        if len(record) == usual and filled > usual / 2:
            return 0
        most_filled = max(most_filled, filled)
    return 0


def _records(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(islice(filter(None, read_records(text[:_LOOKED_AT], delimiter)), _RECORDS))
    except csv.Error:
        return []
