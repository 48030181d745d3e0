"""Reads the plain numbers of Parquet files straight into the memory that fit() gets.

A few columns at a time, and of these some rows at a time, in threads: so that little is needed
beside the numbers themselves, however large the row groups are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sklearn_trainer.data.number_block import NumberBlock
from sklearn_trainer.data.parquet_faults import explained
from sklearn_trainer.process.threads import map_in_threads
from tunedrop_common.column_names import unique_names

BATCH_BYTES = 2 * 2**20
"""What is decoded at a time: it stays in the processor's cache."""

TASK_BYTES = 8 * 2**20
"""How much of a file one thread reads before it looks for more: pages of all columns are in memory
at once, so that fewer columns at a time need less of it, and more have the file opened less often.
"""

_LEAST_ROWS = 2**10
_BUFFER_BYTES = 2**18
_WIDTH = np.dtype(np.float64).itemsize


def read_parquet_numbers(paths: Sequence[Path], names: Sequence[str]) -> dict[str, pa.ChunkedArray]:
    """Return those of the columns that are integers or floats in all files, NaN as null."""
    known = [_metadata(path) for path in paths]
    plain = set(names).intersection(*(_plain(each.schema) for each in known))
    columns = [name for name in names if name in plain]
    if not columns:
        return {}
    starts = np.concatenate(([0], np.cumsum([each.num_rows for each in known]))).tolist()
    block = NumberBlock(columns, starts[-1])
    tasks = [
        _Task(path, each, start, first, last)
        for path, each, start in zip(paths, known, starts, strict=False)
        for first, last in _groups(len(columns), each.num_rows)
    ]
    map_in_threads(lambda task: task.read_into(block), tasks)
    return block.arrays()


@dataclass(frozen=True)
class _Task:
    """Some neighbouring columns of a block in one file, whose first row is the block's `start`."""

    path: Path
    known: pq.FileMetaData
    start: int
    first: int
    last: int

    def read_into(self, block: NumberBlock) -> None:
        names, columns = block.names[self.first : self.last], range(self.first, self.last)
        row = self.start
        with (
            explained(self.path),
            pq.ParquetFile(self.path, metadata=self.known, buffer_size=_BUFFER_BYTES) as file,
        ):
            rows = max(_LEAST_ROWS, BATCH_BYTES // (len(names) * _WIDTH))
            for batch in file.iter_batches(rows, columns=list(names), use_threads=False):
                end = row + len(batch)
                self._check(end, is_last=False)
                for name, column in zip(names, columns, strict=True):
                    numbers = batch.column(name).to_numpy(zero_copy_only=False)
                    block.fill(slice(row, end), slice(column, column + 1), numbers[:, np.newaxis])
                row = end
            self._check(row, is_last=True)

    def _check(self, end: int, *, is_last: bool) -> None:
        """Refuse another number of rows than the footer has: places would be left, or missing."""
        promised, found = self.known.num_rows, end - self.start
        if found > promised or (is_last and found < promised):
            raise pa.ArrowInvalid(f"{found} rows where its footer has {promised}")


def _metadata(path: Path) -> pq.FileMetaData:
    with explained(path):
        return pq.read_metadata(path)


def _plain(schema: pq.ParquetSchema) -> set[str]:
    """Return the columns of numbers that the plan calls as the file does, and no other column."""
    fields = list(schema.to_arrow_schema())
    paths = Counter(schema.column(index).path for index in range(len(schema)))
    names = unique_names([field.name for field in fields])
    return {
        name
        for name, field in zip(names, fields, strict=True)
        if name == field.name and paths[name] == 1 and _is_number(field.type)
    }


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _groups(columns: int, rows: int) -> list[tuple[int, int]]:
    """Return the first and the last column, exclusive, of what each task reads."""
    tasks = max(1, min(columns, columns * rows * _WIDTH // TASK_BYTES))
    ends = np.linspace(0, columns, tasks + 1).astype(int).tolist()
    return list(pairwise(ends))
