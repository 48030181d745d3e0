"""Decides what each column really is, by all of its values.

The plan's kinds come from samples. Where the whole column disagrees, the feature widens (number to
category or text) with a note; columns that carry nothing are left out, and that is said too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sklearn_trainer.data import values
from sklearn_trainer.data.features import Feature, Schema
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.notes import Notes, count_as_missing, counted
from tunedrop_common.columns import MANY_CATEGORIES, STRAY_SHARE
from tunedrop_common.data_text import quote
from tunedrop_common.plan import FEATURE_ROLES, Column
from tunedrop_common.targets import GREATEST

_FIRST = 1000
"""Most often, so many values tell that a column is not constant."""

SHORT_SPAN = timedelta(days=30)
"""Moments within so short a time differ by minutes and seconds, or hardly at all."""


def decide(
    table: pa.Table, columns: Iterable[Column], notes: Notes, *, decimal: str = "."
) -> Schema:
    """Decide each feature's kind by its values in the training data."""
    found = [
        feature
        for column in columns
        if column.role in FEATURE_ROLES
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
        notes.add(f"Column {quote(name)} is empty in every row and was left out.")
        return None
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        notes.add(f"Column {quote(name)} holds {column.type} values and was left out.")
        return None
    if column.null_count == 0 and _is_constant(column):
        notes.add(f"Column {quote(name)} has the same value in every row and was left out.")
        return None
    if values.is_moment(column.type):
        return _moment(name, values.moments(column)[0])
    if values.is_number(column.type):
        if planned.kind in ("categorical", "text") and not pa.types.is_boolean(column.type):
            return _words(name, column)
        return _number(name, column, notes)
    if planned.kind == "boolean":
        return _flag(name, column, decimal)
    if planned.kind == "datetime" or values.names_months(column):
        return _planned_moment(name, column, notes)
    if planned.kind in ("numeric", "constant", "empty"):
        return _planned_number(planned, column, notes, decimal)
    if values.are_clocks(column):
        return Feature(name, "clock")
    return _words(name, column)


def _is_constant(column: pa.ChunkedArray) -> bool:
    """Compare with the first value: counting distinct ones took longer than reading the file."""
    first = column[0]
    if pa.types.is_float64(column.type):
        numbers = values.floats(column)
        return all((part == numbers[0]).all() for part in (numbers[:_FIRST], numbers))
    return column[-1] == first and pc.all(pc.equal(column, first)).as_py() is True


def _number(name: str, column: pa.ChunkedArray, notes: Notes) -> Feature | None:
    numbers = values.floats(column)
    parts = (numbers[:1], numbers)  # mostly, the first number tells
    if not any((np.abs(part) <= GREATEST).any() for part in parts):
        notes.add(f"Column {quote(name)} has no finite number in any row and was left out.")
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
    if not strays.any():
        return Feature(name, "number")
    if _are_few(strays, column, len(np.unique(numbers[~np.isnan(numbers)]))):
        _note_strays(name, "numbers", strays, column, notes)
        return Feature(name, "number", strays=True)
    feature = _words(name, column)
    if planned.kind == "numeric":
        _note_widened(feature, "numeric", "numbers", strays, column, notes)
    return feature


def _planned_moment(name: str, column: pa.ChunkedArray, notes: Notes) -> Feature:
    day_first = values.writes_day_first(column)
    index, strays = values.moments(column, day_first=day_first)
    moment = replace(_moment(name, index), day_first=day_first)
    if day_first and values.writes_month_first(column):
        notes.add(
            f"Column {quote(name)} has dates with the day first (31/12) and with the month first "
            "(12/31): those that may be either are read with the day first. Write all of them as "
            "2026-12-31."
        )
    if not strays.any():
        return moment
    if _are_few(strays, column, index.nunique()):
        _note_strays(name, "dates", strays, column, notes)
        return replace(moment, strays=True)
    feature = _words(name, column)
    _note_widened(feature, "like dates", "dates", strays, column, notes)
    return feature


def _moment(name: str, index: pd.DatetimeIndex) -> Feature:
    return Feature(name, "moment", exact=bool(index.max() - index.min() < SHORT_SPAN))


def _words(name: str, column: pa.ChunkedArray) -> Feature:
    words = column if pa.types.is_dictionary(column.type) else values.text(column)
    present = len(words) - words.null_count
    distinct = len(words.unique().drop_null())
    is_text = distinct > MANY_CATEGORIES and distinct > present / 2
    return Feature(name, "text" if is_text else "category", distinct)


def _are_few(strays: values.Mask, column: pa.ChunkedArray, distinct: int) -> bool:
    """Check whether what cannot be read may count as missing: little, beside many values."""
    present = len(column) - column.null_count
    return bool(strays.sum() <= STRAY_SHARE * present) and distinct > MANY_CATEGORIES


def _note_strays(
    name: str, called: str, strays: values.Mask, column: pa.ChunkedArray, notes: Notes
) -> None:
    count = int(strays.sum())
    what = counted(
        count, f"value that cannot be read as {called}", f"values that cannot be read as {called}"
    )
    notes.add(
        f"Column {quote(name)} has {what}, of {len(column) - column.null_count}: "
        f"{count_as_missing(count)}."
    )


def _note_widened(
    feature: Feature,
    looked: str,
    called: str,
    strays: values.Mask,
    column: pa.ChunkedArray,
    notes: Notes,
) -> None:
    use = "free text" if feature.kind == "text" else f"{feature.distinct} categories"
    notes.add(
        f"Column {quote(feature.name)} looked {looked} in the samples, but {int(strays.sum())} of "
        f"its {len(column) - column.null_count} values cannot be read as {called}: it is used as "
        f"{use}."
    )
