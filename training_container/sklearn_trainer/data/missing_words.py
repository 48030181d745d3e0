"""Takes the words that mean a missing value out of a column of text."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tunedrop_common.missing_words import MISSING, MISSING_MARKS


def without_missing(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text with null for `MISSING`, also where there are spaces around it.

    Tables are often written with a space after the comma.
    """
    missing = pc.is_in(pc.utf8_trim_whitespace(column), value_set=pa.array(list(MISSING)))
    return pc.if_else(missing, pa.scalar(None, column.type), column)


def without_marks(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return trimmed text with null for `MISSING_MARKS`."""
    trimmed = pc.utf8_trim_whitespace(column)
    marks = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(list(MISSING_MARKS)))
    return pc.if_else(marks, pa.scalar(None, trimmed.type), trimmed)
