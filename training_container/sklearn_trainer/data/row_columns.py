"""The columns that say something about rows: how much they count, what belongs together, when.

They decide how rows are split and scored. Of the three, only the time is a feature as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sklearn_trainer.data import values
from sklearn_trainer.data.frames import read_floats
from sklearn_trainer.data.text_parsing import TextColumn
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.job_warnings import JobWarnings
from tunedrop_common.data_text import quote
from tunedrop_common.plan import Column, Plan

NEEDED_AT_LEAST = 2


@dataclass(frozen=True)
class RowColumns:
    """What is said about each row of a table; None where no column says it."""

    weights: values.Floats | None = None
    groups: npt.NDArray[Any] | None = None
    times: npt.NDArray[Any] | None = None

    def take(self, rows: npt.NDArray[Any]) -> RowColumns:
        """Return the same of some rows, by a mask or by their numbers."""
        columns = (self.weights, self.groups, self.times)
        return RowColumns(*(None if column is None else column[rows] for column in columns))


def read_row_columns(
    table: pa.Table, plan: Plan, job_warnings: JobWarnings, *, test: bool = False
) -> tuple[RowColumns, values.Mask]:
    """Return what the columns say, and a mask of the rows of which they say it.

    Of the test part only the weights matter.
    """
    planned = {column.role: column for column in plan.data.columns}
    rows = "test rows" if test else "rows"
    usable = np.ones(len(table), dtype=np.bool_)
    weights, groups, times = None, None, None
    if "weight" in planned:
        weights = _weights(table, planned["weight"], plan.data.decimal)
        usable &= _known(weights, f"{rows} without a weight", job_warnings)
    if "group" in planned and not test:
        groups = _groups(table, planned["group"].name, job_warnings)
    if "time" in planned and not test:
        times = _times(table, planned["time"], plan.data.decimal)
        usable &= _known(times, f"{rows} without a time", job_warnings)
    return RowColumns(weights, groups, times), usable


def _known(numbers: values.Floats, others: str, job_warnings: JobWarnings) -> values.Mask:
    is_known = np.isfinite(numbers)
    if not is_known.all():
        job_warnings.add(f"Excluded {others}: {int((~is_known).sum())}.")
    return is_known


def _weights(table: pa.Table, weight: Column, decimal: str) -> values.Floats:
    column = table.column(weight.name)
    numbers, misfits = read_floats(column, weight, decimal)
    values.check_misfits(
        "The weight column has values that are no weights",
        column,
        misfits | (numbers < 0),
        weight.name,
        share=0.0,
        expected="a number from 0 on",
        to_do="Correct these rows, or name another weight_column in tuning.yaml.",
    )
    if np.count_nonzero(np.nan_to_num(numbers)) < NEEDED_AT_LEAST:
        raise DatasetError(
            "The weight column leaves no rows to learn from",
            where=f"column {quote(weight.name)}",
            expected=f"numbers above 0 in at least {NEEDED_AT_LEAST} rows",
            to_do="Correct the column, or name another weight_column in tuning.yaml.",
        )
    return numbers


def _groups(table: pa.Table, name: str, job_warnings: JobWarnings) -> npt.NDArray[Any]:
    """Return the number of each row's group."""
    column = table.column(name)
    if column.null_count:
        job_warnings.add(f"Rows without a group, which are one group: {column.null_count}.")
    text = TextColumn.of(column)
    groups = np.unique(name_groups(text), return_inverse=True)[1][text.rows]
    if len(np.unique(groups)) < NEEDED_AT_LEAST:
        raise DatasetError(
            "All rows belong to the same group, so that none is left to be scored",
            where=f"column {quote(name)}",
            to_do="Name another group_column in tuning.yaml, or none.",
        )
    return groups


def name_groups(text: TextColumn) -> npt.NDArray[Any]:
    """Return the group of each different word; rows without one are a group of their own."""
    return np.asarray(text.words.fill_null("\0").to_numpy(zero_copy_only=False))


def _times(table: pa.Table, time: Column, decimal: str) -> values.Floats:
    column = table.column(time.name)
    numbers, misfits = read_floats(column, time, decimal)
    values.check_misfits(
        "The time column has values that are no times",
        column,
        misfits,
        time.name,
        expected="a date, a date with a time, or a number",
        to_do="Correct these rows, or name another time_column in tuning.yaml.",
    )
    return numbers
