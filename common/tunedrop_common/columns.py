"""Names of a table's columns, and where one stops being numbers or categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

# More distinct words than this are text rather than categories, or not one column each.
MANY_CATEGORIES: Final = 30

# Of a column of numbers, at most this share of other words counts as missing.
STRAY_SHARE: Final = 0.05


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
