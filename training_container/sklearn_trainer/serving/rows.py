"""Turns the columns of a request into the table that the model was fitted to.

The same functions as in training read them. What training data was allowed to have, a request may
have too: missing values, unknown categories, infinite numbers. What cannot be read is refused, with
its row and column.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sklearn_trainer import values
from sklearn_trainer.csv_files import plain_numbers
from sklearn_trainer.features import Feature, Schema
from sklearn_trainer.notes import Notes
from sklearn_trainer.number_text import without_marks
from sklearn_trainer.serving.errors import RequestError, shown

_EXPECTED = {
    "number": "a number, or nothing",
    "flag": "true or false, or nothing",
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
    is_number = pa.types.is_floating(column.type)
    if feature.kind == "number":
        return column if is_number else _numbers(column, feature, decimal)
    if feature.kind == "flag":
        strays = _not_flags(column) if is_number else values.flags_in(column)[1]
        return _checked(column, strays, feature)
    if feature.kind == "moment":
        if is_number:
            return _checked(column, np.asarray(column.is_valid().to_numpy()), feature)
        column = without_marks(pc.utf8_trim_whitespace(column))
        return _checked(column, values.moments(column, day_first=feature.day_first)[1], feature)
    return column


def _numbers(column: pa.ChunkedArray, feature: Feature, decimal: str) -> pa.ChunkedArray:
    known = without_marks(pc.utf8_trim_whitespace(column))
    numbers = plain_numbers(known, decimal)
    if numbers is None:
        found, strays = values.numbers_in(known, decimal)
        flags, others = values.flags_in(known)  # a Parquet file's booleans are numbers
        found = np.where(np.isnan(flags), found, flags)
        _checked(column, strays & others, feature)
        numbers = pa.chunked_array([pa.array(found, from_pandas=True)])
    return numbers


def _not_flags(column: pa.ChunkedArray) -> values.Mask:
    numbers = values.floats(column)
    return np.asarray(~(np.isnan(numbers) | (numbers == 0) | (numbers == 1)))


def _checked(column: pa.ChunkedArray, strays: values.Mask, feature: Feature) -> pa.ChunkedArray:
    if strays.any():
        row = int(np.flatnonzero(strays)[0])
        raise RequestError(
            f"A value of the column cannot be read, in {int(strays.sum())} rows"
            if strays.sum() > 1
            else "A value of the column cannot be read",
            row=row + 1,
            column=feature.name,
            found=shown(column[row].as_py()),
            expected=_EXPECTED[feature.kind],
        )
    return column
