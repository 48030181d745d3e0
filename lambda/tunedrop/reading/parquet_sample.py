"""From Parquet's own footer to columns and rows, with values of as many row groups as are cheap.

Row counts are exact where all footers were read. A column whose chunk is too large to look at keeps
the kind that its type says.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tunedrop.errors import DatasetError
from tunedrop.objects import DataFile
from tunedrop.reading.arrow_types import is_number, kind_by_type, plain, plain_schema, unusable
from tunedrop.reading.columns import (
    ColumnProfile,
    Table,
    check_width,
    numbered,
    profile_numbers,
    profile_strings,
    profile_values,
)
from tunedrop.reading.sampling import BudgetSpent, RangedFile
from tunedrop.storage import Bucket
from tunedrop_common.columns import unique_names
from tunedrop_common.data_text import quote, quote_all

# Footers are a few kB, but one of a table with thousands of columns and row groups has megabytes.
FOOTER_BUDGET = 16 * 1024 * 1024
MAX_FOOTERS = 64

VALUES_BUDGET = 8 * 1024 * 1024
_UNPACKED_LIMIT = 64 * 1024 * 1024
_MAX_ROWS = 50_000
_MOST_CELLS = 2_000_000


# The signature behind the footer of a file with encrypted columns: a nonce of 12 and a tag of 16
# bytes (the format's Encryption.md).
_SIGNATURE_BYTES = 28

_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")


@dataclass(frozen=True)
class _Footer:
    """An open Parquet file, of which only the footer was read."""

    file: DataFile
    parquet: pq.ParquetFile
    schema: pa.Schema  # ParquetFile makes it anew each time
    places: Mapping[str, int]  # of the columns among all leaves of nested ones


def read_parquet_table(
    bucket: Bucket, files: Sequence[DataFile], look_first: Sequence[str] = ()
) -> Table:
    """Read the footers of the files and the values that are cheap.

    Before others those of columns of some names, whatever their case, and of the last one.
    """
    chosen = files if len(files) <= MAX_FOOTERS else [files[0], *files[-(MAX_FOOTERS - 1) :]]
    footers = [_open(bucket, file) for file in chosen]
    _check_schemas(footers)
    counted = sum(footer.parquet.metadata.num_rows for footer in footers)
    exact = len(chosen) == len(files)
    if counted == 0:
        raise DatasetError(
            "The table has no rows", where=files[0].path, to_do="Drop it with its rows."
        )
    schema = footers[0].schema
    if len(schema.names) < 2:
        raise DatasetError(
            "The table has only one column",
            where=files[0].path,
            expected="the target and at least one feature",
            to_do="Add the columns to learn from.",
        )
    check_width(len(schema.names), files[0].path)
    names = unique_names(schema.names)
    _check_names(schema.names, files[0].path)
    wanted = {name.strip().lower() for name in look_first}
    first = {names[-1], *(name for name in names if name.lower() in wanted)}
    columns, complete, rows_seen = _profiles(names, footers, first)
    return Table(
        columns=columns,
        rows=counted if exact else round(counted * _bytes(files) / max(_bytes(chosen), 1)),
        rows_exact=exact,
        complete=exact and complete,
        dialect=None,
        numbered=rows_seen,
    )


def _open(bucket: Bucket, file: DataFile) -> _Footer:
    source = RangedFile(bucket, file, FOOTER_BUDGET + VALUES_BUDGET)
    try:
        parquet = pq.ParquetFile(pa.PythonFile(source, mode="r"), pre_buffer=False)
    except (BudgetSpent, pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise _broken(file.path, error) from error
    source.seek(-8, io.SEEK_END)
    length = int.from_bytes(source.read(4), "little")
    if length - parquet.metadata.serialized_size == _SIGNATURE_BYTES:  # Arrow aborts on them
        raise _broken(file.path, "encrypted columns")
    places = {parquet.schema.column(i).path: i for i in range(parquet.metadata.num_columns)}
    return _Footer(file, parquet, parquet.schema_arrow, places)


def _broken(where: str, found: object) -> DatasetError:
    return DatasetError(
        "The file cannot be read as Parquet",
        where=where,
        found=str(found).rstrip(".")[:300],
        expected="a complete, unencrypted Parquet file",
        to_do="Write and drop it again; a broken upload is the usual cause.",
    )


def _check_schemas(footers: Sequence[_Footer]) -> None:
    """Raise DatasetError for part files with other columns than the first, or of other kinds."""
    first, *others = footers
    known = plain_schema(first.schema)
    for footer in others:
        schema = plain_schema(footer.schema)
        try:
            other = quote_all(sorted({*known.names} ^ {*schema.names}))
            known = pa.unify_schemas([known, schema], promote_options="permissive")
            reason = f"columns that only one of both has: {other}" if other else ""
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            reason = str(error)
        if reason:
            raise DatasetError(
                f"The columns of a file differ from those of {first.file.path}",
                where=footer.file.path,
                found=reason,
                expected="the same columns with the same types in all files",
                to_do="Write all parts with one schema.",
            )


def _profiles(
    names: list[str], footers: Sequence[_Footer], first: set[str]
) -> tuple[tuple[ColumnProfile, ...], bool, dict[str, Sequence[int]]]:
    """Judge every column by the values that are cheap to read.

    Returns whether those were all, and the numbers of the values, too.
    """
    schema = footers[0].schema
    total = sum(f.parquet.metadata.num_rows for f in footers)
    budget = VALUES_BUDGET
    profiles: dict[int, ColumnProfile] = {}
    rows_seen: dict[str, Sequence[int]] = {}
    all_complete = True
    indexes = _indexes(schema)
    most_rows = max(1_000, min(_MAX_ROWS, _MOST_CELLS // len(names)))
    for position in sorted(range(len(names)), key=lambda each: names[each] not in first):
        name, field = names[position], schema.field(position)
        reason = unusable(field.type)
        if _UNNAMED_INDEX.fullmatch(name) and name in indexes:
            reason = "is the index of a pandas table"
        if reason:
            profiles[position] = ColumnProfile(
                name, "text", total, 0, 0, index=name in indexes, unusable=reason
            )
            continue
        values, spent = _values(footers, field.name, budget, most_rows)
        budget -= spent
        complete = values is not None and len(values) == total
        all_complete &= complete
        if values is not None:
            rows_seen[name] = numbered(values.to_pylist())
        profile = _profile(name, field.type, values, total)
        profiles[position] = replace(profile, index=field.name in indexes)
    return tuple(profiles[position] for position in range(len(names))), all_complete, rows_seen


def _indexes(schema: pa.Schema) -> set[str]:
    """Return the columns that pandas wrote as the table's index, after all others."""
    try:
        found = (schema.pandas_metadata or {}).get("index_columns", ())
    except (ValueError, AttributeError):  # no JSON, or no object: a damaged or foreign remark
        return set()
    return {name for name in found if isinstance(name, str)} if isinstance(found, list) else set()


def _values(
    footers: Sequence[_Footer], name: str, budget: int, most_rows: int
) -> tuple[pa.ChunkedArray | None, int]:
    """Read a column's values, row group by row group, as far as budget and rows reach."""
    chunks: list[pa.Array] = []
    rows = spent = 0
    for footer in footers:
        for group in range(footer.parquet.metadata.num_row_groups):
            size = _chunk_bytes(footer, group, name)
            if rows >= most_rows or size is None or spent + size > budget:
                return _joined(chunks, name), spent
            try:
                column = footer.parquet.read_row_group(group, columns=[name]).column(0)
            except (BudgetSpent, pa.ArrowNotImplementedError):
                return _joined(chunks, name), spent
            except (pa.ArrowException, OSError) as error:
                raise _broken(footer.file.path, error) from error
            spent += size
            column = plain(column)
            chunks += column.chunks
            rows += len(column)
    return _joined(chunks, name), spent


def _joined(chunks: list[pa.Array], name: str) -> pa.ChunkedArray | None:
    """Join what was read, as the training container does: 1 in one file, 1.0 or null in another."""
    if not chunks:
        return None
    parts = [pa.table({name: chunk}) for chunk in chunks]
    return pa.concat_tables(parts, promote_options="permissive").column(0)


def _chunk_bytes(footer: _Footer, group: int, name: str) -> int | None:
    """Return what reading a column of a row group costs; None when it would unpack to too much."""
    chunk = footer.parquet.metadata.row_group(group).column(footer.places[name])
    if chunk.total_uncompressed_size > _UNPACKED_LIMIT:
        return None
    return int(chunk.total_compressed_size)


def _profile(
    name: str, kind: pa.DataType, values: pa.ChunkedArray | None, total: int
) -> ColumnProfile:
    if values is None:
        return ColumnProfile(name, kind_by_type(kind), total, 0, 0, unseen=True)
    if pa.types.is_null(kind):  # in the first file
        kind = values.type
    missing = values.null_count
    present: list[Any] = values.drop_null().to_pylist()
    if is_number(kind):
        numbers = [float(v) for v in present]
        finite = [v for v in numbers if v == v]
        return profile_numbers(name, finite, missing + len(numbers) - len(finite))
    if pa.types.is_boolean(kind):
        return profile_values(name, "boolean", present, missing)
    if pa.types.is_temporal(kind):
        return profile_values(name, "datetime", [str(v) for v in present], missing)
    return profile_strings(name, [str(value) for value in present], missing)


def _check_names(names: Sequence[str], where: str) -> None:
    equal = sorted(name for name, count in Counter(names).items() if count > 1)
    if equal:
        raise DatasetError(
            "Two columns have the same name",
            where=where,
            found=quote(equal[0]),
            to_do="Give every column a name of its own.",
        )


def _bytes(files: Sequence[DataFile]) -> int:
    return sum(f.version.bytes for f in files)
