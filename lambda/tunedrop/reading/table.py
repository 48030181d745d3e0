"""The table that PlanRun saw: what its samples say about columns and rows, whatever the format."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop.reading.columns import ColumnProfile
from tunedrop_common.plan import CsvDialect

MAX_COLUMNS = 20_000


@dataclass(frozen=True)
class Table:
    """Columns in the order of the file, and how many rows there are.

    `complete` says that the profiles rest on every row; `remarks` how the text was read, where that
    is not plain.
    """

    columns: tuple[ColumnProfile, ...]
    rows: int
    rows_exact: bool
    complete: bool
    dialect: CsvDialect | None
    remarks: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]
