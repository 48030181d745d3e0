"""The schema of a run: its features, as plan.json has them, for training and for serving alike."""

from __future__ import annotations

from typing import Final

from tunedrop_common.plan import FEATURE_ROLES, Column, Data, Record

NUMERIC_KINDS: Final = ("numeric", "boolean", "duration")
WORD_KINDS: Final = ("categorical", "text")

# The name of a category is shown when at least so many training rows have it.
FEWEST_ROWS_OF_A_NAME: Final = 20

# Of a column's values, at most this share that is of another kind counts as missing.
STRAY_SHARE: Final = 0.05

# Estimators compute in 32-bit floats (to 3.4e38) and with squares.
GREATEST_NUMBER: Final = 1e37

# More distinct words than this are text rather than categories, or not one column each.
MANY_CATEGORIES: Final = 30

# More than this, and what the words are made of tells more than which of them it is.
VERY_MANY_CATEGORIES: Final = 250


class Schema(Record):
    """The features that a model gets, and the decimal sign of numbers that are written as text."""

    features: tuple[Column, ...]
    decimal: str = "."

    @classmethod
    def of(cls, data: Data) -> Schema:
        """Return the schema of a plan's data."""
        features = tuple(column for column in data.columns if column.role in FEATURE_ROLES)
        return cls(features=features, decimal=data.decimal)

    @property
    def numbers(self) -> list[str]:
        """Names of the columns that are numbers in the frame."""
        return [feature.name for feature in self.features if feature.kind in NUMERIC_KINDS]

    @property
    def low_cardinality(self) -> list[Column]:
        """Categories that can be one column each."""
        return [column for column in self._categories() if column.distinct <= MANY_CATEGORIES]

    @property
    def high_cardinality(self) -> list[Column]:
        """Categories with too many members for that."""
        return [column for column in self._categories() if column.distinct > MANY_CATEGORIES]

    @property
    def text_columns(self) -> list[Column]:
        """Columns whose words are analyzed: text, and categories with very many members."""
        return [
            feature
            for feature in self.features
            if feature.kind == "text"
            or (feature.kind == "categorical" and feature.distinct > VERY_MANY_CATEGORIES)
        ]

    @property
    def datetime_columns(self) -> list[Column]:
        """Columns of points in time."""
        return [feature for feature in self.features if feature.kind == "datetime"]

    def without(self, names: set[str]) -> Schema:
        """Return the schema without some features."""
        features = tuple(feature for feature in self.features if feature.name not in names)
        return Schema(features=features, decimal=self.decimal)

    def _categories(self) -> list[Column]:
        return [feature for feature in self.features if feature.kind == "categorical"]
