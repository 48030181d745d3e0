"""The words that mean a missing value: some everywhere, others only among numbers and dates."""

from __future__ import annotations

# What pandas reads as missing, and the question mark of the UCI repository.
MISSING = frozenset({
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null", "?",
})  # fmt: skip

# In lower case: missing among numbers, dates and booleans; elsewhere they may be a category.
MISSING_MARKS = frozenset({
    "-", "--", "---", "\u2212", "\u2013", "\u2014", ".", "..", "...", ":", "*", "n.a.", "na",
    "none", "nil", "null", "nan", "(null)", "\\n", "missing", "unknown", "not available", "(blank)",
    "#n/a", "#div/0!", "#ref!", "#value!", "#num!", "#name?",
})  # fmt: skip
