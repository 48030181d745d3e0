"""Turns the columns of a request into the table that the model was fitted to.

The same functions as in training read them. What training data was allowed to have, a request may
have too: missing values, unknown categories, infinite numbers, and other words in a column that had
such. What cannot be read is an error with its row and column.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from sklearn_trainer.data import values
from sklearn_trainer.data.features import Feature, Schema
from sklearn_trainer.data.words import numbers_in_text, without_marks, without_missing
from sklearn_trainer.errors import RequestError, shown
from sklearn_trainer.notes import Notes

_EXPECTED = {
    "number": "a number, or nothing",
    "flag": "true or false, or nothing",
    "clock": "a time of day or a length of time such as 12:30:00, or nothing",
    "moment": "a date or time such as 2026-11-24T10:00:00, or nothing",
}


def make_frame(columns: Mapping[str, pa.ChunkedArray], schema: Schema) -> pd.DataFrame:
    """Return the rows as the pipeline takes them.

    Parameters
    ----------
    columns
        Text or float64 for each feature, missing values as null.
    """
    read = {each.name: _read(columns[each.name], each, schema.decimal) for each in schema.features}
    return schema.frame(pa.table(read), Notes())


def _read(column: pa.ChunkedArray, feature: Feature, decimal: str) -> pa.ChunkedArray:
    """Return the column as a training file would have given it to the schema."""
    if feature.kind not in _EXPECTED:
        return column
    is_number = pa.types.is_floating(column.type)
    if feature.kind == "number":
        return column if is_number else _numbers(column, feature, decimal)
    if not is_number:
        column = without_marks(without_missing(column))
    return _checked(column, _strays(column, feature, is_number=is_number), feature)


def _strays(column: pa.ChunkedArray, feature: Feature, *, is_number: bool) -> values.Mask:
    """Mark what cannot be read."""
    if feature.kind == "moment":
        if is_number:  # seconds or milliseconds, of an epoch that is not known
            return np.asarray(column.is_valid().to_numpy())
        return values.moments(column, day_first=feature.day_first)[1]
    if feature.kind == "clock":
        return values.clocks_in(column)[1]
    if is_number:
        numbers = values.floats(column)
        return np.asarray(~(np.isnan(numbers) | (numbers == 0) | (numbers == 1)))
    return values.flags_in(column)[1]


def _numbers(column: pa.ChunkedArray, feature: Feature, decimal: str) -> pa.ChunkedArray:
    """Read text as numbers, in whatever way they are written."""
    known = without_missing(column)
    numbers = numbers_in_text(known, feature.name, decimal, Notes())
    if pa.types.is_floating(numbers.type):
        return numbers
    known = without_marks(known)
    found, strays = values.numbers_in(known, decimal)
    flags, others = values.flags_in(known)  # a Parquet file's booleans are numbers
    found = np.where(np.isnan(flags), found, flags)
    _checked(column, strays & others, feature)
    return pa.chunked_array([pa.array(found, from_pandas=True)])


def _checked(column: pa.ChunkedArray, strays: values.Mask, feature: Feature) -> pa.ChunkedArray:
    """Return the column unless a value of it cannot be read, and could be in training."""
    if feature.strays or not strays.any():
        return column
    row = int(np.flatnonzero(strays)[0])
    others = int(strays.sum()) - 1
    raise RequestError(
        "A value of the column cannot be read" + (f", nor can {others} others" if others else ""),
        row=row + 1,
        column=feature.name,
        found=shown(column[row].as_py()),
        expected=_EXPECTED[feature.kind],
    )
