"""From a dataset's files to the plan's `Data`: what is read, what is predicted, what from."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop.claims import Run
from tunedrop.environment import PlanRunEnvironment
from tunedrop.errors import DatasetError
from tunedrop.plan import Column, Data
from tunedrop.planning import inputs
from tunedrop.planning.dataset import Layout
from tunedrop.planning.limits import refuse_large
from tunedrop.planning.tuning_config import TuningConfig
from tunedrop.reading.column_roles import assign_roles
from tunedrop.reading.columns import ColumnProfile
from tunedrop.reading.table import Table, look_at
from tunedrop.reading.target import Task, choose_target, choose_task, refuse_few_rows
from tunedrop.storage import Bucket


@dataclass(frozen=True)
class DataDecisions:
    """What was found out about the data, before anything is copied."""

    table: Table
    target: ColumnProfile
    task: Task
    columns: tuple[Column, ...]
    decisions: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def features(self) -> list[str]:
        """Names of the columns that are learnt from."""
        return [column.name for column in self.columns if column.role == "feature"]


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
    refuse_large(size, environment.limits)
    table = look_at(bucket, layout.train, layout.format, config.target)
    chosen = choose_target(table, config.target)
    target = next(column for column in table.columns if column.name == chosen.value)
    refuse_few_rows(target, table)
    task, why_task = choose_task(target, config.task)
    columns, left_out = assign_roles(table, target.name, config)
    if layout.test:
        _check_test(bucket, layout, columns, table)
    return DataDecisions(
        table=table,
        target=target,
        task=task,
        columns=columns,
        decisions=tuple(s for s in (chosen.why, why_task, *left_out) if s),
        warnings=(*layout.warnings, *_warnings(target, task, table)),
    )


def provide_data(
    bucket: Bucket,
    run: Run,
    layout: Layout,
    decided: DataDecisions,
    environment: PlanRunEnvironment,
) -> Data:
    """Copy the run's object versions and describe what the channels deliver."""
    train_folder = inputs.train_folder(run.dataset, run.digest)
    test_folder = inputs.test_folder(run.dataset, run.digest)
    limit = environment.copy_limit_bytes
    return Data(
        format=layout.format,
        csv=decided.table.dialect,
        train=inputs.provide(bucket, layout.train, train_folder, limit),
        test=inputs.provide(bucket, layout.test, test_folder, limit) if layout.test else None,
        columns=decided.columns,
        target=decided.target.name,
        rows=decided.table.rows,
        rows_exact=decided.table.rows_exact,
    )


def _check_test(bucket: Bucket, layout: Layout, columns: tuple[Column, ...], train: Table) -> None:
    """Refuse a test file in which a used column is missing, or that is written another way."""
    test = look_at(bucket, layout.test, layout.format)
    where = layout.test[0].version.key
    present = set(test.names)
    for column in columns:
        if column.role in ("feature", "target") and column.name not in present:
            raise DatasetError(
                f"The test file has no column {column.name!r}, which is a {column.role}",
                where=where,
                expected="all the columns of the training data, the target included",
                to_do="Add the column, or drop the dataset without a test file.",
            )
    ours, theirs = train.dialect, test.dialect
    if (
        ours
        and theirs
        and (ours.delimiter, _width(ours.encoding))
        != (
            theirs.delimiter,
            _width(theirs.encoding),
        )
    ):
        raise DatasetError(
            "The test file is written in another way than the training data",
            where=where,
            found=repr(f"{theirs.encoding}, delimiter {theirs.delimiter}"),
            expected=f"{ours.encoding}, delimiter {ours.delimiter!r}",
            to_do="Save both files in the same way.",
        )


def _width(encoding: str) -> str:
    """Return what of an encoding must be the same; one byte a character is read by any of them."""
    return encoding if encoding.startswith("utf-16") else ""


def _warnings(target: ColumnProfile, task: Task, table: Table) -> list[str]:
    warnings = []
    if target.missing:
        share = target.missing / max(target.missing + target.present, 1)
        warnings.append(
            f"The target is missing in {share:.1%} of the rows looked at: they are left out."
        )
    if task == "classification" and table.complete and target.rarest < _FEW_MEMBERS:
        warnings.append(
            f"The rarest class of the target has {target.rarest} rows: its scores mean little."
        )
    if not table.complete:
        warnings.append("The kinds of the columns rest on samples of a large dataset.")
    return warnings


_FEW_MEMBERS = 10
