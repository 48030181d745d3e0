"""Reads the files that the plan names, and only those, from a channel into one Arrow table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from sklearn_trainer.errors import DatasetError, PlanError
from sklearn_trainer.notes import Notes
from tunedrop_common.data_text import quote
from tunedrop_common.plan import Column, CsvDialect, Data, Part

NUMBER_KINDS = ("numeric", "constant", "empty")
TYPED_KINDS = ("boolean", "datetime")
CATEGORY_KINDS = ("categorical",)


def used_columns(data: Data) -> list[Column]:
    """Return all columns but the ignored."""
    return [column for column in data.columns if column.role != "ignored"]


def read_table(
    data: Data,
    part: Part,
    folder: Path,
    notes: Notes,
    *,
    numbers: Sequence[str] | None = None,
    without_role: str = "",
) -> pa.Table:
    """Read a part of the data.

    Parameters
    ----------
    folder
        The channel's folder.
    numbers
        The columns that are read as numbers; None takes the plan's word.
    without_role
        A role whose column this part need not have.
    """
    columns = [column for column in used_columns(data) if column.role != without_role]
    wanted = [column.name for column in columns]
    if numbers is None:
        numbers = [column.name for column in columns if column.kind in NUMBER_KINDS]
    numbers = [name for name in numbers if name in wanted]
    paths = [_inside(folder, name) for name in part.files]
    if not paths:
        raise PlanError(
            "The plan names no file of data",
            where=f"channel {folder.name}",
            to_do="Start the run again.",
        )
    typed = [column.name for column in columns if column.kind in TYPED_KINDS]
    categories = [column.name for column in columns if column.kind in CATEGORY_KINDS]
    if data.format == "parquet":  # each format's reader is imported only when there is any
        from sklearn_trainer.data.parquet_files import read_parquet_files

        return read_parquet_files(paths, wanted=wanted, numbers=numbers, typed=typed, notes=notes)
    from sklearn_trainer.data.csv_files import read_csv_files

    return read_csv_files(
        paths,
        data.csv or CsvDialect(),
        wanted=wanted,
        numbers=numbers,
        typed=typed,
        categories=categories,
        notes=notes,
    )


def number_columns(table: pa.Table) -> list[str]:
    """Return the names of the columns that were read as numbers."""
    return [field.name for field in table.schema if pa.types.is_floating(field.type)]


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise PlanError(
            "The plan names a file outside of its channel",
            found=quote(name),
            to_do="Start the run again.",
        )
    if not path.is_file():
        raise DatasetError(
            "A file of the plan is not in the channel",
            where=f"channel {folder.name}",
            expected=quote(name),
            to_do="Drop the dataset again; a file was replaced or removed during the run.",
        )
    return path
