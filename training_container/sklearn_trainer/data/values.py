"""Turns one Arrow column into the values that scikit-learn gets: numbers, labels, times.

Pure functions; which of them a column goes through is decided by `features` and `target`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sklearn_trainer.data.words import numbers_among_words, numbers_in_text, without_marks
from sklearn_trainer.errors import DatasetError
from tunedrop_common.data_text import quote, quote_all

Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

MOMENT: Literal["datetime64[us, UTC]"] = "datetime64[us, UTC]"
"""The type of a column of points in time, as fit() gets it."""

_DAY_FIRST = r"^(1[3-9]|2\d|3[01])[-/.]\d{1,2}[-/.]\d"
_MONTH_FIRST = r"^\d{1,2}[-/.](1[3-9]|2\d|3[01])[-/.]\d"
_FLAGS = ("false", "true")  # 0 and 1

_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_NAMED_DATE = (
    rf"(?i)^(\d{{1,2}}[ -]{_MONTH}[ ,-]{{1,2}}\d{{2,4}}|{_MONTH} \d{{1,2}},? \d{{4}})"
    r"( \d{1,2}:\d{2}(:\d{2})?( ?[ap]m)?)?$"
)
_QUARTER = r"(?i)^(?:(\d{4})[- ]?Q%d|Q%d[- ]?(\d{4}))$"
_FIRST = 100
_CLOCK = r"^-?(\d+ days? )?[+-]?\d{1,3}:[0-5]\d(:[0-5]\d(\.\d+)?)?$"
_WITHOUT_SECONDS = r"(^|\s|[+-])(\d{1,3}:\d{2})$"
_LONGEST_TIME = 100  # characters
_NO_FLOATS: Floats = np.empty(0)
_UNITS_PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


def is_number(kind: pa.DataType) -> bool:
    """Check whether a type's values are numbers: booleans and lengths of time are."""
    return bool(
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_duration(kind)
        or pa.types.is_time(kind)
    )


def is_moment(kind: pa.DataType) -> bool:
    """Check whether a type's values are points in time."""
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def is_text(kind: pa.DataType) -> bool:
    """Check whether a type's values are text: dictionaries are what a CSV file's words are in."""
    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))


def floats(column: pa.ChunkedArray) -> Floats:
    """Return a column of numbers as float64, missing as NaN; lengths of time in seconds."""
    kind = column.type
    if pa.types.is_duration(kind) or pa.types.is_time(kind):
        width = pa.int32() if pa.types.is_time32(kind) else pa.int64()
        counted = column.cast(width).cast(pa.float64(), safe=False)
        return np.asarray(counted.to_numpy(), dtype=np.float64) / _UNITS_PER_SECOND[kind.unit]
    if not pa.types.is_float64(column.type):
        column = column.cast(pa.float64(), safe=False)
    chunks = [_floats_of(chunk) for chunk in column.chunks]
    return chunks[0] if len(chunks) == 1 else np.concatenate([_NO_FLOATS, *chunks])


def _floats_of(chunk: pa.Array) -> Floats:
    """Return the values of a chunk; a copy of them only if a null is not a NaN as well."""
    if len(chunk) == 0:
        return _NO_FLOATS
    stored = pa.Array.from_buffers(
        chunk.type, len(chunk), [None, chunk.buffers()[1]], offset=chunk.offset
    )
    found: Floats = stored.to_numpy()
    if chunk.null_count and not np.isnan(found[~np.asarray(chunk.is_valid())]).all():
        found = chunk.to_numpy(zero_copy_only=False)
    return found


def number_column(numbers: Floats) -> pa.Array:
    """Return numbers as a column that looks at their memory, NaN as null."""
    has_missing = bool(np.isnan(numbers.max(initial=0.0)))  # Arrow takes ten times as long to look
    return pa.array(numbers, from_pandas=has_missing)


def text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as trimmed text, whole numbers without a decimal point, empty as missing."""
    if pa.types.is_dictionary(column.type):  # trimmed by its reader
        return column.cast(pa.string())
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
    words = without_marks(text(column))
    numbers = numbers_in_text(words, decimal)
    if numbers is not None:
        return floats(numbers), np.zeros(len(column), dtype=np.bool_)
    written = floats(numbers_among_words(words, decimal))
    plain = words if decimal == "." else pc.replace_substring(words, decimal, ".")
    others = pd.to_numeric(plain.to_pandas(), errors="coerce").to_numpy(np.float64, na_value=np.nan)
    numbers = np.where(np.isnan(written), others, written)
    return numbers, np.isnan(numbers) & np.asarray(words.is_valid(), dtype=np.bool_)


def flags_in(column: pa.ChunkedArray) -> tuple[Floats, Mask]:
    """Read the words true and false as 1 and 0; the second array marks other words."""
    words = pc.utf8_lower(text(column))
    place = pc.index_in(words, value_set=pa.array(_FLAGS), skip_nulls=True)
    numbers = floats(place)
    return numbers, np.isnan(numbers) & np.asarray(words.is_valid(), dtype=np.bool_)


def moments(column: pa.ChunkedArray, *, day_first: bool = False) -> tuple[pd.DatetimeIndex, Mask]:
    """Return points in time in UTC; the second array marks text that is not one."""
    if is_moment(column.type):
        found = pd.to_datetime(column.to_pandas(), utc=True, errors="coerce")
        return _in_microseconds(found), np.zeros(len(found), dtype=np.bool_)
    written = text(column)
    words = _quarters_as_months(_short(written)).to_pandas()
    found = pd.to_datetime(words, utc=True, errors="coerce", format="ISO8601")
    for format_ in (None, "mixed"):  # that of the first value for all, then each its own
        bad = (found.isna() & words.notna()).to_numpy()
        if not bad.any():
            break
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # "could not infer format"
            again = pd.to_datetime(
                words[bad], utc=True, errors="coerce", format=format_, dayfirst=day_first
            )
        found = found.astype(MOMENT)
        found[bad] = again.astype(MOMENT)
    return _in_microseconds(found), found.isna().to_numpy() & written.is_valid().to_numpy()


def _short(words: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return words, null for those that are too long for a date or a time.

    pandas takes minutes to find out that a text of some megabytes is none.
    """
    too_long = pc.greater(pc.utf8_length(words), _LONGEST_TIME)
    return pc.if_else(too_long, pa.scalar(None, words.type), words)


def _quarters_as_months(words: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return 1970 Q2 as 1970-04, which is read as a date."""
    for quarter in range(1, 5):
        month = rf"\1\2-{3 * quarter - 2:02}"
        words = pc.replace_substring_regex(words, _QUARTER % (quarter, quarter), month)
    return words


def _in_microseconds(found: pd.Series[pd.Timestamp]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(found.astype(MOMENT))


def names_months(column: pa.ChunkedArray) -> bool:
    """Check whether all values are dates with the name of a month, such as 5 Jan 2026."""
    return _all_match(column, _NAMED_DATE)


def are_clocks(column: pa.ChunkedArray) -> bool:
    """Check whether all values are times of day or lengths of time, such as 12:30 or 36:05:00."""
    return _all_match(column, _CLOCK)


def clocks_in(column: pa.ChunkedArray) -> tuple[Floats, Mask]:
    """Read times of day and lengths of time as seconds; the second array marks other words."""
    if is_number(column.type):
        numbers = floats(column)
        return numbers, np.zeros(len(numbers), dtype=np.bool_)
    words = text(column)
    plain = pc.replace_substring_regex(_short(words), _WITHOUT_SECONDS, r"\1\2:00").to_pandas()
    seconds = pd.to_timedelta(plain, errors="coerce").dt.total_seconds()
    numbers = seconds.to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers, np.isnan(numbers) & words.is_valid().to_numpy()


def _all_match(column: pa.ChunkedArray, pattern: str) -> bool:
    """Check whether all words match; most often, the first ones tell that they do not."""
    if not is_text(column.type):
        return False
    for part in (column.slice(0, _FIRST), column):
        answer = pc.all(pc.match_substring_regex(text(part), pattern)).as_py()
        if answer is False:
            break
    return bool(answer)


def writes_day_first(column: pa.ChunkedArray) -> bool:
    """Check whether dates such as 31/12/2026 show that days stand before months."""
    if not is_text(column.type):
        return False
    return bool(pc.any(pc.match_substring_regex(text(column), _DAY_FIRST)).as_py())


def writes_month_first(column: pa.ChunkedArray) -> bool:
    """Check whether dates such as 12/31/2026 show that months stand before days."""
    return bool(pc.any(pc.match_substring_regex(text(column), _MONTH_FIRST)).as_py())


def strings(column: pa.ChunkedArray) -> pd.Series[str]:
    """Return text as pandas reads it from a CSV: dtype str, missing as NaN, in one piece."""
    words = column if pa.types.is_dictionary(column.type) else text(column)
    joined = words.cast(pa.large_string()).combine_chunks()
    found: pd.Series[str] = joined.to_pandas().astype("str")
    return found


def count_text_bytes(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Return how many bytes the decoded text of each row has, shape (n_rows,)."""
    total = np.zeros(len(batch), dtype=np.int64)
    for column in batch.columns:
        words = column.dictionary if pa.types.is_dictionary(column.type) else column
        if is_text(words.type) or pa.types.is_large_string(words.type):
            sizes = pc.binary_length(words)
            sizes = sizes if words is column else sizes.take(column.indices)
            total += np.asarray(sizes.fill_null(0))
    return total


def check_columns(path: Path, names: Sequence[str], wanted: Sequence[str]) -> None:
    """Raise DatasetError where a file lacks columns of the plan, with the names that it has."""
    known = set(names)
    missing = [name for name in wanted if name not in known]
    if missing:
        raise DatasetError(
            "A column of the plan is not in the file",
            where=path.name,
            found=f"the columns {quote_all(names)}" if any(names) else "no names of columns",
            expected=quote(missing[0]),
            to_do="Write every file of the dataset with the same header, delimiter and encoding, "
            "and start the run again.",
        )


def wrong_values(
    what: str, column: pa.ChunkedArray, wrong: Mask, name: str, *, expected: str, to_do: str
) -> DatasetError:
    """Return the error that counts the wrong values, and shows the first with its row.

    Parameters
    ----------
    what
        What the column has; "in <count> rows" is added.
    wrong
        Marks the values, one or more.
    """
    row = int(np.flatnonzero(wrong)[0])
    return DatasetError(
        f"{what}, in {int(wrong.sum())} rows",
        where=f"column {quote(name)}, first in data row {row + 1}",
        found=quote(column[row].as_py()),
        expected=expected,
        to_do=to_do,
    )
