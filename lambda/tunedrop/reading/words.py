"""Which words are numbers, which only look like some, and which words look the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from tunedrop_common.missing_words import MISSING, MISSING_MARKS
from tunedrop_common.written_numbers import pattern

# A number in digits alone, with either decimal sign; and in any way that people write one.
PLAIN_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
WRITTEN_NUMBER = re.compile(f"{PLAIN_NUMBER.pattern}|{pattern('.')}|{pattern(',')}", re.ASCII)

_ALMOST_NUMBER = re.compile(
    r"['\u2019\u200e\u200f]?[<>~≈=]{0,2} ?[+-]?[$€£¥₹]? ?"
    r"(\d+([.,]\d+)?|\d{1,3}([,.' ]\d{2,3})+([.,]\d+)?)"
    r"(?P<unit> ?([^\W\d_]{1,5}[²³]?|[%°‰$€£¥₹]|-)?)"
)
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
_SHARE = 0.9
_MOST_UNITS = 3
_LOOKED_AT = 1_000


def are_numbers(values: Sequence[str]) -> bool:
    """Tell whether values are numbers or missing, and not all of them missing."""
    texts = [value.strip() for value in values]
    return all(map(is_number, texts)) and any(map(WRITTEN_NUMBER.fullmatch, texts))


def is_number(text: str) -> bool:
    """Tell whether a value is a number, or missing."""
    return (
        text in MISSING
        or text.lower() in MISSING_MARKS
        or WRITTEN_NUMBER.fullmatch(text) is not None
    )


def plain_form(word: str) -> str:
    """Return what words have in common that look alike: café is four characters, or five."""
    composed = unicodedata.normalize("NFKC", word).casefold()
    shown = "".join(each for each in composed if unicodedata.category(each) != "Cf")
    return " ".join(shown.split())


def example_of_almost_numbers(texts: Sequence[str]) -> str:
    """Return how one is written that is no plain number, if nearly all look like numbers.

    Such are numbers with a unit, a sign behind or another decimal sign. It is no value of the data:
    its digits are 9. "" when they do not look like numbers.
    """
    looked_at = texts[:_LOOKED_AT]
    found = [match for text in looked_at if (match := _ALMOST_NUMBER.fullmatch(text))]
    units = {match["unit"] for match in found}
    if len(found) < _SHARE * len(looked_at) or len(units) > _MOST_UNITS:
        return ""
    odd = (match[0] for match in found if not _PLAIN.fullmatch(match[0]))
    return re.sub(r"\d", "9", next(odd, ""))
