"""The terminal, or the file or pipe in its place: text, tables, and errors that end a command."""

from __future__ import annotations

from textwrap import TextWrapper

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tunedrop.aws_errors import code_of
from tunedrop_common.data_text import escape

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"})
# Programs read output without a terminal, so its lines are not broken.
_WIDTH = 1000


class CommandError(Exception):
    """Ends a command with exit status 1 and this message."""


class UsageError(CommandError):
    """The command line is wrong: exit status 2."""


def is_denied(error: Exception) -> bool:
    """Return whether AWS knows the caller and denies the call."""
    return isinstance(error, ClientError) and code_of(error) in _DENIED


def describe_aws_error(error: ClientError | BotoCoreError) -> str:
    """Return AWS's message, which says what to do except for missing permissions."""
    if is_denied(error):
        return (
            f"AWS denied this call: {error}. Ask the operator of this deployment for the "
            "permission; docs/cli.md lists the permissions of each command."
        )
    return f"The call to AWS failed: {error}"


def plain(text: str, style: str = "") -> Text:
    """Return text without markup, and without characters that move a terminal's cursor.

    Names in users' data may contain such characters.
    """
    visible = (c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
    return Text("".join(visible), style=style)


def cell(text: str, limit: int = 300) -> Text:
    """Return text for a table cell: one line of at most `limit` characters."""
    return Text(escape(text, limit))


def write(console: Console, text: str, style: str = "") -> None:
    """Write text, broken between words on a terminal.

    Users copy paths, URIs and names, so these are never broken.
    """
    if console.is_terminal:
        wrapper = TextWrapper(console.width, break_long_words=False, break_on_hyphens=False)
        text = "\n".join(wrapper.fill(line) for line in text.split("\n"))
    console.print(plain(text, style), soft_wrap=True)


def write_error(message: str) -> None:
    """Write a message to standard error."""
    write(make_console(stderr=True), message)


def make_console(*, stderr: bool = False) -> Console:
    """Return the console of standard output, or of standard error when output carries data."""
    console = Console(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH
    return console


def make_table(*headings: str, unbroken: tuple[int, ...] = (0,)) -> Table:
    """Return a table without lines; the columns at the indices `unbroken` are never broken."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for index, heading in enumerate(headings):
        table.add_column(heading, overflow="fold", no_wrap=index in unbroken)
    return table
