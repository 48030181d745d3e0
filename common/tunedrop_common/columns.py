"""Names of a table's columns and what they say, and where one stops being numbers or categories."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

# More distinct words than this are text rather than categories, or not one column each.
MANY_CATEGORIES: Final = 30

# Of a column of numbers, at most this share of other words counts as missing.
STRAY_SHARE: Final = 0.05

# What columns are called that name a row, a year or a moment.
IDENTIFIER_NAME: Final = re.compile(r"(.*[\W_])?(?i:ids?|uuid|guid)|.*[a-z0-9](ID|Id)", re.S)
YEAR_NAME: Final = re.compile(r"(.*[\W_])?(?i:year|yr)|.*[a-z](Year|Yr)", re.S)
DATE_NAME: Final = re.compile(
    r"(.*[\W_])?(?i:date|datetime|timestamp)|.*[a-z](Date|DateTime|Timestamp)", re.S
)

# Whom several rows may be about.
_SOMEBODY: Final = re.compile(
    r"(.*[\W_])?(?i:subject|patient|customer|client|user|person|household|session|device|machine)s?"
    r"([\W_]?(?i:no|nr|num|number|key|code))?",
    re.S,
)

_BIRTH: Final = re.compile(r"birth|(^|[\W_])dob($|[\W_])", re.I)

# Groups have so many rows in the mean, and there are so many of them at least.
ROWS_A_GROUP: Final = (2, 50)
FEWEST_GROUPS: Final = 10

# Fewer points in time than this are no order.
FEWEST_TIMES: Final = 10


def unique_names(names: Sequence[str]) -> list[str]:
    """Return the names, trimmed, with .1, .2, ... after those that were there already."""
    taken: set[str] = set()
    counts: dict[str, int] = {}  # found so far: a sheet of Excel has 16,384 columns without a name
    result = []
    for raw in names:
        base = name = trimmed(raw)
        while name in taken:
            counts[base] = counts.get(base, 0) + 1
            name = f"{base}.{counts[base]}"
        taken.add(name)
        result.append(name)
    return result


def trimmed(name: str) -> str:
    """Return a name without spaces, tabs and byte order marks around it."""
    return name.strip("\ufeff \t")


def names_groups(name: str) -> bool:
    """Tell whether a column that repeats itself has the name of one that says what rows are of."""
    return any(each.fullmatch(name) is not None for each in (IDENTIFIER_NAME, _SOMEBODY))


def names_time(name: str, *, moment: bool) -> bool:
    """Tell whether a column says when something was, rather than how old somebody is.

    Parameters
    ----------
    moment
        Whether its values are points in time; numbers have to be called a year or a date.
    """
    if moment:
        return _BIRTH.search(name) is None
    return any(each.fullmatch(name) is not None for each in (YEAR_NAME, DATE_NAME))


def may_be_groups(distinct: int, rows: int) -> bool:
    """Tell whether values come back as those of groups do: in few rows each, and in many groups."""
    least, most = ROWS_A_GROUP
    return distinct >= FEWEST_GROUPS and least <= rows / distinct <= most
