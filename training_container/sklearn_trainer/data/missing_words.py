"""The words that mean a missing value: some everywhere, others only among numbers and dates."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

MISSING = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null", "?",
)  # fmt: skip
"""What pandas takes for missing, and the question mark of the UCI repository."""

MARKS = (
    "-", "--", "---", "\u2212", "\u2013", "\u2014", ".", "..", "...", ":", "*", "n.a.", "na",
    "none", "nil", "null", "nan", "(null)", "\\n", "missing", "unknown", "not available", "(blank)",
    "#n/a", "#div/0!", "#ref!", "#value!", "#num!", "#name?",
)  # fmt: skip
"""In lower case: missing among numbers, dates and booleans; elsewhere they may be a category."""


def without_missing(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text with null for `MISSING`, also where there are spaces around it.

    Tables are often written with a space after the comma.
    """
    missing = pc.is_in(pc.utf8_trim_whitespace(column), value_set=pa.array(MISSING))
    return pc.if_else(missing, pa.scalar(None, column.type), column)


def without_marks(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return trimmed text with null for `MARKS`."""
    trimmed = pc.utf8_trim_whitespace(column)
    marks = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(MARKS))
    return pc.if_else(marks, pa.scalar(None, trimmed.type), trimmed)
