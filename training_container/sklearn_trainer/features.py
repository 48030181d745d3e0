"""Decides what each column really is, by all of its values, and makes the table that fit() gets.

The plan's kinds come from samples. Where the whole column disagrees, the feature widens (number to
category or text) with a note; columns that carry nothing are left out, and that is said too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sklearn_trainer import values
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.notes import Notes
from sklearn_trainer.plan import Column

Kind = Literal["number", "flag", "category", "text", "moment"]

MANY_CATEGORIES = 30
"""More distinct words than this are not one column each."""

STRAY_SHARE = 0.05
"""Of a column of numbers, at most this share of other words becomes missing values."""

_MOMENT_PARTS = ("month", "day_of_week", "hour")


@dataclass(frozen=True)
class Feature:
    """A column that fit() gets; `parts` and `day_first` are about the times of a calendar."""

    name: str
    kind: Kind
    distinct: int = 0
    parts: tuple[str, ...] = ()
    day_first: bool = False


@dataclass(frozen=True)
class Schema:
    """The features of a run, decided once on the training data, then applied to any part."""

    features: tuple[Feature, ...]
    decimal: str = "."

    @property
    def numbers(self) -> list[str]:
        """Columns of the frame that are numbers."""
        return [name for each in self.features for name in _number_names(each)]

    @property
    def few(self) -> list[Feature]:
        """Categories that can be one column each."""
        return [f for f in self.features if f.kind == "category" and f.distinct <= MANY_CATEGORIES]

    @property
    def many(self) -> list[Feature]:
        """Categories with too many members for that."""
        return [f for f in self.features if f.kind == "category" and f.distinct > MANY_CATEGORIES]

    @property
    def texts(self) -> list[str]:
        """Columns of free text."""
        return [each.name for each in self.features if each.kind == "text"]

    def frame(self, table: pa.Table, notes: Notes) -> pd.DataFrame:
        """Return the features of a table: numbers as one float64 block, words as pandas' str."""
        numbers = self.numbers
        block = np.empty((len(table), len(numbers)), dtype=np.float64, order="F")
        column = 0
        for feature in self.features:
            for array in self._number_arrays(feature, table, notes):
                block[:, column] = array
                column += 1
        frame = pd.DataFrame(block, columns=pd.Index(numbers, dtype="str"), copy=False)
        words = {
            each.name: values.strings(table.column(each.name)).to_numpy()
            for each in self.features
            if each.kind in ("category", "text")
        }
        if not words:
            return frame
        return pd.concat([frame, pd.DataFrame(words, dtype="str", index=frame.index)], axis=1)

    def _number_arrays(
        self, feature: Feature, table: pa.Table, notes: Notes
    ) -> Iterable[values.Floats]:
        column = table.column(feature.name)
        if feature.kind == "number":
            plain = values.is_number(column.type)
            numbers = values.floats(column) if plain else self._read(column)[0]
            yield _finite(numbers, feature.name, notes)
        elif feature.kind == "flag":
            plain = values.is_number(column.type)
            yield values.floats(column) if plain else values.flags_in(column)[0]
        elif feature.kind == "moment":
            index, _ = values.moments(column, day_first=feature.day_first)
            yield _seconds(index)
            for part in feature.parts:
                yield np.asarray(getattr(index, part), dtype=np.float64)

    def _read(self, column: pa.ChunkedArray) -> tuple[values.Floats, values.Mask]:
        return values.numbers_in(column, self.decimal)


def decide(
    table: pa.Table, columns: Iterable[Column], notes: Notes, *, decimal: str = "."
) -> Schema:
    """Decide each feature's kind by its values in the training data."""
    found = [
        feature
        for column in columns
        if column.role == "feature"
        and (feature := _decide_one(table.column(column.name), column, notes, decimal))
    ]
    if not found:
        raise DatasetError(
            "No column is left to learn from",
            expected="a column besides the target that has values and is not constant",
            to_do="Add a feature to the data, or take columns out of the ignored ones.",
        )
    return Schema(tuple(found), decimal)


def _decide_one(
    column: pa.ChunkedArray, planned: Column, notes: Notes, decimal: str
) -> Feature | None:
    name = planned.name
    if column.null_count == len(column):
        notes.add(f"Column {name!r} is empty in every row and was left out.")
        return None
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        notes.add(f"Column {name!r} holds {column.type} values and was left out.")
        return None
    if column.null_count == 0 and pc.count_distinct(column).as_py() == 1:
        notes.add(f"Column {name!r} has the same value in every row and was left out.")
        return None
    if values.is_moment(column.type):
        return _moment(name, values.moments(column)[0])
    if values.is_number(column.type):
        if planned.kind in ("categorical", "text") and not pa.types.is_boolean(column.type):
            return _words(name, column)
        return _number(name, column, notes)
    if planned.kind == "boolean":
        return _flag(name, column, decimal)
    if planned.kind == "datetime":
        return _planned_moment(name, column, notes)
    if planned.kind in ("numeric", "constant", "empty"):
        return _planned_number(planned, column, notes, decimal)
    return _words(name, column)


def _number(name: str, column: pa.ChunkedArray, notes: Notes) -> Feature | None:
    numbers = values.floats(column)
    if not np.isfinite(numbers).any():
        notes.add(f"Column {name!r} has no finite number in any row and was left out.")
        return None
    return Feature(name, "number")


def _flag(name: str, column: pa.ChunkedArray, decimal: str) -> Feature:
    if not values.flags_in(column)[1].any():
        return Feature(name, "flag")
    if not values.numbers_in(column, decimal)[1].any():
        return Feature(name, "number")
    return _words(name, column)


def _planned_number(
    planned: Column, column: pa.ChunkedArray, notes: Notes, decimal: str
) -> Feature | None:
    name = planned.name
    numbers, strays = values.numbers_in(column, decimal)
    count, present = int(strays.sum()), len(column) - column.null_count
    if count == 0:
        return Feature(name, "number")
    read = numbers[~np.isnan(numbers)]
    if count <= STRAY_SHARE * present and len(np.unique(read)) > MANY_CATEGORIES:
        notes.add(
            f"Column {name!r} has {count} values that are not numbers, of {present}: they count "
            "as missing."
        )
        return Feature(name, "number")
    feature = _words(name, column)
    if planned.kind == "numeric":
        notes.add(
            f"Column {name!r} looked numeric in the samples, but {count} of its {present} values "
            f"are not numbers: it is used as {_called(feature)}."
        )
    return feature


def _planned_moment(name: str, column: pa.ChunkedArray, notes: Notes) -> Feature:
    day_first = values.writes_day_first(column)
    index, strays = values.moments(column, day_first=day_first)
    if not strays.any():
        return replace(_moment(name, index), day_first=day_first)
    feature = _words(name, column)
    notes.add(
        f"Column {name!r} looked like dates in the samples, but {int(strays.sum())} of its values "
        f"are not: it is used as {_called(feature)}."
    )
    return feature


def _moment(name: str, index: pd.DatetimeIndex) -> Feature:
    known = index.dropna()
    parts = tuple(part for part in _MOMENT_PARTS if len(np.unique(getattr(known, part))) > 1)
    return Feature(name, "moment", parts=parts)


def _words(name: str, column: pa.ChunkedArray) -> Feature:
    words = values.text(column)
    present = len(words) - words.null_count
    distinct = pc.count_distinct(words, mode="only_valid").as_py()
    is_text = distinct > MANY_CATEGORIES and distinct > present / 2
    return Feature(name, "text" if is_text else "category", distinct)


def _called(feature: Feature) -> str:
    return "free text" if feature.kind == "text" else f"{feature.distinct} categories"


def _number_names(feature: Feature) -> list[str]:
    if feature.kind in ("number", "flag"):
        return [feature.name]
    if feature.kind == "moment":
        return [feature.name, *(f"{feature.name} ({part})" for part in feature.parts)]
    return []


def _seconds(index: pd.DatetimeIndex) -> values.Floats:
    epoch = pd.Timestamp("1970-01-01", tz="UTC")
    return np.asarray((index - epoch).total_seconds(), dtype=np.float64)


def _finite(numbers: values.Floats, name: str, notes: Notes) -> values.Floats:
    infinite = np.isinf(numbers)
    if not infinite.any():
        return numbers
    notes.add(f"Column {name!r} has {int(infinite.sum())} infinite values: they count as missing.")
    return np.where(infinite, np.nan, numbers)
