"""The table that PlanRun saw: what its samples say about columns and rows, whatever the format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunedrop.datasets.file_names import Format
from tunedrop.datasets.layout import DataFile
from tunedrop.errors import DatasetError
from tunedrop.reading.columns import ColumnProfile
from tunedrop.storage import Bucket
from tunedrop_common.plan import CsvDialect

MAX_COLUMNS = 20_000


@dataclass(frozen=True)
class Table:
    """Columns in the order of the file, and how many rows there are.

    `complete` says that the profiles rest on every row; `remarks` how the text was read, where that
    is not plain, `warnings` where it may be wrong.
    """

    columns: tuple[ColumnProfile, ...]
    rows: int
    rows_exact: bool
    complete: bool
    dialect: CsvDialect | None
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]


def look_at(
    bucket: Bucket, files: Sequence[DataFile], file_format: Format, target: str | None = None
) -> Table:
    """Look at bounded pieces of a table's files, above all at the target's if it is known."""
    if file_format == "csv":
        from tunedrop.reading.csv_sample import read_csv_table
        from tunedrop.reading.sampling import sample_text

        table = read_csv_table(sample_text(bucket, files))
    else:
        from tunedrop.reading.parquet_sample import read_parquet_table

        table = read_parquet_table(bucket, files, target)
    if len(table.columns) > MAX_COLUMNS:
        raise DatasetError(
            "The table has too many columns",
            where=files[0].version.key,
            found=f"{len(table.columns)} columns",
            expected=f"at most {MAX_COLUMNS}",
            to_do="Leave out columns, or combine them before you drop the table.",
        )
    return table
