"""Reads the Parquet files of a channel into one Arrow table, with numbers as float64.

The file's own types are kept where they mean something to `features`: text, times, booleans and
numbers. Dictionaries are decoded, points in time are brought to UTC, and text that the plan takes
for numbers is read as such. `parquet_numbers` reads what are numbers already.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sklearn_trainer.data.missing_words import without_marks, without_missing
from sklearn_trainer.data.number_text import numbers_in_text
from sklearn_trainer.data.parquet_faults import explained
from sklearn_trainer.data.parquet_numbers import read_parquet_numbers
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.notes import Notes
from tunedrop_common.column_names import unique_names


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
    columns = read_parquet_numbers(paths, numbers)
    others = [name for name in wanted if name not in columns]
    if others:
        table = _read_others(paths, others, numbers, typed, notes)
        columns |= dict(zip(others, table.columns, strict=True))
    return pa.table({name: columns[name] for name in wanted})


def _read_others(
    paths: Sequence[Path],
    wanted: Sequence[str],
    numbers: Sequence[str],
    typed: Sequence[str],
    notes: Notes,
) -> pa.Table:
    tables = [_with_plain_types(_read_one(path, wanted)) for path in paths]
    try:
        table = pa.concat_tables(tables, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise _other_types(paths, tables) from error
    for name in (*numbers, *typed):
        index = table.schema.get_field_index(name)
        if index >= 0 and pa.types.is_string(table.schema.field(index).type):
            column = without_missing(table.column(index))
            read = (
                numbers_in_text(column, name, ".", notes)
                if name in numbers
                else without_marks(column)
            )
            table = table.set_column(index, name, read)
    return table


def _other_types(paths: Sequence[Path], tables: Sequence[pa.Table]) -> DatasetError:
    """Name the first file and column whose type does not go with those of the files before."""
    known = {field.name: field.type for field in tables[0].schema}
    for path, table in zip(paths, tables, strict=True):
        for field in table.schema:
            try:
                types = [pa.schema({field.name: each}) for each in (known[field.name], field.type)]
                joined = pa.unify_schemas(types, promote_options="permissive")
            except (pa.ArrowInvalid, pa.ArrowTypeError):
                return DatasetError(
                    f"The part files disagree on the type of the column {field.name!r}",
                    where=path.name,
                    found=f"{field.type}, and {known[field.name]} before",
                    expected="the same type in all files",
                    to_do="Write all parts with one schema.",
                )
            known[field.name] = joined.field(0).type
    raise AssertionError("the types go together")


def _with_plain_types(table: pa.Table) -> pa.Table:
    for index, field in enumerate(table.schema):
        plain = _plain_type(field.type)
        if plain != field.type:
            # Whole numbers beyond 2^53 lose their last digits, as in any float64.
            column = table.column(index).cast(plain, safe=False)
            table = table.set_column(index, field.name, column)
    return table


def _read_one(path: Path, wanted: Sequence[str]) -> pa.Table:
    with explained(path):
        file = pq.ParquetFile(path)
        originals = file.schema_arrow.names
        names = unique_names(originals)
        missing = [name for name in wanted if name not in names]
        if not missing:
            positions = [names.index(name) for name in wanted]
            if len(set(originals)) < len(originals):  # then a name does not say which column
                return file.read().select(positions).rename_columns(list(wanted))
            chosen = [originals[position] for position in positions]
            return file.read(columns=chosen).select(chosen).rename_columns(list(wanted))
    raise DatasetError(
        "A column of the plan is not in the file",
        where=path.name,
        found=f"the columns {', '.join(map(repr, names[:50]))}",
        expected=repr(missing[0]),
        to_do="Write all parts with the same columns, and start the run again.",
    )


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
