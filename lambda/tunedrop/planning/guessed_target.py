"""Why a last column is not taken for the target unless `tuning.yaml` says so.

What may well be learnt from when a person asks for it is not guessed into money.
"""

from __future__ import annotations

import re

from tunedrop.reading.columns import ColumnProfile
from tunedrop.reading.csv_start import is_number

MOST_GUESSED_CLASSES = 100
"""Gradient boosting fits a tree for each class and iteration: more of them take hours a job."""

# Integers with at most so many distinct values are classes, with more a quantity.
MOST_INTEGER_CLASSES = 20

_NO_NAME = re.compile(r"(\.\d+)?")
_IDENTIFIER = re.compile(r"(.*[\W_])?(?i:ids?|uuid|guid)|.*[a-z0-9](ID|Id)", re.S)
_YEAR = re.compile(r"(.*[\W_])?(?i:year|yr)|.*[a-z](Year|Yr)", re.S)
_DATE = re.compile(r"(.*[\W_])?(?i:date|datetime|timestamp)|.*[a-z](Date|DateTime|Timestamp)", re.S)
_FIRST_YEAR, _LAST_YEAR = 1500, 2200
_CLOCK = re.compile(r"(-?\d+ days? )?[+-]?\d{1,3}:[0-5]\d(:[0-5]\d(\.\d+)?)?", re.A)


def has_no_name(column: ColumnProfile) -> bool:
    """Tell whether the header says nothing about a column."""
    return _NO_NAME.fullmatch(column.name) is not None


def why_not_guessed(column: ColumnProfile) -> str:
    """Say why a column is no target that may be guessed; "" when it is one."""
    if has_no_name(column):
        return "has no name"
    if column.kind == "text":
        return "holds times" if _CLOCK.fullmatch(column.example) else "is free text"
    if column.distinct > MOST_INTEGER_CLASSES and _IDENTIFIER.fullmatch(column.name):
        return f"has the name of an identifier and {column.distinct} distinct values"
    if _holds_years(column):
        return "holds years"
    if column.integers and column.distinct > MOST_INTEGER_CLASSES and _DATE.fullmatch(column.name):
        return "holds dates or times, by its name"
    if column.kind == "categorical" and column.distinct > MOST_GUESSED_CLASSES:
        return f"has {column.distinct} distinct words (up to {MOST_GUESSED_CLASSES} are guessed)"
    return ""


def _holds_years(column: ColumnProfile) -> bool:
    if column.minimum is None or column.maximum is None or not column.integers:
        return False
    is_called_so = _YEAR.fullmatch(column.name) is not None
    return is_called_so and _FIRST_YEAR <= column.minimum <= column.maximum <= _LAST_YEAR


def words_among_numbers(column: ColumnProfile) -> list[str]:
    """Return the words of a column whose other values are mostly numbers, too many for classes."""
    labels = {label for label in column.labels if isinstance(label, str)}
    words = {label for label in labels if not is_number(label)}
    numbers = len(labels) - len(words)
    return sorted(words) if numbers > max(MOST_INTEGER_CLASSES, len(words)) else []
