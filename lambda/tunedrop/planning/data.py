"""From a dataset's files to the plan's `Data`: what is read, what is predicted, what from."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from tunedrop.claims import Run
from tunedrop.datasets import copies as inputs
from tunedrop.datasets.layout import Layout
from tunedrop.environment import PlanRunEnvironment
from tunedrop.errors import DatasetError
from tunedrop.planning.column_roles import assign_roles
from tunedrop.planning.data_warnings import data_warnings
from tunedrop.planning.limits import refuse_large
from tunedrop.planning.row_columns import RowRole, find_row_columns, without
from tunedrop.planning.target import (
    FEWEST_ROWS,
    LIKELY_TARGETS,
    Task,
    choose_target,
    choose_task,
    refuse_few_rows,
    text_among_numbers,
)
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.reading.columns import ColumnProfile, word_among_values
from tunedrop.reading.look import look_at
from tunedrop.reading.table import Table
from tunedrop.storage import Bucket
from tunedrop_common.plan import Column, CsvDialect, Data
from tunedrop_common.targets import check_size


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
        """Names of the columns that are learnt from."""
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
    refuse_large(size, environment.limits)
    look_first = (config.target,) if config.target else LIKELY_TARGETS
    table = look_at(bucket, layout.train, layout.format, look_first)
    refuse_few_rows(table)
    _refuse_target_in_folders(layout, table, config.target)
    row_columns = find_row_columns(table, config)
    chosen = choose_target(without(table, row_columns), config.target)
    target = next(column for column in table.columns if column.name == chosen.value)
    refuse_few_rows(table, target)
    task, why_task = choose_task(target, config.task)
    columns, left_out = assign_roles(table, target.name, config, row_columns)
    about_test = _check_test(bucket, layout, columns, table, task) if layout.test else []
    return DataDecisions(
        table=table,
        target=target,
        task=task,
        columns=columns,
        row_columns=row_columns,
        decisions=tuple(s for s in (*table.remarks, chosen.why, why_task, *left_out) if s),
        warnings=(*layout.warnings, *data_warnings(target, task, table, columns), *about_test),
    )


def _refuse_target_in_folders(layout: Layout, table: Table, told: str | None) -> None:
    """Refuse a target that stands in the names of folders: `y=yes/part-0.parquet`."""
    names = {name.lower() for name in table.names}
    wanted = (told.strip().lower(),) if told else LIKELY_TARGETS
    if names.intersection(wanted):
        return
    for file in layout.train:
        for folder in file.path.split("/")[:-1]:
            key, _, value = folder.partition("=")
            if value and key.lower() in wanted:
                raise DatasetError(
                    f"The column {key!r} stands in the names of folders only",
                    where=file.path,
                    found=f"{folder}/",
                    expected="a column in the files",
                    to_do="Write it into the files as a column, too, and drop them again.",
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


def _check_test(
    bucket: Bucket, layout: Layout, columns: tuple[Column, ...], train: Table, task: Task
) -> list[str]:
    """Refuse a test file that cannot be scored; the warnings are about columns it has otherwise.

    A used column is missing in it, or it is written another way, or its target is.
    """
    target = next(column.name for column in columns if column.role == "target")
    test = look_at(bucket, layout.test, layout.format, (target,))
    where = layout.test[0].version.key
    present = set(test.names)
    for column in columns:
        if column.role in _NEEDED_FOR_A_TEST and column.name not in present:
            raise DatasetError(
                f"The test file has no column {column.name!r}, the {column.role}"
                if column.role != "feature"
                else f"The test file has no column {column.name!r}, which is a feature",
                where=where,
                expected="all the columns of the training data, the target included",
                to_do="Add the column, or drop the dataset without a test file.",
            )
    ours, theirs = train.dialect, test.dialect
    if (
        ours
        and theirs
        and (
            _form(ours) != _form(theirs)
            or (ours.decimal, theirs.decimal) == (".", ",")  # the other way round can be read
        )
    ):
        raise DatasetError(
            "The test file is written in another way than the training data",
            where=where,
            found=_called(theirs),
            expected=_called(ours),
            to_do="Save both files in the same way.",
        )
    found = {column.name: column for column in test.columns}
    _refuse_unusable(columns, found, where)
    _refuse_test_target(found[target], task, where)
    if task == "classification":
        _refuse_other_classes(train, found[target], where)
    return _about_test(test, found[target]) + [
        f"Column {column.name!r} is numeric in the training data and {found[column.name].kind} in "
        "the test file: what is no number there counts as missing."
        for column in columns
        if column.role == "feature"
        and column.kind == "numeric"
        and found[column.name].present
        and found[column.name].minimum is None
        and not found[column.name].unseen
    ]


def _refuse_unusable(
    columns: tuple[Column, ...], found: Mapping[str, ColumnProfile], where: str
) -> None:
    for column in columns:
        test = found.get(column.name)
        if column.role in _NEEDED_FOR_A_TEST and test is not None and test.unusable:
            raise DatasetError(
                f"The column {column.name!r} of the test file {test.unusable}",
                where=where,
                expected=f"what the training data have: it is {column.kind} there",
                to_do="Write both files with one schema, or drop the dataset without a test file.",
            )


def _about_test(test: Table, target: ColumnProfile) -> list[str]:
    """Warn of test rows from which no score means anything."""
    if test.complete and target.present < FEWEST_ROWS:
        rows = f"{target.present} row{'s' if target.present > 1 else ''}"
        return [f"The test file has only {rows} with a target: the score on it means little."]
    if test.complete and target.distinct == 1:
        return [
            "The target has the same value in every row of the test file: the score on it means "
            "little."
        ]
    return []


def _refuse_test_target(target: ColumnProfile, task: Task, where: str) -> None:
    if task == "regression" and target.strays:
        raise text_among_numbers(target, where)
    if task == "regression" and target.minimum is not None and target.maximum is not None:
        check_size(target.name, target.minimum, target.maximum, where)
    if target.kind == "empty":
        problem = "has no values in the test file"
    elif task == "regression" and target.minimum is None and not target.unseen:
        problem = f"is {target.kind} in the test file and numeric in the training data"
    else:
        return
    raise DatasetError(
        f"The target {target.name!r} {problem}",
        where=where,
        found=repr(word[:80]) if (word := word_among_values(target)) else "",
        expected="rows with a target that is known, to score the model with",
        to_do="Correct the column, or drop the dataset without a test file.",
    )


def _refuse_other_classes(train: Table, test: ColumnProfile, where: str) -> None:
    """Refuse test rows of which none has a class of the training rows."""
    ours = next(column.labels for column in train.columns if column.name == test.name)
    theirs = test.labels
    known = next(column for column in train.columns if column.name == test.name)
    # Numbers are read as words where the training rows have words, and not the other way round.
    has_words = known.kind not in ("numeric", "boolean")
    read = frozenset(map(_as_word, theirs)) if has_words else theirs
    if test.kind == "boolean":  # its labels are in lower case
        read |= {label for label in ours if str(label).lower() in theirs}
    if not train.complete or not ours or not theirs or ours & read:
        return
    raise DatasetError(
        f"No row of the test file has a class of the target {test.name!r} that the training data "
        "have",
        where=where,
        found=_some(theirs),
        expected=_some(ours),
        to_do="Write the classes alike in both files, or drop the dataset without a test file.",
    )


def _as_word(label: Hashable) -> str:
    return f"{label:.0f}" if isinstance(label, float) and label.is_integer() else str(label)


def _some(labels: frozenset[Hashable]) -> str:
    shown = sorted(repr(label)[:40] for label in labels)
    return ", ".join(shown[:_SHOWN_CLASSES]) + (", ..." if len(shown) > _SHOWN_CLASSES else "")


def _called(dialect: CsvDialect) -> str:
    called = f"{dialect.encoding}, delimiter {dialect.delimiter!r}, decimal {dialect.decimal!r}"
    if dialect.lines_above_header:
        called += f", header in line {dialect.lines_above_header + 1}"
    if dialect.unnamed_column:
        called += f", no name for the {dialect.unnamed_column} column"
    return called


def _form(dialect: CsvDialect) -> tuple[object, ...]:
    """Return what must be the same; encodings of one byte a character can all be read."""
    encoding = dialect.encoding if dialect.encoding.startswith("utf-16") else ""
    return dialect.delimiter, encoding, dialect.lines_above_header, dialect.unnamed_column


_SHOWN_CLASSES = 5
_NEEDED_FOR_A_TEST = ("feature", "target", "weight", "time")
