"""A table's columns by their values: kind, distinct values, identifiers. PlanRun decides by them.

The same rules for text tables and Parquet. Jobs and endpoints apply what was decided (`frames`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sklearn_trainer.data import values
from sklearn_trainer.data.frames import KIND_TEXT, read_values
from sklearn_trainer.data.words import without_marks, without_missing
from sklearn_trainer.schema import WORD_KINDS
from tunedrop_common.columns import MANY_CATEGORIES, STRAY_SHARE
from tunedrop_common.plan import Column, CsvDialect, Kind
from tunedrop_common.targets import GREATEST

# Fewer consecutive integers than this may well be a feature.
SHORTEST_IDENTIFIER = 20

# Digits with leading zeros are a code from this length on; 01 to 12 are months.
SHORTEST_CODE = 3

# Points in time within so short a time differ by minutes and seconds, or hardly at all.
SHORT_SPAN = timedelta(days=30)

# Where the pieces of a sample meet, a count jumps.
_MOST_GAPS = 20

# The first values mostly tell that a column is not of a kind.
_FIRST = 200

_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")
_DIGITS = r"^\d+$"
_UUID = r"(?i)^(\{?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\}?|[0-9a-f]{24,64})$"
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DATETIME = (
    r"(?i)^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    r"|\d{1,2}[-/]\d{1,2}[-/]\d{2}"
    rf"|\d{{1,2}}[- ]{_MONTH}[- ,]{{1,2}}(\d{{4}}|\d{{2}})|{_MONTH} \d{{1,2}},? \d{{4}}"
    rf"|\d{{4}} {_MONTH}|{_MONTH} \d{{4}}|\d{{4}}[-/](0[1-9]|1[0-2])"
    r"|\d{4}[- ]?Q[1-4]|Q[1-4][- ]?\d{4})"
    r"([T ]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([ap]m)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?$"
)


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


@dataclass(frozen=True)
class Table:
    """A table that was read to plan a run.

    `is_complete` says that the profiles rest on every row, `rows` how many there are, estimated
    otherwise; `parsing_decisions` how the text is read, where that is not plain.
    """

    columns: tuple[ColumnProfile, ...]
    rows: int
    is_complete: bool
    dialect: CsvDialect | None
    data: pa.Table
    parsing_decisions: tuple[str, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> ColumnProfile:
        """Return the profile of a column."""
        return next(column for column in self.columns if column.name == name)

    @property
    def decimal(self) -> str:
        """The decimal sign of numbers that are written as text."""
        return self.dialect.decimal if self.dialect else "."

    def with_rows(self, rows: values.Mask) -> Table:
        """Return the table of some rows, its columns profiled by these."""
        data = self.data.filter(pa.array(rows))
        columns = tuple(self._profile_again(profile, data) for profile in self.columns)
        return replace(self, data=data, columns=columns)

    def _profile_again(self, profile: ColumnProfile, data: pa.Table) -> ColumnProfile:
        name = profile.name
        again = profile_column(name, data.column(name), self.decimal, self.kinds.get(name))
        # A column that counts all rows does not count those that are left.
        again = replace(again, identifier=profile.identifier, missing_word=profile.missing_word)
        return as_index(again) if profile.index else again


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
    if kind is not None:
        return _profile_as(name, column, decimal, kind)
    if column.null_count == len(column):
        return ColumnProfile(name, None, 0, len(column))
    if values.is_moment(column.type):
        return _profile_datetimes(name, column, values.moments(column)[0])
    if pa.types.is_duration(column.type) or pa.types.is_time(column.type):
        return _count(name, "duration", pd.Series(values.floats(column)))
    if pa.types.is_boolean(column.type):
        return _count(name, "boolean", pd.Series(values.floats(column)))
    if values.is_number(column.type):
        return _profile_numbers(name, values.floats(column))
    return _profile_text(name, column, decimal)


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
    is_text_or_number = values.is_text(kind) or values.is_number(kind) or values.is_moment(kind)
    return "" if is_text_or_number or pa.types.is_null(kind) else f"holds {kind} values"


def are_codes(words: pa.ChunkedArray) -> bool:
    """Return whether digits are a code, such as a postal code: of one length, some from 0 on."""
    if not _all_match(words, _DIGITS):
        return False
    lengths = pc.min_max(pc.utf8_length(words)).as_py()
    starts_with_zero = pc.any(pc.starts_with(words, "0")).as_py()
    return bool(SHORTEST_CODE <= lengths["min"] == lengths["max"] and starts_with_zero)


def _profile_as(name: str, column: pa.ChunkedArray, decimal: str, kind: Kind) -> ColumnProfile:
    """Return the profile of a column whose kind tuning.yaml names."""
    if kind in WORD_KINDS:
        return replace(_profile_words(name, values.text(column)), kind=kind)
    day_first = kind == "datetime" and values.writes_day_first(column)
    planned = Column(name=name, kind=kind, role="feature", day_first=day_first)
    found, unparsable = read_values(column, planned, decimal)
    count = 0 if unparsable is None else int(unparsable.sum())
    if unparsable is not None and count > STRAY_SHARE * (len(column) - column.null_count):
        raise values.wrong_values(
            f"The column has values that cannot be read as {KIND_TEXT[kind]}",
            column,
            unparsable,
            name,
            expected=f"{KIND_TEXT[kind]}, as column_kinds in tuning.yaml says",
            to_do="Correct the column, or name another kind.",
        )
    if kind == "datetime":
        profile = _profile_datetimes(name, column, found)
    elif kind == "numeric":
        profile = _profile_numbers(name, found)
    else:
        profile = _count(name, kind, pd.Series(found))
    return replace(profile, unparsable=count)


def _profile_text(name: str, column: pa.ChunkedArray, decimal: str) -> ColumnProfile:
    """Return the profile of text: more than words where nearly all values are."""
    words = values.text(column)
    known = without_marks(without_missing(words))
    present = len(known) - known.null_count
    has_marks = known.null_count > words.null_count
    if present and not (has_marks and len(known.unique().drop_null()) < 2):
        typed = _profile_typed(name, known, decimal)
        if typed is not None:
            return typed
    return _profile_words(name, words)


def _profile_typed(name: str, known: pa.ChunkedArray, decimal: str) -> ColumnProfile | None:
    """Return the profile of booleans, numbers, dates or durations; None for words.

    Parameters
    ----------
    known
        Text without the words for missing values.
    """
    flags, others = values.flags_in(known)
    if not others.any():
        return _count(name, "boolean", pd.Series(flags))
    if _mostly(values.numbers_in(_first(known), decimal)[1]):
        numbers, unparsable = values.numbers_in(known, decimal)
        profile = _if_few(_profile_numbers(name, numbers), unparsable, known)
        if profile is not None:
            if profile.unparsable == 0 and are_codes(known):
                return replace(_profile_words(name, known), identifier=profile.identifier)
            return profile
    is_date = pc.match_substring_regex(_first(known), _DATETIME)
    if _mostly(~np.asarray(is_date.fill_null(True))):
        day_first = values.writes_day_first(known)
        index, unparsable = values.moments(known, day_first=day_first)
        dates = pc.match_substring_regex(known, _DATETIME).fill_null(True)
        unparsable |= ~np.asarray(dates)
        profile = _if_few(_profile_datetimes(name, known, index), unparsable, known)
        if profile is not None:
            return profile
    if values.are_clocks(known):
        return _count(name, "duration", pd.Series(values.clocks_in(known)[0]))
    return None


def _first(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.drop_null().slice(0, _FIRST)


def _mostly(misfits: values.Mask) -> bool:
    return bool(misfits.sum() <= len(misfits) / 2)


def _if_few(
    profile: ColumnProfile, unparsable: values.Mask, known: pa.ChunkedArray
) -> ColumnProfile | None:
    """Return the profile if values of another kind are few beside many; None otherwise."""
    count, present = int(unparsable.sum()), len(known) - known.null_count
    if not count:
        return profile
    if count > STRAY_SHARE * present or profile.distinct <= MANY_CATEGORIES:
        return None
    first = str(known[int(np.flatnonzero(unparsable)[0])].as_py())
    return replace(profile, identifier="", unparsable=count, first_unparsable=first)


def _profile_numbers(name: str, numbers: values.Floats) -> ColumnProfile:
    """Return the profile of numbers, shape (n_rows,); infinite ones count as missing ones do."""
    finite = numbers[np.isfinite(numbers)]
    profile = _count(name, "numeric", pd.Series(np.where(np.isfinite(numbers), numbers, np.nan)))
    if not len(finite):
        return profile
    if not (np.abs(finite) <= GREATEST).any():
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
    name: str, column: pa.ChunkedArray, index: pd.DatetimeIndex
) -> ColumnProfile:
    day_first = values.writes_day_first(column)
    return replace(
        _count(name, "datetime", pd.Series(index)),
        day_first=day_first,
        has_both_orders=day_first and values.writes_month_first(column),
        has_time_of_day=bool(index.max() - index.min() < SHORT_SPAN),
    )


def _profile_words(name: str, words: pa.ChunkedArray) -> ColumnProfile:
    """Return the profile of trimmed text: categories, free text, or identifiers."""
    profile = _count_words(name, words)
    if profile.present >= 2 and profile.distinct == profile.present and _all_match(words, _UUID):
        return replace(profile, kind="text", identifier="UUID-like strings")
    if profile.distinct > max(MANY_CATEGORIES, profile.present / 2):
        return replace(profile, kind="text")
    return profile


def _count_words(name: str, words: pa.ChunkedArray) -> ColumnProfile:
    counts = pc.value_counts(words.drop_null()).field("counts")
    return _counted(name, "categorical", len(words), np.asarray(counts))


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


def _all_match(words: pa.ChunkedArray, pattern: str) -> bool:
    """Return whether all words match; mostly, the first ones tell that they do not."""
    return all(
        pc.all(pc.match_substring_regex(part, pattern)).as_py() is not False
        for part in (_first(words), words)
    )
