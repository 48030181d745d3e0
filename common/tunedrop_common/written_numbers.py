"""Numbers as people write them: with thousands apart, a currency, a percent sign, or in brackets.

`pattern` is what a number may look like, for Python's regular expressions and Arrow's alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

# Currencies, and the percent sign: one column has at most one of them.
SYMBOLS = ("$", "€", "£", "¥", "₹", "USD", "EUR", "GBP", "CHF", "%")

# The minus sign itself, and the dash that word processors make of a hyphen.
MINUSES = "\u2212\u2013"

_APOSTROPHES = "['\u2019]"
_SPACES = "[ \u00a0\u2009\u202f]"
_SYMBOL = "(?:[$€£¥₹]|USD|EUR|GBP|CHF)"


def pattern(decimal: str) -> str:
    """Return the regular expression of a number whose decimal sign this is."""
    point = re.escape(decimal)
    groups = "|".join(
        rf"[1-9]\d{{0,2}}(?:{separator}\d{{3}})+"
        for separator in ("," if decimal == "." else r"\.", _APOSTROPHES, _SPACES)
    )
    number = rf"(?:(?:{groups}|\d+)(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?"
    before = rf"(?:{_SYMBOL}{_SPACES}?)?"
    after = rf"(?:{_SPACES}?(?:{_SYMBOL}|%))?"
    signed = rf"(?:[+\-{MINUSES}]?{before}|{_SYMBOL}{_SPACES}?[+\-{MINUSES}]){number}{after}"
    return rf"(?:{signed}|\({before}{number}{after}\))"


def written_numbers(texts: Sequence[str], decimal: str) -> list[float] | None:
    """Return trimmed texts as numbers; None when one is none or their symbols differ."""
    known = _compiled(decimal)
    if not all(known.fullmatch(text) for text in texts):
        return None
    numbers = [_number(text, decimal) for text in texts]
    used = [{symbol for symbol in SYMBOLS if symbol in text} for text in texts]
    if len(set().union(*used)) > 1:
        return None
    percentages = sum("%" in symbols for symbols in used)
    return None if percentages not in (0, len(texts)) else numbers


@cache
def _compiled(decimal: str) -> re.Pattern[str]:
    return re.compile(pattern(decimal), re.ASCII)


def _number(text: str, decimal: str) -> float:
    for symbol in SYMBOLS:
        text = text.replace(symbol, "")
    below = text.startswith("(")
    digits = re.sub(f"[^0-9eE+{decimal}-]", "", re.sub(f"[{MINUSES}]", "-", text))
    number = float(digits.replace(decimal, "."))
    return -number if below else number
