"""Reads the Parquet files of a channel into one Arrow table, with numbers as float64.

The file's own types are kept where they mean something to `features`: text, times, booleans and
numbers. Dictionaries are decoded, points in time are brought to UTC, and text that the plan takes
for numbers is read as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sklearn_trainer.data import values
from sklearn_trainer.data.words import numbers_in_text, without_marks, without_missing
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.notes import Notes
from tunedrop_common.columns import unique_names

# How much of the table is decoded at a time: whole columns, which threads decode side by side.
DECODED_BYTES = 24 * 2**20

# Pages are read this much at a time, instead of all of a row group at once.
BUFFER_BYTES = 2**18


def read_parquet_files(
    paths: Sequence[Path],
    *,
    wanted: Sequence[str],
    notes: Notes,
    numbers: Sequence[str] = (),
    typed: Sequence[str] = (),
) -> pa.Table:
    """Read `wanted` columns of all files, in the order of the files.

    Parameters
    ----------
    numbers, typed
        The columns of numbers, and those of dates and booleans. Where they are text, the words for
        missing values are told apart; elsewhere any text is a value.
    """
    files = [_open(path, wanted) for path in paths]
    rows = sum(file.opened.metadata.num_rows for file in files)
    step = max(1, DECODED_BYTES // (8 * max(1, rows)))
    columns: dict[str, pa.ChunkedArray] = {}
    for start in range(0, len(wanted), step):
        names = wanted[start : start + step]
        tables = [_with_plain_types(file.read(names)) for file in files]
        table = _joined(paths, tables)
        for name in names:
            column = _known(table.column(name), name, numbers, typed, notes)
            if name in numbers and pa.types.is_floating(column.type):  # in one array, NaN as null
                column = pa.chunked_array([values.number_column(values.floats(column))])
            columns[name] = column
    return pa.table(columns)


def _known(
    column: pa.ChunkedArray, name: str, numbers: Sequence[str], typed: Sequence[str], notes: Notes
) -> pa.ChunkedArray:
    """Return a column without the words for missing values, where text is not a value."""
    if pa.types.is_string(column.type) and name in numbers:
        return numbers_in_text(without_missing(column), name, ".", notes)
    if pa.types.is_string(column.type) and name in typed:
        return without_marks(without_missing(column))
    return column


@dataclass(frozen=True)
class _File:
    """An opened file, and the names of its columns as the plan has them."""

    path: Path
    opened: pq.ParquetFile
    names: Sequence[str]

    def read(self, wanted: Sequence[str]) -> pa.Table:
        originals = self.opened.schema_arrow.names
        positions = [self.names.index(name) for name in wanted]
        chosen = [originals[position] for position in positions]
        with _explained(self.path):
            if len(set(originals)) < len(originals):  # then a name does not say which column
                table = self.opened.read().select(positions)
            else:
                table = self.opened.read(columns=chosen).select(chosen)
            promised = self.opened.metadata.num_rows
            if len(table) != promised:
                raise pa.ArrowInvalid(f"{len(table)} rows where its footer has {promised}")
        return table.rename_columns(list(wanted))


def _open(path: Path, wanted: Sequence[str]) -> _File:
    with _explained(path):
        opened = pq.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False)
    names = unique_names(opened.schema_arrow.names)
    values.check_columns(path, names, wanted)
    return _File(path, opened, names)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Report what Arrow raises about a file as the error for people."""
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        raise DatasetError(
            "The file cannot be read as Parquet",
            where=path.name,
            found=str(error).rstrip(".")[:300],
            to_do="Write it without encryption of its own."
            if "decrypt" in str(error)
            else "Write the file again; a broken upload is the usual cause.",
        ) from error


def _joined(paths: Sequence[Path], tables: Sequence[pa.Table]) -> pa.Table:
    """Return all rows; raise DatasetError for the first file of other types than those before."""
    schema = tables[0].schema
    for path, table in zip(paths, tables, strict=True):
        try:
            schema = pa.unify_schemas([schema, table.schema], promote_options="permissive")
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise DatasetError(
                "The part files disagree on the type of a column",
                where=path.name,
                found=str(error)[:300],
                expected="the same type in all files",
                to_do="Write all parts with one schema.",
            ) from error
    return pa.concat_tables(tables, promote_options="permissive")


def _with_plain_types(table: pa.Table) -> pa.Table:
    for index, field in enumerate(table.schema):
        plain = _plain_type(field.type)
        if plain != field.type:
            # Whole numbers beyond 2^53 lose their last digits, as in any float64.
            column = table.column(index).cast(plain, safe=False)
            table = table.set_column(index, field.name, column)
    return table


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pa.float64()
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pa.timestamp("us", "UTC")
    return kind
