"""Names the columns of a file as PlanRun does: trimmed, and each name once."""

from __future__ import annotations

from collections.abc import Sequence


def unique_names(names: Sequence[str]) -> list[str]:
    """Return the names, trimmed, with .1, .2, ... after those that were there already."""
    taken: set[str] = set()
    result = []
    for raw in names:
        base = raw.strip("\ufeff \t")
        name, count = base, 0
        while name in taken:
            count += 1
            name = f"{base}.{count}"
        taken.add(name)
        result.append(name)
    return result
