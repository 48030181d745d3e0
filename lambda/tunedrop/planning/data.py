"""Decides about a dataset's files: columns, target, features, and what the report may show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sklearn_trainer.data.checks import check_data
from sklearn_trainer.data.column_profiles import ColumnProfile
from sklearn_trainer.data.frames import apply_schema
from sklearn_trainer.data.tables import Table
from sklearn_trainer.data.target import Labels, infer_target
from sklearn_trainer.schema import Schema
from tunedrop.datasets import copies
from tunedrop.datasets.layout import Layout
from tunedrop.environment import Limits, PlanRunEnvironment, ReportSettings
from tunedrop.errors import DatasetError, LimitError
from tunedrop.planning.column_roles import RowRole, assign_roles, find_row_columns, without
from tunedrop.planning.table_sample import sample_table
from tunedrop.planning.target import (
    check_rows,
    choose_target,
    choose_task,
    column_named,
)
from tunedrop.planning.tuning_config.model import ReportConfig, TuningConfig
from tunedrop.run_record import Run
from tunedrop.storage import Bucket
from tunedrop_common.data_findings import DataFinding
from tunedrop_common.data_text import quote
from tunedrop_common.plan import FEATURE_ROLES, Column, CsvDialect, Data, ReportPlan, Task

# With fewer rows, scores of a class are unreliable.
_FEW_MEMBERS = 10

# The roles of columns that a test file must have; groups are for folds only.
_NEEDED = ("feature", "target", "weight", "time")


@dataclass(frozen=True)
class DataDecisions:
    """Decisions about the data, before anything is copied.

    `X` and `y` are the table's features and target as jobs read them.
    """

    table: Table
    schema: Schema
    X: pd.DataFrame
    y: Labels
    target: ColumnProfile
    labels: tuple[bool | int | str, ...]
    task: Task
    columns: tuple[Column, ...]
    row_columns: Mapping[RowRole, ColumnProfile]
    decisions: tuple[str, ...]
    warnings: tuple[str, ...]
    sample_warnings: tuple[DataFinding, ...]

    @property
    def features(self) -> list[str]:
        """Names of the columns that models learn from."""
        return [column.name for column in self.columns if column.role in FEATURE_ROLES]


def decide_about_data(
    bucket: Bucket, layout: Layout, config: TuningConfig, environment: PlanRunEnvironment
) -> DataDecisions:
    """Read the data and choose target, task and features.

    Raises
    ------
    DatasetError
        If the data cannot be used, or the target is ambiguous.
    """
    _check_dataset_bytes(layout, environment.limits)
    max_bytes = environment.limits.max_dataset_bytes
    table = _read_train(bucket, layout, config, max_bytes)
    check_rows(table)
    row_columns = find_row_columns(table, config)
    target, why_target = choose_target(without(table, row_columns), config.target)
    check_rows(table, target)
    task, why_task = choose_task(target, config.task)
    y, has_target = infer_target(table.data.column(target.name), task, table.decimal)
    if not has_target.all():  # features are what they are in the rows that models learn from
        table, y = table.with_rows(has_target), y[has_target]
        row_columns = {role: table.column(profile.name) for role, profile in row_columns.items()}
    columns, left_out = assign_roles(table, target.name, config, row_columns)
    test = _read_test(bucket, layout, table, columns, max_bytes)
    schema = Schema(
        features=tuple(column for column in columns if column.role in FEATURE_ROLES),
        decimal=table.decimal,
    )
    X = apply_schema(table.data, schema).frame
    return DataDecisions(
        table=table,
        schema=schema,
        X=X,
        y=y,
        target=target,
        labels=tuple(np.unique(y).tolist()) if task == "classification" else (),
        task=task,
        columns=columns,
        row_columns=row_columns,
        decisions=tuple(
            s for s in (*table.parsing_decisions, why_target, why_task, *left_out) if s
        ),
        warnings=(*layout.warnings, *_data_warnings(target, task, table)),
        sample_warnings=check_data(
            X,
            y,
            schema,
            _test_features(test, schema),
            is_shuffled=not {"group", "time"} & row_columns.keys(),
        ),
    )


def provide_data(
    bucket: Bucket,
    run: Run,
    layout: Layout,
    decided: DataDecisions,
) -> Data:
    """Copy the run's object versions and describe what the channels deliver."""
    train_folder = copies.channel_folder(run.dataset, run.digest, "train")
    test_folder = copies.channel_folder(run.dataset, run.digest, "test")
    return Data(
        format=layout.format,
        csv=decided.table.dialect,
        train=copies.copy_files(bucket, layout.train, train_folder),
        test=copies.copy_files(bucket, layout.test, test_folder) if layout.test else None,
        columns=decided.columns,
        target=decided.target.name,
        labels=decided.labels,
        rows=decided.table.rows,
        is_complete=decided.table.is_complete,
    )


def _read_train(bucket: Bucket, layout: Layout, config: TuningConfig, max_bytes: int) -> Table:
    """Read the training data with the kinds that tuning.yaml names.

    Those of columns that are not there are checked when the names are known.
    """
    table = sample_table(bucket, layout.train, layout.format, config.column_kinds, max_bytes)
    for name in config.column_kinds:
        column_named(table, name, config.where("column_kinds", name))
    return table


def _read_test(
    bucket: Bucket, layout: Layout, train: Table, columns: Sequence[Column], max_bytes: int
) -> Table | None:
    if not layout.test:
        return None
    test = sample_table(bucket, layout.test, layout.format, {}, max_bytes)
    _check_test_file(test, train, columns, layout.test[0].version.key)
    return test


def _test_features(test: Table | None, schema: Schema) -> pd.DataFrame | None:
    if test is None or any(test.column(feature.name).unusable for feature in schema.features):
        return None  # the first training job says what is wrong with it
    return apply_schema(test.data, schema).frame


def _check_dataset_bytes(layout: Layout, limits: Limits) -> None:
    total_bytes = sum(f.version.bytes for f in (*layout.train, *layout.test))
    if total_bytes > limits.max_dataset_bytes:
        raise LimitError(
            "The dataset is larger than this deployment allows",
            found=f"{total_bytes} bytes",
            expected=f"at most {limits.max_dataset_bytes} (max_dataset_bytes)",
            to_do="Upload a sample, or ask the operators of this deployment to raise the limit.",
        )


def _data_warnings(target: ColumnProfile, task: Task, table: Table) -> Iterator[str]:
    """Yield warnings about data that is used."""
    if target.missing:
        share = target.missing / max(target.missing + target.present, 1)
        word = f" ({quote(target.missing_word)} counts as missing)" if target.missing_word else ""
        yield (
            f"The target is missing in {share:.1%} of the rows read{word}. These rows are excluded."
        )
    if task == "classification" and table.is_complete and target.rarest < _FEW_MEMBERS:
        yield (
            f"The rarest class of the target has {target.rarest} "
            f"row{'s' if target.rarest > 1 else ''}: its scores are unreliable."
        )
    if not table.is_complete:
        yield "Column types were inferred from a sample."
    for column in table.columns:
        if column.has_both_orders:
            yield (
                f"Column {quote(column.name)} has dates with the day first (31/12) and with the "
                "month first (12/31). Ambiguous dates are read with the day first. "
                "Write all of them as 2026-12-31."
            )


def _check_test_file(test: Table, train: Table, columns: Sequence[Column], where: str) -> None:
    """Raise DatasetError for a test file without a used column, or written in another way.

    Its values are checked by the first training job, which reads it too.
    """
    missing = [c for c in columns if c.role in _NEEDED and c.name not in test.names]
    if missing:
        role = "which is a feature" if missing[0].role == "feature" else f"the {missing[0].role}"
        raise DatasetError(
            f"The test file has no column {quote(missing[0].name)}, {role}",
            where=where,
            expected="all the columns of the training data, the target included",
            to_do="Add the column, or drop the dataset without a test file.",
        )
    if test.dialect and train.dialect and not _can_be_read_as(test.dialect, train.dialect):
        raise DatasetError(
            "The test file has another format than the training data",
            where=where,
            found=str(test.dialect),
            expected=str(train.dialect),
            to_do="Save both files in the same way.",
        )


def _can_be_read_as(test: CsvDialect, train: CsvDialect) -> bool:
    """Return whether a test file can be read as the training data are.

    Encodings of one byte a character can all be read, and points among numbers with a decimal
    comma; the other way round they cannot.
    """
    fields = ("delimiter", "lines_above_header", "unnamed_column")
    return (
        all(getattr(test, field) == getattr(train, field) for field in fields)
        and test.encoding.startswith("utf-16") == train.encoding.startswith("utf-16")
        and (train.decimal, test.decimal) != (".", ",")
    )


def plan_report(
    config: TuningConfig, decided: DataDecisions, settings: ReportSettings
) -> ReportPlan:
    """Return what the report may show of the data.

    Raises
    ------
    DatasetError
        If a column of `report.segments` is not a feature.
    """
    written = config.report or ReportConfig()
    profiles = (column for column in decided.table.columns if column.name in decided.features)
    features = replace(decided.table, columns=tuple(profiles))
    segments = [
        column_named(features, name, config.where("report", "segments", position), "feature").name
        for position, name in enumerate(written.segments)
    ]
    return ReportPlan(
        explanation_time_ratio=settings.explanation_time_ratio,
        show_worst_rows=settings.show_worst_rows,
        show_categories=written.show_categories,
        segments=tuple(segments),
    )
