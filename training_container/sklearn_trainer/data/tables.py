"""Reads the tables of a dataset: for a plan, all of the files; for a job, what the plan names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa

from sklearn_trainer.data.column_profiles import ColumnProfile, as_index, profile_column
from sklearn_trainer.data.values import Mask, one_column
from sklearn_trainer.errors import DatasetError, PlanError
from sklearn_trainer.job_warnings import JobWarnings
from tunedrop_common.data_text import quote
from tunedrop_common.plan import ChannelFiles, CsvDialect, Data, Kind

MAX_COLUMNS: Final = 20_000


@dataclass(frozen=True)
class Table:
    """A table that was read to plan a run.

    `is_complete` says that the profiles rest on every row, `rows` how many there are, estimated
    otherwise. `kinds` are those that tuning.yaml names, `indexes` the columns that the writer calls
    its index, `missing_words` of each column the first word that counts as missing.
    """

    rows: int
    is_complete: bool
    dialect: CsvDialect | None
    data: pa.Table
    kinds: Mapping[str, Kind]
    indexes: Collection[str]
    missing_words: Mapping[str, str]
    columns: tuple[ColumnProfile, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> ColumnProfile:
        """Return the profile of a column."""
        return next(column for column in self.columns if column.name == name)

    @property
    def decimal(self) -> str:
        """The decimal sign of numbers that are written as text."""
        return self.dialect.decimal if self.dialect else "."

    @property
    def parsing_decisions(self) -> tuple[str, ...]:
        """How the text is read, where that is not plain."""
        from sklearn_trainer.data.csv_tables import describe_dialect

        return describe_dialect(self.dialect) if self.dialect else ()

    def profile(self, name: str) -> ColumnProfile:
        """Return what the rows show of a column."""
        profile = profile_column(name, self.data.column(name), self.decimal, self.kinds.get(name))
        profile = replace(profile, missing_word=self.missing_words.get(name, ""))
        return as_index(profile) if name in self.indexes else profile

    def with_rows(self, rows: Mask) -> Table:
        """Return the table of some rows, its columns profiled by these."""
        table = replace(self, data=self.data.filter(pa.array(rows)))
        # A column that counts all rows does not count those that are left.
        columns = (replace(table.profile(c.name), identifier=c.identifier) for c in self.columns)
        return replace(table, columns=tuple(columns))


def inspect_table(
    paths: Sequence[Path],
    file_format: Literal["csv", "parquet"],
    *,
    kinds: Mapping[str, Kind] | None = None,
    is_complete: bool = True,
) -> Table:
    """Read all rows and columns of files, and profile the columns.

    Parameters
    ----------
    kinds
        The kinds of columns that tuning.yaml names.
    is_complete
        Whether the files are all of the dataset, not a sample of it.

    Raises
    ------
    DatasetError
        If the files are no table.
    """
    dialect = None
    missing_words: dict[str, str] = {}
    indexes: Collection[str] = ()
    if file_format == "csv":
        from sklearn_trainer.data.csv_faults import check_last_row
        from sklearn_trainer.data.csv_tables import read_csv_table

        data, dialect, missing_words = read_csv_table(paths, kinds or {})
        if is_complete and len(data):
            check_last_row(data, paths[-1].name)
        if dialect.unnamed_column == "first":
            indexes = data.column_names[:1]
    else:
        from sklearn_trainer.data.parquet_files import index_columns, read_parquet_table

        data = read_parquet_table(paths)
        indexes = index_columns(paths[0])
    if len(data) == 0:
        raise DatasetError(
            "The table has no rows", where=paths[0].name, to_do="Drop it with its rows."
        )
    check_width(data.num_columns, paths[0].name)
    table = Table(len(data), is_complete, dialect, data, kinds or {}, indexes, missing_words)
    return replace(table, columns=tuple(map(table.profile, data.column_names)))


def check_width(columns: int, where: str) -> None:
    """Raise DatasetError for fewer or more columns than a plan can use."""
    if columns < 2:
        raise one_column(where)
    if columns > MAX_COLUMNS:
        raise DatasetError(
            "The table has too many columns",
            where=where,
            found=f"{columns} columns",
            expected=f"at most {MAX_COLUMNS}",
            to_do="Remove columns, or combine them before you drop the table.",
        )


def read_table(
    data: Data,
    part: ChannelFiles,
    folder: Path,
    job_warnings: JobWarnings,
    *,
    without_role: str = "",
) -> pa.Table:
    """Read the columns of a part of the data that the plan uses.

    Parameters
    ----------
    folder
        The channel's folder.
    without_role
        A role whose column this part need not have.
    """
    columns = [entry for entry in data.columns if entry.role not in ("ignored", without_role)]
    column_names = [column.name for column in columns]
    paths = [_inside(folder, name) for name in part.files]
    categories = [column.name for column in columns if column.kind == "categorical"]
    if data.format == "parquet":  # each format's reader is imported only when there is any
        from sklearn_trainer.data.parquet_files import read_parquet_files

        return read_parquet_files(paths, column_names=column_names, categories=categories)
    from sklearn_trainer.data.csv_files import read_csv_files

    dialect = data.csv or CsvDialect()
    numbers = [
        column.name for column in columns if column.kind == "numeric" and not column.has_unparsable
    ]
    table, encoding = read_csv_files(
        paths, dialect, column_names=column_names, numbers=numbers, categories=categories
    )
    if encoding != dialect.encoding:
        job_warnings.add(
            f"The text is not valid {dialect.encoding}; it was read as {encoding} (Windows "
            "Latin-1). Save it as UTF-8 if words look wrong."
        )
    return table


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
