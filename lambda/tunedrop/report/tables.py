"""Tables of text, which the page and the Markdown show alike."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class TextTable:
    """Titles and rows of cells; a cell may have several lines.

    Parameters
    ----------
    numeric
        The places of the columns that are aligned to the right.
    best
        The place of the row that stands out.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: Collection[int] = ()
    best: int | None = None
