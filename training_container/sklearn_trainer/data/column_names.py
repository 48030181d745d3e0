"""Names of columns, each once, and the kinds of names that denote identifiers, groups and times."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

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


def unique_names(names: Sequence[str]) -> list[str]:
    """Return the names, trimmed, with .1, .2, ... after those that were there already."""
    unique: dict[str, None] = {}
    counts: Counter[str] = Counter()  # a sheet of Excel has 16,384 columns without a name
    for base in map(trim_name, names):
        name = base
        while name in unique:
            counts[base] += 1
            name = f"{base}.{counts[base]}"
        unique[name] = None
    return list(unique)


def trim_name(name: str) -> str:
    """Return a name without spaces, tabs and byte order marks around it."""
    return name.strip("\ufeff \t")


def is_group_name(name: str) -> bool:
    """Return whether a name is that of an identifier or of somebody whom rows are about."""
    return any(pattern.fullmatch(name) for pattern in (IDENTIFIER_NAME, _SOMEBODY))


def is_time_name(name: str, *, is_datetime: bool) -> bool:
    """Return whether a column name denotes a point in time other than birth.

    Parameters
    ----------
    is_datetime
        Whether its values are datetimes; numbers have to be called a year or a date.
    """
    if is_datetime:
        return _BIRTH.search(name) is None
    return any(pattern.fullmatch(name) for pattern in (YEAR_NAME, DATE_NAME))
