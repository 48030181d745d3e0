"""A table's columns by their values: kind, distinct values, identifiers. PlanRun decides by them.

The same rules for text tables and Parquet. Jobs and endpoints apply what was decided (`frames`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sklearn_trainer.data import values
from sklearn_trainer.data.frames import KIND_TEXT, read_values
from sklearn_trainer.data.text_parsing import (
    DATETIME,
    DAY_FIRST,
    DURATION,
    MONTH_FIRST,
    TextColumn,
    parse_booleans,
    parse_datetimes,
    parse_durations,
    parse_numbers,
)
from sklearn_trainer.schema import GREATEST_NUMBER, MANY_CATEGORIES, STRAY_SHARE, WORD_KINDS
from tunedrop_common.plan import Column, Kind

# Fewer consecutive integers than this may well be a feature.
SHORTEST_IDENTIFIER = 20

# Digits with leading zeros are a code from this length on; 01 to 12 are months.
SHORTEST_CODE = 3

# Points in time within so short a time differ by minutes and seconds, or hardly at all.
SHORT_SPAN = timedelta(days=30)

# Where the pieces of a sample meet, a count jumps.
_MOST_GAPS = 20

# The first values mostly tell that a column is not of a kind.
_FIRST_ROWS = 200

_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")
_DIGITS = r"^\d+$"
_UUID = r"(?i)^(\{?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\}?|[0-9a-f]{24,64})$"


@dataclass(frozen=True)
class ColumnProfile:
    """What the values show of a column.

    `kind` is None where there are no values. `integers` says that all numbers are whole;
    `identifier` why the column only counts or names the rows, "" if it doesn't. `rarest` and
    `second` are the numbers of rows of the rarest and of the second most frequent value. `index`
    says that the table's writer calls it its index; `unusable` why it can be no feature.
    """

    name: str
    kind: Kind | None
    present: int
    missing: int
    distinct: int = 0
    rarest: int = 0
    second: int = 0
    integers: bool = False
    minimum: float | None = None
    maximum: float | None = None
    identifier: str = ""
    index: bool = False
    unparsable: int = 0  # values among the numbers that are none
    first_unparsable: str = ""
    missing_word: str = ""  # the first word that counts as missing
    unusable: str = ""
    day_first: bool = False
    has_both_orders: bool = False  # dates with the day first and with the month first
    has_time_of_day: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no row has a value."""
        return self.present == 0 and not self.unusable

    @property
    def is_constant(self) -> bool:
        """Whether all rows have the same value; one value beside missing ones says something."""
        return self.distinct == 1 and self.missing == 0 and self.present > 1


def profile_column(
    name: str, column: pa.ChunkedArray, decimal: str = ".", kind: Kind | None = None
) -> ColumnProfile:
    """Return what a column's values show.

    Parameters
    ----------
    kind
        What tuning.yaml calls it; None: by its values.

    Raises
    ------
    DatasetError
        If values do not fit the kind of tuning.yaml.
    """
    reason = unusable_type(column.type)
    if reason:
        return ColumnProfile(name, None, len(column), 0, unusable=reason)
    if kind is None and column.null_count == len(column):
        return ColumnProfile(name, None, 0, len(column))
    kind = kind or _kind_of_type(column.type)
    if kind is not None:
        return _profile_as(name, column, decimal, kind)
    return _profile_text(name, TextColumn.of(column), decimal)


def _kind_of_type(type_: pa.DataType) -> Kind | None:
    """Return the kind of typed values; None for text, whose values tell it."""
    if values.is_datetime(type_):
        return "datetime"
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_duration(type_) or pa.types.is_time(type_):
        return "duration"
    return "numeric" if values.is_number(type_) else None


def as_index(profile: ColumnProfile) -> ColumnProfile:
    """Return the profile of a column that the table's writer calls its index."""
    if _UNNAMED_INDEX.fullmatch(profile.name):
        return replace(profile, index=True, unusable="is the index of a pandas table")
    if not profile.name:  # the first field of each line, as R writes it
        return replace(profile, index=True, identifier="the names of the rows")
    return replace(profile, index=True)


def unusable_type(kind: pa.DataType) -> str:
    """Return why no column of this type is used; "" where one can be."""
    if pa.types.is_dictionary(kind):
        return unusable_type(kind.value_type)
    if pa.types.is_nested(kind):
        return f"holds {str(kind).partition('<')[0]} values"
    is_text_or_number = values.is_text(kind) or values.is_number(kind) or values.is_datetime(kind)
    return "" if is_text_or_number or pa.types.is_null(kind) else f"holds {kind} values"


def are_codes(text: TextColumn) -> bool:
    """Return whether digits are a code, such as a postal code: of one length, some from 0 on."""
    if not text.all_match(_DIGITS):
        return False
    lengths = pc.min_max(pc.utf8_length(text.words)).as_py()
    starts_with_zero = pc.any(pc.starts_with(text.words, "0")).as_py()
    return bool(SHORTEST_CODE <= lengths["min"] == lengths["max"] and starts_with_zero)


def _profile_as(name: str, column: pa.ChunkedArray, decimal: str, kind: Kind) -> ColumnProfile:
    """Return the profile of a column whose kind tuning.yaml names, or its type."""
    if kind in WORD_KINDS:
        return replace(_profile_words(name, TextColumn.of(column)), kind=kind)
    text = TextColumn.of(column) if values.is_text(column.type) else None
    day_first = kind == "datetime" and text is not None and text.any_match(DAY_FIRST)
    planned = Column(name=name, kind=kind, role="feature", day_first=day_first)
    parsed, unparsable = read_values(column, planned, decimal)
    count = values.check_misfits(
        f"The column has values that cannot be read as {KIND_TEXT[kind]}",
        column,
        unparsable,
        name,
        expected=f"{KIND_TEXT[kind]}, as column_kinds in tuning.yaml says",
        to_do="Correct the column, or name another kind.",
    )
    if kind == "datetime":
        profile = _profile_datetimes(name, parsed, text)
    elif kind == "numeric":
        profile = _profile_numbers(name, parsed)
    else:
        profile = _count(name, kind, pd.Series(parsed))
    return replace(profile, unparsable=count)


def _profile_text(name: str, text: TextColumn, decimal: str) -> ColumnProfile:
    """Return the profile of text: more than words where nearly all values are."""
    present = text.without_missing()
    has_marks = len(present.counts) < len(text.counts)
    if len(present.counts) >= (2 if has_marks else 1):
        typed = _profile_typed(name, present, decimal)
        if typed is not None:
            return typed
    return _profile_words(name, text)


def _profile_typed(name: str, text: TextColumn, decimal: str) -> ColumnProfile | None:
    """Return the profile of booleans, numbers, dates or durations; None for words.

    Parameters
    ----------
    text
        Text without the words for missing values.
    """
    booleans, is_wrong = parse_booleans(text)
    if not is_wrong.any():
        return _count(name, "boolean", pd.Series(booleans))
    head = text.head(_FIRST_ROWS)
    if _mostly(parse_numbers(head, decimal)[1]):
        numbers, unparsable = parse_numbers(text, decimal)
        profile = _if_few(_profile_numbers(name, numbers), unparsable, text)
        if profile is not None:
            if profile.unparsable == 0 and are_codes(text):
                return replace(_profile_words(name, text), identifier=profile.identifier)
            return profile
    if _mostly(~head.match(DATETIME)):
        index, unparsable = parse_datetimes(text, day_first=text.any_match(DAY_FIRST))
        unparsable |= ~text.match(DATETIME)
        profile = _if_few(_profile_datetimes(name, index, text), unparsable, text)
        if profile is not None:
            return profile
    if text.all_match(DURATION):
        return _count(name, "duration", pd.Series(parse_durations(text)[0]))
    return None


def _mostly(misfits: values.Mask) -> bool:
    return bool(misfits.sum() <= len(misfits) / 2)


def _if_few(
    profile: ColumnProfile, unparsable: values.Mask, text: TextColumn
) -> ColumnProfile | None:
    """Return the profile if values of another kind are few beside many; None otherwise."""
    count = int(unparsable.sum())
    if not count:
        return profile
    if count > STRAY_SHARE * text.is_present.sum() or profile.distinct <= MANY_CATEGORIES:
        return None
    first = text.words[int(text.rows[np.argmax(unparsable)])].as_py()
    return replace(profile, identifier="", unparsable=count, first_unparsable=first)


def _profile_numbers(name: str, numbers: values.Floats) -> ColumnProfile:
    """Return the profile of numbers, shape (n_rows,); infinite ones count as missing ones do."""
    finite = numbers[np.isfinite(numbers)]
    profile = _count(name, "numeric", pd.Series(np.where(np.isfinite(numbers), numbers, np.nan)))
    if not len(finite):
        return profile
    if not (np.abs(finite) <= GREATEST_NUMBER).any():
        return replace(profile, unusable="has no number that a model can compute with")
    integers = bool((finite == np.floor(finite)).all())
    counts_rows = integers and profile.missing == 0 and _counts(finite, profile.distinct)
    return replace(
        profile,
        integers=integers,
        minimum=float(finite.min()),
        maximum=float(finite.max()),
        identifier="consecutive integers" if counts_rows else "",
    )


def _counts(numbers: values.Floats, distinct: int) -> bool:
    """Return whether integers only count the rows, in their order or shuffled."""
    if len(numbers) < SHORTEST_IDENTIFIER or distinct < len(numbers):
        return False
    if numbers.max() - numbers.min() == len(numbers) - 1:
        return True
    # A sample has gaps between its pieces, but its pieces count by one.
    steps = int((np.diff(numbers) == 1).sum())
    return steps >= len(numbers) - 1 - _MOST_GAPS and steps >= SHORTEST_IDENTIFIER


def _profile_datetimes(
    name: str, index: pd.DatetimeIndex, text: TextColumn | None = None
) -> ColumnProfile:
    day_first = text is not None and text.any_match(DAY_FIRST)
    return replace(
        _count(name, "datetime", pd.Series(index)),
        day_first=day_first,
        has_both_orders=day_first and text is not None and text.any_match(MONTH_FIRST),
        has_time_of_day=bool(index.max() - index.min() < SHORT_SPAN),
    )


def _profile_words(name: str, text: TextColumn) -> ColumnProfile:
    """Return the profile of text: categories, free text, or identifiers."""
    profile = _counted(name, "categorical", len(text.rows), text.counts)
    if profile.present >= 2 and profile.distinct == profile.present and text.all_match(_UUID):
        return replace(profile, kind="text", identifier="UUID-like strings")
    if profile.distinct > max(MANY_CATEGORIES, profile.present / 2):
        return replace(profile, kind="text")
    return profile


def _count(name: str, kind: Kind, column: pd.Series) -> ColumnProfile:
    counts = column.value_counts(sort=False).to_numpy()
    return _counted(name, kind, len(column), counts)


def _counted(name: str, kind: Kind, rows: int, counts: npt.NDArray[Any]) -> ColumnProfile:
    """Return the profile of a column of which each distinct value has so many rows."""
    present = int(counts.sum())
    if not present:
        return ColumnProfile(name, None, 0, rows)
    top = np.partition(counts, -2)[-2] if len(counts) > 1 else 0
    return ColumnProfile(
        name,
        kind,
        present,
        rows - present,
        len(counts),
        rarest=int(counts.min()),
        second=int(top),
    )
