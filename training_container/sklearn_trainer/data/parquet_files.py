"""Reads Parquet files into one Arrow table, with numbers as float64.

The file's own types are kept where they mean something to a schema: text, times, booleans and
numbers. Points in time are brought to UTC.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sklearn_trainer.data import values
from sklearn_trainer.data.column_names import unique_names
from sklearn_trainer.data.text_parsing import clean_text
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.process.resources import Memory
from tunedrop_common.data_text import quote

# What a number takes in the table; the text of a word takes more.
DECODED_NUMBER_BYTES = 8

# How much of the table is decoded at a time: whole columns, which threads decode side by side.
DECODED_BYTES = 24 * 2**20

# Pages are read this much at a time, instead of all of a row group at once.
BUFFER_BYTES = 2**18

# The signature behind the footer of a file with encrypted columns: a nonce of 12 and a tag of 16
# bytes (the format's Encryption.md).
_SIGNATURE_BYTES = 28

_COPIED_ROWS = 10_000  # at a time


def read_parquet_files(
    paths: Sequence[Path], *, column_names: Sequence[str], categories: Sequence[str] = ()
) -> pa.Table:
    """Read `column_names` columns of all files, in the order of the files.

    Parameters
    ----------
    categories
        The columns of few distinct words: they come back as dictionaries, trimmed.
    """
    files = [_open(path, column_names, categories) for path in paths]
    rows = sum(file.opened.metadata.num_rows for file in files)
    if DECODED_NUMBER_BYTES * rows * len(column_names) > Memory.read().limit:
        raise MemoryError
    step = max(1, DECODED_BYTES // (DECODED_NUMBER_BYTES * max(1, rows)))
    columns: dict[str, pa.ChunkedArray] = {}
    for start in range(0, len(column_names), step):
        names = column_names[start : start + step]
        tables = [_with_plain_types(file.read(names), categories) for file in files]
        table = _joined(paths, tables)
        columns |= {name: _plain_column(table.column(name)) for name in names}
    return pa.table(columns)


def plain_table(table: pa.Table) -> pa.Table:
    """Return a table with the types that `apply_schema` takes."""
    plain = _with_plain_types(table, ())
    return pa.table([_plain_column(column) for column in plain.columns], names=plain.column_names)


def read_parquet_table(paths: Sequence[Path]) -> pa.Table:
    """Read all columns of files that have the same ones.

    Raises
    ------
    DatasetError
        If the files have other columns than the first, or equal names.
    """
    with _explained(paths[0]):
        schema = pq.read_schema(paths[0])
    for path in paths[1:]:
        with _explained(path):
            names = pq.read_schema(path).names
        values.check_columns(path, names, schema.names, are_all=True)
    words = [field.name for field in schema if values.is_text(_plain_type(field.type))]
    return read_parquet_files(paths, column_names=unique_names(schema.names), categories=words)


@dataclass(frozen=True)
class RowGroup:
    """A row group of a file: its place, its size, and its bytes from `start` to before `end`."""

    index: int
    rows: int
    columns: int
    start: int
    end: int


def survey(path: Path) -> list[RowGroup]:
    """Return the row groups of a file, by its footer.

    Raises
    ------
    DatasetError
        If it is not Parquet or is damaged.
    """
    with _explained(path):
        metadata = pq.read_metadata(path)
        if _footer_bytes(path) - metadata.serialized_size == _SIGNATURE_BYTES:
            raise pa.ArrowInvalid("encrypted columns")  # Arrow ends the process when it reads them
        groups = []
        for index in range(metadata.num_row_groups):
            group = metadata.row_group(index)
            chunks = [group.column(i) for i in range(group.num_columns)]
            starts = [
                min(filter(None, (chunk.dictionary_page_offset, chunk.data_page_offset)), default=0)
                for chunk in chunks
            ]
            ends = [
                start + c.total_compressed_size for start, c in zip(starts, chunks, strict=True)
            ]
            groups.append(
                RowGroup(index, group.num_rows, group.num_columns, min(starts), max(ends))
            )
    return groups


def _footer_bytes(path: Path) -> int:
    with path.open("rb") as file:
        file.seek(-8, io.SEEK_END)
        return int.from_bytes(file.read(4), "little")


def copy_rows(path: Path, target: Path, groups: Sequence[int], most: int, text_bytes: int) -> int:
    """Copy the first rows of row groups to a file of their own; return how many.

    Parameters
    ----------
    most, text_bytes
        Rows, and bytes of decoded text, that are copied of each row group; one row in any case.
    """
    copied = 0
    with _explained(path):
        words = [f.name for f in pq.read_schema(path) if values.is_text(_plain_type(f.type))]
        file = pq.ParquetFile(
            path, buffer_size=BUFFER_BYTES, pre_buffer=False, read_dictionary=words
        )
        with pq.ParquetWriter(target, file.schema_arrow) as writer:
            for group in groups:
                batches = file.iter_batches(batch_size=min(most, _COPIED_ROWS), row_groups=[group])
                rows_left, bytes_left = most, text_bytes
                while min(rows_left, bytes_left) > 0 and (batch := next(batches, None)) is not None:
                    sizes = np.cumsum(values.count_text_bytes(batch))
                    fitting = max(1, int(np.searchsorted(sizes, bytes_left, side="right")))
                    batch = batch.slice(0, min(rows_left, fitting))
                    writer.write_batch(batch)
                    copied += len(batch)
                    rows_left -= len(batch)
                    bytes_left -= int(sizes[min(fitting, len(sizes) - 1)])
    return copied


def index_columns(path: Path) -> frozenset[str]:
    """Return the columns that pandas wrote as the table's index, after all others."""
    try:
        names = (pq.read_schema(path).pandas_metadata or {}).get("index_columns", ())
    except (ValueError, AttributeError, RecursionError):  # no JSON, no object, or nested deeply
        return frozenset()
    is_list = isinstance(names, list)
    return frozenset(name for name in names if isinstance(name, str)) if is_list else frozenset()


@dataclass(frozen=True)
class _File:
    """An opened file, and the names of its columns as the plan has them."""

    path: Path
    opened: pq.ParquetFile
    names: Sequence[str]

    def read(self, column_names: Sequence[str]) -> pa.Table:
        originals = self.opened.schema_arrow.names
        chosen = [originals[self.names.index(name)] for name in column_names]
        with _explained(self.path):
            table = self.opened.read(columns=chosen).select(chosen)
            promised = self.opened.metadata.num_rows
            if len(table) != promised:
                raise pa.ArrowInvalid(f"{len(table)} rows where its footer has {promised}")
        table = table.rename_columns(list(column_names))
        for name, column in zip(column_names, table.columns, strict=True):
            _check_text(column, name, self.path)
        return table


def _open(path: Path, column_names: Sequence[str], categories: Sequence[str]) -> _File:
    with _explained(path):
        opened = pq.ParquetFile(
            path, buffer_size=BUFFER_BYTES, pre_buffer=False, read_dictionary=list(categories)
        )
        originals = opened.schema_arrow.names
        if len(set(originals)) < len(originals):
            raise pa.ArrowInvalid("two columns with the same name")
    names = unique_names(originals)
    values.check_columns(path, names, column_names)
    return _File(path, opened, names)


def unreadable(path: Path, reason: str) -> DatasetError:
    """Return the error for a file that is damaged, encrypted or unlike the others."""
    return DatasetError(
        "The file cannot be read as Parquet",
        where=path.name,
        found=reason.rstrip(".")[:300],
        expected="a complete file without encryption, with the schema of all other files",
        to_do="Write the file again; a broken upload is the usual cause.",
    )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Report what Arrow raises about a file as the error for people."""
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowTypeError, OSError) as error:
        raise unreadable(path, str(error)) from error


def _check_text(column: pa.ChunkedArray, name: str, path: Path) -> None:
    """Raise DatasetError for text that is not UTF-8: Arrow reads it, and fails where it is used."""
    if not values.is_text(_plain_type(column.type)):
        return
    try:
        for chunk in column.chunks:
            chunk.validate(full=True)
            if pa.types.is_dictionary(column.type):
                chunk.dictionary.validate(full=True)
    except pa.ArrowInvalid as error:
        raise DatasetError(
            "A column has text that is not UTF-8",
            where=f"{path.name}, column {quote(name)}",
            expected="strings as UTF-8, as the format demands",
            to_do="Decode the texts before you write the file, or leave the column out.",
        ) from error


def _joined(paths: Sequence[Path], tables: Sequence[pa.Table]) -> pa.Table:
    """Return all rows; raise DatasetError for the first file of other types than those before."""
    schema = tables[0].schema
    for path, table in zip(paths, tables, strict=True):
        with _explained(path):
            schema = pa.unify_schemas([schema, table.schema], promote_options="permissive")
    return pa.concat_tables(tables, promote_options="permissive")


def _with_plain_types(table: pa.Table, categories: Sequence[str]) -> pa.Table:
    fields = []
    for field in table.schema:
        plain = _plain_type(field.type)
        if field.name in categories and pa.types.is_string(plain):
            plain = pa.dictionary(pa.int32(), plain)
        fields.append(pa.field(field.name, plain))
    # Whole numbers beyond 2^53 lose their last digits, as in any float64.
    return table.cast(pa.schema(fields), safe=False)


def _plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return numbers in one array, NaN as null, and the words of a dictionary trimmed."""
    if pa.types.is_floating(column.type):
        return pa.chunked_array([values.number_column(values.floats(column))])
    return clean_text(column) if pa.types.is_dictionary(column.type) else column


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
