"""Finds missing values and numbers, as people write them, in a column of text."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from tunedrop_common.missing_words import MISSING, MISSING_MARKS
from tunedrop_common.written_numbers import MINUSES, SYMBOLS, pattern


def without_missing(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text with null for `MISSING`, also where there are spaces around it.

    Tables are often written with a space after the comma. The words of a dictionary are trimmed.
    """
    if pa.types.is_dictionary(column.type):
        return _with_words(column, lambda words: pc.utf8_trim_whitespace(without_missing(words)))
    missing = pc.is_in(pc.utf8_trim_whitespace(column), value_set=pa.array(list(MISSING)))
    return pc.if_else(missing, pa.scalar(None, column.type), column)


def trimmed_words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a dictionary of trimmed words, null for empty ones."""

    def trimmed(words: pa.Array) -> pa.Array:
        words = pc.utf8_trim_whitespace(words)
        return pc.if_else(pc.equal(words, ""), pa.scalar(None, words.type), words)

    return _with_words(column, trimmed)


def _with_words(column: pa.ChunkedArray, change: Callable[[pa.Array], pa.Array]) -> pa.ChunkedArray:
    """Return a dictionary whose words are changed, each once."""
    joined = column.combine_chunks()
    words = change(joined.dictionary).dictionary_encode()
    indices = words.indices.take(joined.indices)
    return pa.chunked_array([pa.DictionaryArray.from_arrays(indices, words.dictionary)])


def without_marks(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return trimmed text with null for `MISSING_MARKS`."""
    trimmed = pc.utf8_trim_whitespace(column)
    marks = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(list(MISSING_MARKS)))
    return pc.if_else(marks, pa.scalar(None, trimmed.type), trimmed)


def numbers_in_text(known: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray | None:
    """Return trimmed text as float64, in whatever way the numbers are written; None if one is none.

    Parameters
    ----------
    known
        Text without the words for missing values.
    """
    if decimal != ".":  # a point sets thousands apart, unless it cannot
        written = written_numbers(known, decimal)
        if written is not None:
            return written
        known = pc.replace_substring(known, decimal, ".")
    try:
        return known.cast(pa.float64())
    except pa.ArrowInvalid:
        return written_numbers(known, ".") if decimal == "." else None


def numbers_among_words(trimmed: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray:
    """Return the numbers among trimmed words, null for the others; all null if symbols differ."""
    fitting = pc.match_substring_regex(trimmed, f"^{pattern(decimal)}$")
    numbers = written_numbers(pc.if_else(fitting, trimmed, pa.scalar(None, trimmed.type)), decimal)
    if numbers is None:
        return pa.chunked_array([pa.nulls(len(trimmed), pa.float64())])
    return numbers


def written_numbers(trimmed: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray | None:
    """Return trimmed text as numbers; None when one is none or their symbols differ."""
    if not pc.all(pc.match_substring_regex(trimmed, f"^{pattern(decimal)}$")).as_py():
        return None
    used = [symbol for symbol in SYMBOLS if _count(trimmed, symbol)]
    percentages = _count(trimmed, "%")
    if len(used) > 1 or percentages not in (0, len(trimmed) - trimmed.null_count):
        return None
    text = pc.replace_substring_regex(trimmed, f"[{MINUSES}]", "-")
    for symbol in SYMBOLS:
        text = pc.replace_substring(text, symbol, "")
    text = pc.replace_substring_regex(text, r"^\((.*)\)$", r"-\1")
    text = pc.replace_substring_regex(text, f"[^0-9eE+{decimal}-]", "")
    text = pc.replace_substring(text, decimal, ".")
    return text.cast(pa.float64())


def _count(column: pa.ChunkedArray, symbol: str) -> int:
    return pc.sum(pc.match_substring(column, symbol)).as_py() or 0
