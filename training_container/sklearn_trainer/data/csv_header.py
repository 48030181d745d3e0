"""Where a text table begins, and whether its first line names the columns.

Lines above the header are skipped only where it is plain which line the header is: below Excel's
`sep=;`, below comments, or where a line of words is above columns of numbers. The header may
lack one name: that of R's row names, or of the nothing behind a delimiter at the end of all lines.
A header is never guessed away: without names, no column could be called the target.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Literal

from sklearn_trainer.data.csv_text import (
    PLAIN_NUMBER,
    WRITTEN_NUMBER,
    are_numbers,
    find_delimiter,
    first_records,
    is_number,
)
from sklearn_trainer.data.text_parsing import MISSING
from sklearn_trainer.errors import DatasetError
from tunedrop_common.data_text import quote_all

Unnamed = Literal["", "first", "last"]

_SEPARATOR = re.compile(r'\s*"?sep=."?[,;\t|]*\s*?(\r\n?|\n)', re.I)
_COMMENT = ("#", "%")
_YEARS = range(1800, 2201)

_RECORDS = 1_000
_MOST_LINES_ABOVE = 50
_FEWEST_ROWS = 5

# So many of the records agree on a width, or it is not plain what is above them.
_AGREEING = 0.9

# A name that comes back this often among the values below it is a value itself.
_MOST_REPETITIONS = 0.02

# A column with at most so many distinct values a row has values that come back.
_REPEATING = 0.75


def lines_above_header(text: str) -> int:
    """Return how many lines of a text are to be skipped; 0 where that is not plain."""
    if _SEPARATOR.match(text):
        return 1
    only_comments = True
    for count, line in enumerate(islice(io.StringIO(text, newline=""), _MOST_LINES_ABOVE)):
        if not line.strip():
            continue
        rest = without_lines(text, count)
        delimiter = find_delimiter(rest)
        if delimiter is not None and _is_plain(rest, delimiter):
            header, *rows = first_records(rest, delimiter, _RECORDS)
            below = [row for row in rows if len(row) == len(header)]
            if not line.startswith(_COMMENT) or not (below and names_numbers(below[0], below[1:])):
                return count if only_comments or names_numbers(header, below) else 0
        only_comments = only_comments and line.startswith(_COMMENT)
    return 0


def without_lines(text: str, count: int) -> str:
    """Empty the first lines of a text: empty ones are no records, and the others keep their number.

    A line ends as Python's and Arrow's readers end it.
    """
    above = list(islice(io.StringIO(text, newline=""), count))
    ends = "".join(line[len(line.rstrip("\r\n")) :] for line in above)
    return ends + text[sum(map(len, above)) :]


def unnamed_column(text: str, delimiter: str) -> Unnamed:
    """Return which column has no name, where all lines have one field more than the header."""
    header, *rows = first_records(text, delimiter, _RECORDS) or [[]]
    if not rows or any(len(row) != len(header) + 1 for row in rows):
        return ""
    if not any(row[-1].strip() for row in rows):
        return "last"
    # Between commas a row's name is not plain: `7,5` may have been one number. R quotes words.
    plain = delimiter != "," or text.lstrip().startswith('"')
    names = [row[0].strip() for row in rows]
    if not all(name.strip() for name in header) or not _are_row_names(names, plain):
        return ""
    return "" if looks_like_data(["", *header], rows) else "first"


def named_columns(header: list[str], unnamed: Unnamed) -> list[str]:
    """Return the names of a header, with an empty one for the column that has none."""
    return [""] * (unnamed == "first") + header + [""] * (unnamed == "last")


def check_header(header: Sequence[str], rows: Sequence[Sequence[str]], where: str) -> None:
    """Raise DatasetError for a first line that looks like data, or that names nothing."""
    names = [name.strip() for name in header]
    if not any(names):
        problem = "The first line has no names in it"
    elif looks_like_data(header, rows[:_RECORDS]):
        problem = "The table has no header"
    else:
        return
    raise DatasetError(
        problem,
        where=f"{where}, line 1",
        found=quote_all(names, 5),
        expected="names of the columns",
        to_do="Put a line with the columns' names, each once, above the data, "
        "and nothing above it.",
    )


def looks_like_data(line: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a line holds values, as those below it do, rather than names."""
    names = [name.strip() for name in line]
    if names_numbers(names, [row for row in rows if list(row) != list(line)]):
        return False
    return _looks_like_numbers(names, rows) or _comes_back(names, rows)


def names_numbers(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a word is above a column of nothing but numbers: it can only be its name."""
    return any(
        not is_number(name.strip()) and are_numbers([row[position] for row in rows])
        for position, name in enumerate(names)
    )


def _is_plain(text: str, delimiter: str) -> bool:
    """Return whether the first record of a text can be the header of the records below."""
    if unnamed_column(text, delimiter):
        return True
    header, *rows = first_records(text, delimiter, _RECORDS) or [[]]
    agreeing = sum(len(row) == len(header) for row in rows)
    if agreeing < max(_AGREEING * len(rows), 1):
        return False
    filled = sum(map(bool, map(str.strip, header)))
    fitting = [row for row in rows if len(row) == len(header)]
    return 2 * filled >= len(header) or names_numbers(header, fitting)


def _are_row_names(names: Sequence[str], may_be_words: bool) -> bool:
    """Return whether first fields are the names of rows, as R writes them."""
    if len(names) < _FEWEST_ROWS or len(set(names)) < len(names) or not all(names):
        return False
    counts = [int(name) for name in names if name.isascii() and name.isdigit()]
    if len(counts) == len(names):
        consecutive = counts == list(range(counts[0], counts[0] + len(counts)))
        return consecutive or (may_be_words and counts == sorted(counts))
    return may_be_words and not any(map(is_number, names))


def _looks_like_numbers(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether numbers are where names should be.

    Counts and years can be names, and so can numbers above columns of nothing but words.
    """
    places = [place for place, name in enumerate(names) if PLAIN_NUMBER.fullmatch(name)]
    if not places or all(_are_words(place, rows) for place in places):
        return False
    if not all(names[place].isdigit() for place in places):
        return True
    integers = [int(names[place]) for place in places]
    counting = integers in (list(range(len(places))), list(range(1, len(places) + 1)))
    one_way = sorted(set(integers))
    years = integers in (one_way, one_way[::-1]) and all(i in _YEARS for i in integers)
    return not (len(integers) > 1 and counting) and not years


def _are_words(place: int, rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a column below the first line has words, and no number among them."""
    values = [value for row in rows if (value := row[place].strip()) not in MISSING]
    return bool(values) and not any(WRITTEN_NUMBER.fullmatch(value) for value in values)


def _comes_back(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether names are usual values of their columns, in half of those that repeat.

    Columns do have the name of their commonest value now and then: a column premie of babies.
    """
    repeating = coming_back = 0
    for position, name in enumerate(names):
        counts = Counter(row[position].strip() for row in rows)
        if not name or name in MISSING or len(counts) > _REPEATING * len(rows):
            continue
        repeating += 1
        coming_back += counts[name] > max(1, _MOST_REPETITIONS * len(rows))
    return coming_back > 0 and 2 * coming_back >= repeating
