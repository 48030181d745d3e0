"""The features of a run, and the table of them that fit() gets, as any part of the data has it.

`column_kinds` decides once, on the training data, what each column is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from sklearn_trainer.data import values
from sklearn_trainer.data.number_block import block_of
from sklearn_trainer.data.table_rows import Features
from sklearn_trainer.notes import Notes, count_as_missing, counted
from tunedrop_common.columns import MANY_CATEGORIES
from tunedrop_common.targets import GREATEST

if TYPE_CHECKING:
    import pandas as pd

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

    def table(self, table: pa.Table, notes: Notes, *, named: bool = True) -> Features:
        """Return the features of a table; numbers alone may come as an array without names."""
        if named or len(self.numbers) < len(self.features):
            return self.frame(table, notes)
        return self.block(table, notes)

    def block(self, table: pa.Table, notes: Notes) -> values.Floats:
        """Return the numbers of a table, of shape (rows, columns), a column after the other."""
        numbers = [each for each in self.features if each.kind in NUMBERS]
        block = block_of([table.column(each.name) for each in numbers])
        if block is not None:
            return block
        block = np.empty((len(table), len(numbers)), dtype=np.float64, order="F")
        for index, feature in enumerate(numbers):
            block[:, index] = self._numbers(feature, table.column(feature.name), notes)
        return block

    def frame(self, table: pa.Table, notes: Notes) -> pd.DataFrame:
        """Return the features of a table: one float64 block, then moments, then words as str."""
        import pandas as pd

        block = self.block(table, notes)
        frame = pd.DataFrame(block, columns=pd.Index(self.numbers, dtype="str"), copy=False)
        others = [self._moment(each, table, frame.index) for each in self.moments] + [
            self._words(each, table, frame.index) for each in self.features if each.kind in WORDS
        ]
        return pd.concat([frame, *others], axis=1) if others else frame

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

    def _moment(
        self, feature: Feature, table: pa.Table, index: pd.Index[int]
    ) -> pd.Series[pd.Timestamp]:
        import pandas as pd

        found, _ = values.moments(table.column(feature.name), day_first=feature.day_first)
        return pd.Series(found, index=index, name=feature.name)

    def _words(self, feature: Feature, table: pa.Table, index: pd.Index[int]) -> pd.Series[str]:
        return values.strings(table.column(feature.name)).set_axis(index).rename(feature.name)


def _finite(numbers: values.Floats, name: str, notes: Notes) -> values.Floats:
    beyond = np.abs(numbers) > GREATEST
    count = int(np.count_nonzero(beyond))
    if not count:
        return numbers
    infinite = int(np.count_nonzero(np.isinf(numbers)))
    if infinite:
        what = counted(infinite, "infinite value", "infinite values")
        notes.add(f"Column {name!r} has {what}: {count_as_missing(infinite)}.")
    if count > infinite:
        large = count - infinite
        what = counted(large, "number beyond", "numbers beyond")
        notes.add(
            f"Column {name!r} has {what} {GREATEST:g}: {count_as_missing(large)}, as no "
            "estimator can reckon with such numbers."
        )
    return np.where(beyond, np.nan, numbers)
