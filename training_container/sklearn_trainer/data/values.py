"""The types and numbers of Arrow columns, and the errors about their values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sklearn_trainer.errors import DatasetError
from sklearn_trainer.schema import STRAY_SHARE
from tunedrop_common.data_text import quote, quote_all

Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

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


def is_datetime(kind: pa.DataType) -> bool:
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
    numbers: Floats = stored.to_numpy()
    if chunk.null_count and not np.isnan(numbers[~np.asarray(chunk.is_valid())]).all():
        numbers = chunk.to_numpy(zero_copy_only=False)
    return numbers


def number_column(numbers: Floats) -> pa.Array:
    """Return numbers as a column that looks at their memory, NaN as null."""
    has_missing = bool(np.isnan(numbers.max(initial=0.0)))  # Arrow takes ten times as long to look
    return pa.array(numbers, from_pandas=has_missing)


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


def one_column(where: str, found: str = "") -> DatasetError:
    """Return the error for a table without a feature."""
    return DatasetError(
        "The table has only one column",
        where=where,
        found=found,
        expected="the target and at least one feature; in text, separated by comma, semicolon, tab "
        "or |",
        to_do="Add the columns, or save it with one of these delimiters. The first line has the "
        "names of the columns: remove titles above it.",
    )


def check_columns(
    path: Path, names: Sequence[str], expected: Sequence[str], *, are_all: bool = False
) -> None:
    """Raise DatasetError where a file lacks columns, with the names that it has.

    Parameters
    ----------
    are_all
        Whether it may have no others.
    """
    present = set(names)
    missing = [name for name in expected if name not in present]
    others = sorted(present - set(expected)) if are_all else []
    if missing or others:
        raise DatasetError(
            "A column is not in every file of the dataset",
            where=f"{path.name}, column {quote((missing + others)[0])}",
            found=f"the columns {quote_all(names)}" if any(names) else "no names of columns",
            expected=quote_all(expected),
            to_do="Write every file with the same header, delimiter and encoding (in Spark: "
            '`.option("header", True)`), and start the run again.',
        )


def check_misfits(
    problem: str,
    column: pa.ChunkedArray,
    misfits: Mask,
    name: str,
    *,
    share: float = STRAY_SHARE,
    expected: str,
    to_do: str,
) -> int:
    """Return how many values do not fit, which may be some.

    Parameters
    ----------
    problem
        A sentence; "in <count> rows" is added.
    misfits
        Marks the values, shape (n_rows,).
    share
        Of the values that are not missing: what may not fit.

    Raises
    ------
    DatasetError
        If there are more; it shows the first with its row.
    """
    count = int(misfits.sum())
    if count > share * (len(column) - column.null_count):
        row = int(np.argmax(misfits))
        raise DatasetError(
            f"{problem}, in {count} rows",
            where=f"column {quote(name)}, first in data row {row + 1}",
            found=quote(column[row].as_py()),
            expected=expected,
            to_do=to_do,
        )
    return count
