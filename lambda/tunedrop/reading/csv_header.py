"""Does the first line of a text table name its columns? A table without a header is refused.

A header is never guessed away: without names, nobody could say which column is the target.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tunedrop.errors import DatasetError
from tunedrop.reading.columns import MISSING

_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
_YEARS = range(1800, 2201)
_LOOKED_AT = 1_000

# A name that comes back this often among the values below it is a value itself.
_MOST_REPETITIONS = 0.02


def check_header(header: Sequence[str], rows: Sequence[Sequence[str]], where: str) -> None:
    """Refuse a first line that looks like data, or that names nothing."""
    names = [name.strip() for name in header]
    if not any(names):
        raise _no_header(names, where, "The first line has no names in it")
    if _looks_like_numbers(names) or _comes_back(names, rows[:_LOOKED_AT]):
        raise _no_header(names, where, "The table has no header")


def _looks_like_numbers(names: list[str]) -> bool:
    """Tell whether numbers stand where names should; counts and years can be names."""
    numbers = [name for name in names if _NUMBER.fullmatch(name)]
    if not numbers:
        return False
    if not all(number.isdigit() for number in numbers):
        return True
    integers = [int(number) for number in numbers]
    counting = integers in (
        list(range(len(integers))),
        list(range(1, len(integers) + 1)),
    )
    rising_years = integers == sorted(set(integers)) and all(i in _YEARS for i in integers)
    return not (len(integers) > 1 and counting) and not rising_years


def _comes_back(names: list[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a name is also a usual value of its own column."""
    for position, name in enumerate(names):
        if not name or name in MISSING:
            continue
        repetitions = sum(row[position].strip() == name for row in rows)
        if repetitions > max(1, _MOST_REPETITIONS * len(rows)):
            return True
    return False


def _no_header(names: list[str], where: str, what: str) -> DatasetError:
    shown = ", ".join(name[:30] for name in names[:5])
    return DatasetError(
        what,
        where=f"{where}, line 1",
        found=repr(shown),
        expected="names of the columns",
        to_do="Put a line with the columns' names, each once, above the data.",
    )
