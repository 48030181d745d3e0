"""Numbers as people write them: with thousands apart, a currency, a percent sign, or in brackets.

PlanRun's `number_text` reads the same ones; a test holds both together.
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

SYMBOLS = ("$", "€", "£", "¥", "₹", "USD", "EUR", "GBP", "CHF", "%")

MISSING_MARKS = (
    "-", "--", "---", ".", "..", "...", "*", "n.a.", "na", "none", "nil", "null", "nan", "(null)",
    "\\n", "missing", "unknown", "not available", "(blank)",
    "#n/a", "#div/0!", "#ref!", "#value!", "#num!", "#name?",
)  # fmt: skip
"""Words, in lower case, that mean a missing value among numbers or dates."""

_MINUS = "\u2212"
_APOSTROPHES = "['\u2019]"
_SPACES = "[ \u00a0\u2009\u202f]"
_SYMBOL = "(?:[$€£¥₹]|USD|EUR|GBP|CHF)"


def pattern(decimal: str) -> str:
    """Return the regular expression of a number whose decimal sign this is."""
    point = re.escape(decimal)
    groups = "|".join(
        rf"\d{{1,3}}(?:{separator}\d{{3}})+"
        for separator in ("," if decimal == "." else r"\.", _APOSTROPHES, _SPACES)
    )
    number = rf"(?:(?:{groups}|\d+)(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?"
    before = rf"(?:{_SYMBOL}{_SPACES}?)?"
    after = rf"(?:{_SPACES}?(?:{_SYMBOL}|%))?"
    signed = rf"(?:[+\-{_MINUS}]?{before}|{_SYMBOL}{_SPACES}?[+\-{_MINUS}]){number}{after}"
    return rf"(?:{signed}|\({before}{number}{after}\))"


def without_marks(trimmed: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return trimmed text with null for the words that mean a missing value."""
    marks = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(MISSING_MARKS))
    return pc.if_else(marks, pa.scalar(None, trimmed.type), trimmed)


def written_numbers(trimmed: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray | None:
    """Return trimmed text as numbers; None when one is none or their symbols differ."""
    if not pc.all(pc.match_substring_regex(trimmed, f"^{pattern(decimal)}$")).as_py():
        return None
    used = [symbol for symbol in SYMBOLS if _count(trimmed, symbol)]
    percentages = _count(trimmed, "%")
    if len(used) > 1 or percentages not in (0, len(trimmed) - trimmed.null_count):
        return None
    text = pc.replace_substring(trimmed, _MINUS, "-")
    for symbol in SYMBOLS:
        text = pc.replace_substring(text, symbol, "")
    text = pc.replace_substring_regex(text, r"^\((.*)\)$", r"-\1")
    text = pc.replace_substring_regex(text, f"[^0-9eE+{decimal}-]", "")
    text = pc.replace_substring(text, decimal, ".")
    return text.cast(pa.float64())


def _count(column: pa.ChunkedArray, symbol: str) -> int:
    return pc.sum(pc.match_substring(column, symbol)).as_py() or 0
