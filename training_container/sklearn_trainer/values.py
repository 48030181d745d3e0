"""Turns one Arrow column into the values that scikit-learn gets: numbers, labels, times.

Pure functions; which of them a column goes through is decided by `features` and `target`.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

_DAY_FIRST = r"^(1[3-9]|2\d|3[01])[-/.]\d{1,2}[-/.]\d"
_FLAGS = {"true": 1.0, "false": 0.0}


def is_number(kind: pa.DataType) -> bool:
    """Tell whether a type's values are numbers: booleans and lengths of time are."""
    return bool(
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_duration(kind)
        or pa.types.is_time(kind)
    )


def is_moment(kind: pa.DataType) -> bool:
    """Tell whether a type's values are points in time."""
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a type's values are text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def floats(column: pa.ChunkedArray) -> Floats:
    """Return a column of numbers as float64, missing as NaN."""
    kind = column.type
    if pa.types.is_duration(kind) or pa.types.is_time(kind):
        width = pa.int32() if pa.types.is_time32(kind) else pa.int64()
        column = column.cast(width)
    if not pa.types.is_float64(column.type):
        column = column.cast(pa.float64(), safe=False)
    return np.asarray(column.to_numpy(), dtype=np.float64)


def text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as trimmed text, whole numbers without a decimal point, empty as missing."""
    if pa.types.is_floating(column.type):
        whole = pc.cast(column, pa.int64(), safe=False)
        same = pc.all(pc.equal(pc.cast(whole, pa.float64(), safe=False), column)).as_py()
        column = whole if same in (True, None) else column
    if not is_text(column.type):
        column = column.cast(pa.string())
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, trimmed.type), trimmed)


def numbers_in(column: pa.ChunkedArray, decimal: str) -> tuple[Floats, Mask]:
    """Read text as numbers; the second array marks what is neither a number nor missing."""
    words = text(column).to_pandas()
    if decimal != ".":
        words = words.str.replace(decimal, ".", regex=False)
    numbers = pd.to_numeric(words, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers, np.isnan(numbers) & words.notna().to_numpy()


def flags_in(column: pa.ChunkedArray) -> tuple[Floats, Mask]:
    """Read the words true and false as 1 and 0; the second array marks other words."""
    words = pc.utf8_lower(text(column)).to_pandas()
    numbers = words.map(_FLAGS).to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers, np.isnan(numbers) & words.notna().to_numpy()


def moments(column: pa.ChunkedArray, *, day_first: bool = False) -> tuple[pd.DatetimeIndex, Mask]:
    """Return points in time in UTC; the second array marks text that is not one."""
    if is_moment(column.type):
        index = pd.DatetimeIndex(pd.to_datetime(column.to_pandas(), utc=True, errors="coerce"))
        return index, np.zeros(len(index), dtype=np.bool_)
    words = text(column).to_pandas()
    index = pd.DatetimeIndex(pd.to_datetime(words, utc=True, errors="coerce", format="ISO8601"))
    bad = index.isna() & words.notna().to_numpy()
    if bad.any():
        mixed = pd.to_datetime(words, utc=True, errors="coerce", format="mixed", dayfirst=day_first)
        index = pd.DatetimeIndex(mixed)
        bad = index.isna() & words.notna().to_numpy()
    return index, np.asarray(bad)


def writes_day_first(column: pa.ChunkedArray) -> bool:
    """Tell whether dates such as 31/12/2026 show that days stand before months."""
    if not is_text(column.type):
        return False
    return bool(pc.any(pc.match_substring_regex(text(column), _DAY_FIRST)).as_py())


def strings(column: pa.ChunkedArray) -> pd.Series[str]:
    """Return text as pandas reads it from a CSV: dtype str, missing as NaN."""
    words: pd.Series[str] = text(column).to_pandas().astype("str")
    return words
