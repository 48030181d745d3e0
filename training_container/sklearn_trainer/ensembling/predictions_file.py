"""The file of a training job's out-of-fold predictions, which Confirm reads back as a hostile one.

Parquet, with an entry for each scored row of each fold in their order: `row` (its place among the
training rows) and `fold` as int32, then `value_0` and so on as float32: the prediction of a
regression, the probability of the second of two classes, or that of each class.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sklearn_trainer.data.folds import Fold
from sklearn_trainer.data.target import Labels

PREDICTIONS_FILE = "predictions.parquet"
MOST_BYTES = 4 * 2**20

# Predictions of more bytes are not worth an attempt: they hardly pack.
MOST_UNPACKED_BYTES = 2 * MOST_BYTES

# What a file's pages may have besides its values.
_OVERHEAD_BYTES = 2**20

_PLACES = ("row", "fold")


@dataclass(frozen=True)
class Entries:
    """Which rows were predicted, in the order of the file."""

    rows: npt.NDArray[np.int32]
    folds: npt.NDArray[np.int32]

    @classmethod
    def of(cls, folds: Sequence[Fold]) -> Entries:
        """Return the entries of these folds: the scored rows of one after the other."""
        scored = [validation for _, validation in folds]
        numbers = [np.full(len(rows), number) for number, rows in enumerate(scored)]
        return cls(np.concatenate(scored).astype(np.int32), np.concatenate(numbers).astype("i4"))

    def among(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the places of the entries that predict one of these rows."""
        return np.flatnonzero(np.isin(self.rows, rows))


def target_checksum(y: Labels) -> str:
    """Return SHA-256 of the training rows' targets in their order."""
    return hashlib.sha256(f"{y.dtype.str} ".encode() + y.tobytes()).hexdigest()


def pack(entries: Entries, values: npt.NDArray[np.float32]) -> bytes | None:
    """Return the file, or None where it would have more than `MOST_BYTES`."""
    import pyarrow.parquet as pq  # not before it is known that there is an ensemble

    if values.nbytes > MOST_UNPACKED_BYTES:
        return None
    names = _value_names(values.shape[1])
    columns = [entries.rows, entries.folds, *np.ascontiguousarray(values.T)]
    buffer = pa.BufferOutputStream()
    pq.write_table(
        pa.table(dict(zip((*_PLACES, *names), map(pa.array, columns), strict=True))),
        buffer,
        compression="zstd",
        use_dictionary=["fold"],
        use_byte_stream_split=names,
    )
    content = buffer.getvalue().to_pybytes()
    return content if len(content) <= MOST_BYTES else None


def unpack(content: bytes, expected: Entries, columns: int) -> npt.NDArray[np.float32]:
    """Return the values, of shape (entries, columns).

    Raises
    ------
    ValueError
        When it is not what `pack` writes for these entries.
    """
    import pyarrow.parquet as pq

    names = (*_PLACES, *_value_names(columns))
    file = pq.ParquetFile(pa.BufferReader(content))
    about, kinds = file.metadata, file.schema_arrow.types
    if tuple(file.schema_arrow.names) != names or kinds != _types(columns):
        raise ValueError("it has other columns")
    if about.num_rows != len(expected.rows):
        raise ValueError("it has another number of rows")
    groups = [about.row_group(number) for number in range(about.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > _most_unpacked(expected, columns):
        raise ValueError("it unpacks to too many bytes")
    table = file.read()
    row, fold = (table.column(name).to_numpy() for name in _PLACES)
    if not (np.array_equal(row, expected.rows) and np.array_equal(fold, expected.folds)):
        raise ValueError("it is about other rows or folds")
    values = np.column_stack([table.column(name).to_numpy() for name in names[len(_PLACES) :]])
    if not np.isfinite(values).all():
        raise ValueError("a prediction is not finite")
    return values


def _value_names(columns: int) -> list[str]:
    return [f"value_{number}" for number in range(columns)]


def _types(columns: int) -> list[pa.DataType]:
    return [*(pa.int32() for _ in _PLACES), *(pa.float32() for _ in range(columns))]


def _most_unpacked(entries: Entries, columns: int) -> int:
    return 2 * len(entries.rows) * 4 * (columns + len(_PLACES)) + _OVERHEAD_BYTES
