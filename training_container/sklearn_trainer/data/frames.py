"""Applies a schema to a table: the frame that fit() and predict() get, in training and in serving.

Nothing is inferred here. A value that does not fit its column's kind counts as missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sklearn_trainer.data import values
from sklearn_trainer.data.text_parsing import (
    DATETIME_TYPE,
    TextColumn,
    clean_text,
    parse_booleans,
    parse_datetimes,
    parse_durations,
    parse_numbers,
    to_text,
)
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.schema import GREATEST_NUMBER, NUMERIC_KINDS, STRAY_SHARE, WORD_KINDS, Schema
from tunedrop_common.data_text import quote, quote_in_yaml
from tunedrop_common.plan import Column

# What values of a kind are called.
KIND_TEXT: Mapping[str, str] = {
    "numeric": "numbers",
    "boolean": "true or false",
    "datetime": "dates",
    "duration": "times of day or durations",
}


@dataclass(frozen=True)
class AppliedSchema:
    """A frame, and the values that do not fit.

    Parameters
    ----------
    frame
        float64, then points in time, then words as str; shape (n_rows, n_features).
    unparsable
        For each feature with values of another kind: a mask of them, shape (n_rows,).
    too_large
        For each feature: how many numbers are infinite, or too large for any estimator.
    """

    frame: pd.DataFrame
    unparsable: dict[str, values.Mask] = field(default_factory=dict)
    too_large: dict[str, int] = field(default_factory=dict)


def apply_schema(table: pa.Table, schema: Schema) -> AppliedSchema:
    """Return the features of a table as the schema says.

    Numbers are not copied: the frame views the memory of the table's columns.
    """
    columns: dict[str, Any] = {}
    unparsable: dict[str, values.Mask] = {}
    too_large: dict[str, int] = {}
    order = sorted(schema.features, key=lambda c: (c.kind in WORD_KINDS, c.kind == "datetime"))
    for feature in order:
        name = feature.name
        parsed, misfits = read_values(table.column(name), feature, schema.decimal)
        if misfits.any():
            unparsable[name] = misfits
        if feature.kind in NUMERIC_KINDS:
            parsed, count = _finite(parsed)
            too_large |= {name: count} if count else {}
        columns[name] = parsed
    index = range(len(table))
    frame = pd.DataFrame(columns, index=index, columns=pd.Index(columns, dtype="str"), copy=False)
    return AppliedSchema(frame, unparsable, too_large)


def read_values(column: pa.ChunkedArray, feature: Column, decimal: str) -> tuple[Any, values.Mask]:
    """Return a column's values, and a mask of those that do not fit."""
    none = np.zeros(len(column), dtype=np.bool_)
    if feature.kind in WORD_KINDS:
        return _read_words(column).array, none
    if values.is_text(column.type):
        text = TextColumn.of(column).without_missing()
        if feature.kind == "datetime":
            return parse_datetimes(text, day_first=feature.day_first)
        if feature.kind == "numeric":
            return parse_numbers(text, decimal)
        return parse_booleans(text) if feature.kind == "boolean" else parse_durations(text)
    is_present = np.asarray(column.is_valid().to_numpy(), dtype=np.bool_)
    is_datetime = values.is_datetime(column.type)
    if feature.kind == "datetime" and is_datetime:
        return pd.DatetimeIndex(column.to_pandas().astype(DATETIME_TYPE)), none
    if feature.kind == "datetime":  # seconds or milliseconds of an unknown epoch
        missing = pd.DatetimeIndex(np.full(len(column), np.datetime64("NaT", "us")), tz="UTC")
        return missing, is_present
    if is_datetime:
        return np.full(len(column), np.nan), is_present
    numbers = values.floats(column)
    if feature.kind == "boolean":
        return numbers, is_present & (numbers != 0) & (numbers != 1)
    return numbers, none


def read_floats(
    column: pa.ChunkedArray, feature: Column, decimal: str
) -> tuple[values.Floats, values.Mask]:
    """Return numbers or points in time as float64, missing as NaN, and a mask of misfits."""
    parsed, misfits = read_values(column, feature, decimal)
    if feature.kind == "datetime":
        parsed = np.where(parsed.isna(), np.nan, parsed.asi8.astype(np.float64))
    return parsed, misfits


def _read_words(column: pa.ChunkedArray) -> pd.Series[str]:
    """Return text as pandas reads it from a CSV: dtype str, missing as NaN, in one piece."""
    words = clean_text(to_text(column)).cast(pa.large_string()).combine_chunks()
    series: pd.Series[str] = words.to_pandas().astype("str")
    return series


def warn_of_misfits(
    applied: AppliedSchema, table: pa.Table, schema: Schema, job_warnings: JobWarnings
) -> None:
    """Note values that do not fit the schema, column by column.

    Raises
    ------
    DatasetError
        If they are more than `STRAY_SHARE` of a column's values.
    """
    features = {feature.name: feature for feature in schema.features}
    for name, unparsable in applied.unparsable.items():
        column = table.column(name)
        kind_text = KIND_TEXT[str(features[name].kind)]
        count = values.check_misfits(
            f"The column has values that cannot be read as {kind_text}",
            column,
            unparsable,
            name,
            expected=f"{kind_text}, or nothing, in {1 - STRAY_SHARE:.0%} of the rows or more",
            to_do="Correct the column, or name its kind in tuning.yaml: "
            f"`column_kinds: {{{quote_in_yaml(name)}: categorical}}`.",
        )
        job_warnings.add(
            f"Values of column {quote(name)} that cannot be read as {kind_text}, and count as "
            f"missing: {count} of {len(column) - column.null_count}."
        )
    for name, count in applied.too_large.items():
        job_warnings.add(
            f"Numbers of column {quote(name)} beyond {GREATEST_NUMBER:g}, which count as missing, "
            f"because no estimator can compute with them: {count}."
        )


def _finite(numbers: values.Floats) -> tuple[values.Floats, int]:
    """Return numbers, too large ones as missing, and how many these are."""
    least, most = (end.reduce(numbers, initial=0.0) for end in (np.fmin, np.fmax))  # NaN aside
    if max(-least, most) <= GREATEST_NUMBER:
        return numbers, 0
    is_too_large = np.abs(numbers) > GREATEST_NUMBER
    return np.where(is_too_large, np.nan, numbers), int(np.count_nonzero(is_too_large))


def without_empty_columns(X: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with one value in columns that have none: boosting has no bins for nothing.

    Parameters
    ----------
    X
        Shape (n_rows, n_features).
    """
    first = X.columns[X.iloc[0].isna()]  # the only ones worth a look at all rows
    empty = [name for name in first if X[name].dtype.kind in "fM" and X[name].isna().all()]
    moment = pd.Timestamp("1970-01-01", tz="UTC").as_unit("us")
    constants = {name: 0.0 if X[name].dtype.kind == "f" else moment for name in empty}
    return X.assign(**constants) if empty else X
