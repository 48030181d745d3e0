"""What Arrow's types mean here: the kind of a column, its plain form, and which cannot be used."""

from __future__ import annotations

from typing import Literal

import pyarrow as pa


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return the usable columns with the types that they have once their values are plain."""
    columns = ((f.name, _plain_type(f.type)) for f in schema if not unusable(f.type))
    return pa.schema(list(columns))


def kind_by_type(kind: pa.DataType) -> Literal["numeric", "boolean", "datetime", "categorical"]:
    """Return the kind of a column none of whose values was read."""
    if is_number(kind):
        return "numeric"
    if pa.types.is_boolean(kind):
        return "boolean"
    return "datetime" if pa.types.is_temporal(kind) else "categorical"


def is_number(kind: pa.DataType) -> bool:
    """Whether values of this type are numbers."""
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Undo dictionaries, and bring times to one form that Python can hold."""
    return column.cast(_plain_type(column.type))


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_temporal(kind):
        return {32: pa.int32(), 64: pa.int64()}.get(kind.bit_width, pa.string())
    return kind


def unusable(kind: pa.DataType) -> str:
    """Say why no column of this type is used; "" where one can be."""
    if pa.types.is_dictionary(kind):
        return unusable(kind.value_type)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return f"holds {str(kind).partition('<')[0]} values"
    if pa.types.is_fixed_size_binary(kind):
        return "holds binary values"
    return ""
