"""From a dataset's files to the plan's `Data`: what is read, what is predicted, what from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tunedrop.claims import Run
from tunedrop.datasets import copies
from tunedrop.datasets.layout import Layout
from tunedrop.environment import PlanRunEnvironment
from tunedrop.planning.column_roles import assign_roles
from tunedrop.planning.data_warnings import data_warnings
from tunedrop.planning.final_test_file import check_test_file
from tunedrop.planning.limits import check_dataset_bytes
from tunedrop.planning.row_columns import RowRole, find_row_columns, without
from tunedrop.planning.target import LIKELY_TARGETS, check_rows, choose_target
from tunedrop.planning.task import Task, choose_task
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.reading.columns import ColumnProfile
from tunedrop.reading.look import look_at
from tunedrop.reading.table import Table
from tunedrop.storage import Bucket
from tunedrop_common.plan import Column, Data


@dataclass(frozen=True)
class DataDecisions:
    """What was found out about the data, before anything is copied."""

    table: Table
    target: ColumnProfile
    task: Task
    columns: tuple[Column, ...]
    row_columns: Mapping[RowRole, ColumnProfile]
    decisions: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def features(self) -> list[str]:
        """Names of the columns that models learn from."""
        return [column.name for column in self.columns if column.role in ("feature", "time")]


def decide_about_data(
    bucket: Bucket, layout: Layout, config: TuningConfig, environment: PlanRunEnvironment
) -> DataDecisions:
    """Look at the data and choose target, task and features.

    Raises
    ------
    DatasetError
        When the data cannot be used, or does not say what is to be predicted.
    """
    size = sum(f.version.bytes for f in (*layout.train, *layout.test))
    check_dataset_bytes(size, environment.limits)
    look_first = (config.target,) if config.target else LIKELY_TARGETS
    table = look_at(bucket, layout.train, layout.format, look_first)
    check_rows(table)
    row_columns = find_row_columns(table, config)
    target, why_target = choose_target(without(table, row_columns), config.target)
    check_rows(table, target)
    task, why_task = choose_task(target, config.task)
    columns, left_out = assign_roles(table, target.name, config, row_columns)
    warnings = [*layout.warnings, *data_warnings(target, task, table, columns)]
    if layout.test:
        test = look_at(bucket, layout.test, layout.format, (target.name,))
        where = layout.test[0].version.key
        warnings += check_test_file(test, table, columns, task, where)
    return DataDecisions(
        table=table,
        target=target,
        task=task,
        columns=columns,
        row_columns=row_columns,
        decisions=tuple(s for s in (*table.remarks, why_target, why_task, *left_out) if s),
        warnings=tuple(warnings),
    )


def provide_data(
    bucket: Bucket,
    run: Run,
    layout: Layout,
    decided: DataDecisions,
    environment: PlanRunEnvironment,
) -> Data:
    """Copy the run's object versions and describe what the channels deliver."""
    train_folder = copies.train_folder(run.dataset, run.digest)
    test_folder = copies.test_folder(run.dataset, run.digest)
    limit = environment.copy_limit_bytes
    return Data(
        format=layout.format,
        csv=decided.table.dialect,
        train=copies.provide(bucket, layout.train, train_folder, limit),
        test=copies.provide(bucket, layout.test, test_folder, limit) if layout.test else None,
        columns=decided.columns,
        target=decided.target.name,
        rows=decided.table.rows,
        rows_exact=decided.table.rows_exact,
    )
