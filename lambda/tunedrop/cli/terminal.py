"""The terminal, or the file or pipe that takes its place."""

from __future__ import annotations

import textwrap

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tunedrop_common.data_text import escape

# Where no terminal has a width, nothing is broken into lines: programs read them.
_WIDTH = 1000


def harmless(text: str) -> str:
    """Return text without what moves a terminal's cursor: names in people's data may hold it."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def plain(text: str, style: str = "") -> Text:
    """Return text to be shown as it is: no markup, nothing that a terminal obeys."""
    return Text(harmless(text), style=style)


def cell(text: str, limit: int = 300) -> Text:
    """Return text for a cell of a table: one line, and not a long one."""
    return Text(escape(text, limit))


def write(console: Console, text: str, style: str = "") -> None:
    """Write text, broken between words on a terminal.

    A path, a URI or a name longer than a line stays in one piece: people copy it.
    """
    if console.is_terminal:
        text = "\n".join(
            textwrap.fill(
                line,
                console.width,
                subsequent_indent=" " * (len(line) - len(line.lstrip())),
                break_long_words=False,
                break_on_hyphens=False,
            )
            for line in text.split("\n")
        )
    console.print(plain(text, style), soft_wrap=True)


def complain(message: str) -> None:
    """Write a message to standard error."""
    write(make_console(stderr=True), message)


def make_console(*, stderr: bool = False) -> Console:
    """Return the console of standard output, or of standard error when that carries data."""
    console = Console(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH
    return console


def make_table(*headings: str, whole: tuple[int, ...] = (0,)) -> Table:
    """Return a table without lines; the columns at the places `whole` are never broken."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for place, heading in enumerate(headings):
        table.add_column(heading, overflow="fold", no_wrap=place in whole)
    return table
