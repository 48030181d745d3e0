"""The features of a run, and the table of them that fit() gets, as any part of the data has it.

`column_kinds` decides once, on the training data, what each column is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sklearn_trainer.data import values
from sklearn_trainer.notes import Notes, count_as_missing, counted
from tunedrop_common.columns import MANY_CATEGORIES
from tunedrop_common.data_text import quote
from tunedrop_common.targets import GREATEST

NUMBERS = ("number", "flag", "clock")
WORDS = ("category", "text")

VERY_MANY_CATEGORIES = 250
"""More than this, and what the words are made of tells more than which of them it is."""


@dataclass(frozen=True)
class Feature:
    """A column that fit() gets.

    Parameters
    ----------
    kind
        number, flag, clock (a time of day or a length of time, in seconds), moment (a point in
        time), category or text.
    distinct
        Of words: how many there are in the training data.
    day_first, exact
        Of moments: how 01/02/2026 is read, and whether minutes and seconds mean something.
    strays
        Of numbers and moments: whether other words among them count as missing values.
    """

    name: str
    kind: str
    distinct: int = 0
    day_first: bool = False
    exact: bool = False
    strays: bool = False


@dataclass(frozen=True)
class Schema:
    """The features of a run, decided once on the training data, then applied to any part."""

    features: tuple[Feature, ...]
    decimal: str = "."

    @property
    def numbers(self) -> list[str]:
        """Columns of the frame that are numbers."""
        return [each.name for each in self.features if each.kind in NUMBERS]

    @property
    def few(self) -> list[Feature]:
        """Categories that can be one column each."""
        return [f for f in self.features if f.kind == "category" and f.distinct <= MANY_CATEGORIES]

    @property
    def many(self) -> list[Feature]:
        """Categories with too many members for that."""
        return [f for f in self.features if f.kind == "category" and f.distinct > MANY_CATEGORIES]

    @property
    def texts(self) -> list[Feature]:
        """Columns whose words are looked into: free text, and categories with very many members."""
        return [
            each
            for each in self.features
            if each.kind == "text"
            or (each.kind == "category" and each.distinct > VERY_MANY_CATEGORIES)
        ]

    @property
    def moments(self) -> list[Feature]:
        """Columns of points in time."""
        return [each for each in self.features if each.kind == "moment"]

    def frame(self, table: pa.Table, notes: Notes) -> pd.DataFrame:
        """Return the features of a table: float64, then moments, then words as str.

        Numbers are not copied: the frame looks at the memory of the table's columns.
        """
        columns: dict[str, Any] = {}
        for kinds in (NUMBERS, ("moment",), WORDS):
            for each in self.features:
                if each.kind in kinds:
                    columns[each.name] = self._values(each, table.column(each.name), notes)
        return pd.DataFrame(
            columns, index=range(len(table)), columns=pd.Index(columns, dtype="str"), copy=False
        )

    def _values(self, feature: Feature, column: pa.ChunkedArray, notes: Notes) -> Any:
        if feature.kind in NUMBERS:
            return self._numbers(feature, column, notes)
        if feature.kind == "moment":
            return values.moments(column, day_first=feature.day_first)[0]
        return values.strings(column).array

    def _numbers(self, feature: Feature, column: pa.ChunkedArray, notes: Notes) -> values.Floats:
        if values.is_number(column.type):
            numbers = values.floats(column)
        elif feature.kind == "flag":
            numbers = values.flags_in(column)[0]
        elif feature.kind == "clock":
            numbers = values.clocks_in(column)[0]
        else:
            numbers = values.numbers_in(column, self.decimal)[0]
        return _finite(numbers, feature.name, notes)


def _finite(numbers: values.Floats, name: str, notes: Notes) -> values.Floats:
    least, most = (end.reduce(numbers, initial=0.0) for end in (np.fmin, np.fmax))  # NaN aside
    if max(-least, most) <= GREATEST:
        return numbers
    beyond = np.abs(numbers) > GREATEST
    count = int(np.count_nonzero(beyond))
    infinite = int(np.count_nonzero(np.isinf(numbers)))
    if infinite:
        what = counted(infinite, "infinite value", "infinite values")
        notes.add(f"Column {quote(name)} has {what}: {count_as_missing(infinite)}.")
    if count > infinite:
        large = count - infinite
        what = counted(large, "number beyond", "numbers beyond")
        notes.add(
            f"Column {quote(name)} has {what} {GREATEST:g}: {count_as_missing(large)}, as no "
            "estimator can compute with such numbers."
        )
    return np.where(beyond, np.nan, numbers)


def without_empty_columns(X: pd.DataFrame) -> pd.DataFrame:
    """Give a column one value where these rows have none: boosting has no bins for nothing."""
    first = X.columns[X.iloc[0].isna()]  # the only ones worth a look at all rows
    kinds = {name: X[name].dtype.kind for name in first}
    named = [name for name, kind in kinds.items() if kind in "fM" and X[name].isna().all()]
    if named:
        X = X.copy()
    for name in named:
        X[name] = 0.0 if kinds[name] == "f" else pd.Timestamp("1970-01-01", tz="UTC").as_unit("us")
    return X
