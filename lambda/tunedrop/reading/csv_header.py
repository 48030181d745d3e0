"""Does the first line of a text table name its columns? A table without a header is refused.

A header is never guessed away: without names, nobody could say which column is the target.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from tunedrop.errors import DatasetError
from tunedrop_common.missing_words import MISSING, MISSING_MARKS
from tunedrop_common.written_numbers import pattern

_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
_WRITTEN = re.compile(f"{_NUMBER.pattern}|{pattern('.')}|{pattern(',')}", re.ASCII)
_YEARS = range(1800, 2201)
_LOOKED_AT = 1_000

# A name that comes back this often among the values below it is a value itself.
_MOST_REPETITIONS = 0.02

# A column with at most so many distinct values a row has values that come back.
_REPEATING = 0.75


def check_header(header: Sequence[str], rows: Sequence[Sequence[str]], where: str) -> None:
    """Refuse a first line that looks like data, or that names nothing."""
    names = [name.strip() for name in header]
    if not any(names):
        raise _no_header(names, where, "The first line has no names in it")
    if names[:2] == [str(len(rows)), str(len(names) - 1)]:  # as in scikit-learn's own files
        raise _no_header(names, where, "The first line counts rows and columns")
    if looks_like_data(header, rows[:_LOOKED_AT]):
        raise _no_header(names, where, "The table has no header")
    unnamed = [position for position, name in enumerate(names) if not name]
    filled = sum(any(row[position].strip() for row in rows[:_LOOKED_AT]) for position in unnamed)
    if filled > len(names) - len(unnamed):
        raise _no_header(names, where, "Most columns have no name in the first line")


def looks_like_data(line: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a line holds values, as those below it do, rather than names."""
    names = [name.strip() for name in line]
    if names_numbers(names, [row for row in rows if list(row) != list(line)]):
        return False
    return _looks_like_numbers(names, rows) or _comes_back(names, rows)


def names_numbers(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a word stands above a column of nothing but numbers: it can only be its name."""
    return any(
        not is_number(name.strip())
        and all(is_number(row[position].strip()) for row in rows)
        and any(_WRITTEN.fullmatch(row[position].strip()) for row in rows)
        for position, name in enumerate(names)
    )


def is_number(text: str) -> bool:
    """Tell whether a value is a number, or missing."""
    return text in MISSING or text.lower() in MISSING_MARKS or _WRITTEN.fullmatch(text) is not None


def _looks_like_numbers(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether numbers stand where names should.

    Counts and years can be names, and so can numbers above columns of nothing but words.
    """
    places = [place for place, name in enumerate(names) if _NUMBER.fullmatch(name)]
    if not places or all(_are_words(place, rows) for place in places):
        return False
    if not all(names[place].isdigit() for place in places):
        return True
    integers = [int(names[place]) for place in places]
    counting = integers in (
        list(range(len(integers))),
        list(range(1, len(integers) + 1)),
    )
    one_way = sorted(set(integers))
    years = integers in (one_way, one_way[::-1]) and all(i in _YEARS for i in integers)
    return not (len(integers) > 1 and counting) and not years


def _are_words(place: int, rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a column below the first line has words, and no number among them."""
    values = [value for row in rows if (value := row[place].strip()) not in MISSING]
    return bool(values) and not any(_WRITTEN.fullmatch(value) for value in values)


def _comes_back(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether names are also usual values of their own columns, in half of those that repeat.

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


def _no_header(names: list[str], where: str, what: str) -> DatasetError:
    shown = ", ".join(name[:30] for name in names[:5])
    return DatasetError(
        what,
        where=f"{where}, line 1",
        found=repr(shown),
        expected="names of the columns",
        to_do="Put a line with the columns' names, each once, above the data, "
        "and nothing above it.",
    )
