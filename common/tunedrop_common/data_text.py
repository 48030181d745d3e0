"""Text out of people's data (names, labels, values) inside messages and tables: one short line.

What is not printable is written as Python does, so that it can neither break a line, nor turn its
direction, nor be obeyed by a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 80


def escape(text: str, limit: int | None = None) -> str:
    r"""Return a text on one line, of at most `limit` characters.

    Example
    -------
    >>> escape("a\nname"), escape("a name of some length", 10)
    ('a\\nname', 'a name of…')
    """
    start = text if limit is None else text[: limit + 1]
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in start)
    return line if limit is None else shorten(line, limit)


def quote(value: object, limit: int = LONGEST) -> str:
    r"""Return a value as errors quote it: text in quotation marks, which end where it is cut, too.

    Example
    -------
    >>> quote("a\nname"), quote("it's"), quote(1.5), quote("a name of some length", 10)
    ("'a\\nname'", '"it\'s"', '1.5', "'a name of…'")
    """
    text = value if isinstance(value, str) else repr(value)
    if not isinstance(value, str) and len(text) <= limit:
        return text
    return repr(shorten(text, limit))


def quote_all(values: Iterable[object], most: int = 10) -> str:
    """Return the first values as errors quote them, and how many more there are.

    Example
    -------
    >>> quote_all(["a", "b", "c"], 2)
    "'a', 'b' and 1 more"
    """
    quoted = [quote(value) for value in values]
    more = f" and {len(quoted) - most:,} more" if len(quoted) > most else ""
    return ", ".join(quoted[:most]) + more


def quote_in_yaml(name: str) -> str:
    r"""Return a name as tuning.yaml takes every name: YAML has Python's escapes. A long one is cut.

    Example
    -------
    >>> quote_in_yaml("a: \u202ename")
    '"a: \\u202ename"'
    """
    inside = shorten(name, LONGEST).replace("\\", r"\\").replace('"', r"\"")
    return f'"{escape(inside)}"'


def suggest(written: str, options: Iterable[str], otherwise: str, cutoff: float = 0.6) -> str:
    """Return what to do about a word that is none of the options: write the nearest one.

    Example
    -------
    >>> suggest("targett", ["target", "task"], "Remove it."), suggest("x", ["y"], "Remove it.")
    ("Write 'target' instead.", 'Remove it.')
    """
    near = get_close_matches(written, [*options], 1, cutoff)
    return f"Write {quote(near[0])} instead." if near else otherwise


def shorten(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
