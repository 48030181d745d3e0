"""Tables of text, which the page and the Markdown show alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

_Item = TypeVar("_Item")


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


def make_table(
    items: Iterable[_Item],
    *columns: tuple[str, Callable[[_Item], str]],
    numeric: Collection[int] = (),
    best: int | None = None,
) -> TextTable:
    """Return a table with a row for each item, of columns with a title and a cell's text."""
    rows = tuple(tuple(write(item) for _, write in columns) for item in items)
    return TextTable(tuple(title for title, _ in columns), rows, numeric, best)
