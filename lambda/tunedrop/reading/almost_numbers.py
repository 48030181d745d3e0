"""Text that people would call numbers: with a unit, a sign behind, another decimal sign.

It is learnt from as text; a warning says what to write instead. `number_text` has what is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ALMOST = re.compile(
    r"['\u2019\u200e\u200f]?[<>~≈=]{0,2} ?[+-]?[$€£¥₹]? ?"
    r"(\d+([.,]\d+)?|\d{1,3}([,.' ]\d{2,3})+([.,]\d+)?)"
    r"(?P<unit> ?([^\W\d_]{1,5}[²³]?|[%°‰$€£¥₹]|-)?)"
)
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
_SHARE = 0.9
_MOST_UNITS = 3
_LOOKED_AT = 1_000


def example_of_almost_numbers(texts: Sequence[str]) -> str:
    """Return how one is written that is no plain number, if nearly all look like numbers.

    It is no value of the data: its digits are 9. "" when they do not look like numbers.
    """
    looked_at = texts[:_LOOKED_AT]
    found = [match for text in looked_at if (match := _ALMOST.fullmatch(text))]
    units = {match["unit"] for match in found}
    if len(found) < _SHARE * len(looked_at) or len(units) > _MOST_UNITS:
        return ""
    odd = (match[0] for match in found if not _PLAIN.fullmatch(match[0]))
    return re.sub(r"\d", "9", next(odd, ""))
