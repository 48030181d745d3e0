"""Loads what a job learns from: reads the channels, drops what cannot be used, splits off the test.

The final-test rows leave before anything else looks at the data, so that no fold ever sees them.
The report gets a summary of the training rows as fit() gets them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from sklearn_trainer.contract import Folders
from sklearn_trainer.data.folds import Splits, split_off
from sklearn_trainer.data.frames import apply_schema, warn_of_misfits
from sklearn_trainer.data.row_columns import RowColumns, read_row_columns
from sklearn_trainer.data.tables import read_table
from sklearn_trainer.data.target import Labels, check_target, read_target
from sklearn_trainer.data.values import Floats
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.schema import WORD_KINDS, Schema
from tunedrop_common.data_text import quote
from tunedrop_common.plan import Column, Plan

LEAST_GROUPS_FOR_A_TEST = 3
"""One for the final test, and two for the folds."""

MOST_FEATURES, MOST_CLASSES = 300, 50  # of the summary


@dataclass(frozen=True)
class Portion:
    """Rows to learn from, or rows to be scored.

    Parameters
    ----------
    X
        The index has the positions of the rows in all files of their part.
    """

    X: pd.DataFrame
    y: Labels
    row_columns: RowColumns = field(default_factory=RowColumns)

    @property
    def weights(self) -> Floats | None:
        """How much each row counts; None when all count the same."""
        return self.row_columns.weights

    @property
    def classes(self) -> list[str | int | bool] | None:
        """The labels in sorted order; None in a regression."""
        return None if self.y.dtype.kind == "f" else np.unique(self.y).tolist()

    def take(self, rows: npt.NDArray[Any]) -> Portion:
        """Return some of the rows, by a mask or by their numbers."""
        return Portion(self.X.iloc[rows], self.y[rows], self.row_columns.take(rows))

    def splits(self, plan: Plan) -> Splits:
        """Return what decides how the rows are split into folds."""
        folds = plan.cross_validation
        groups = self.row_columns.groups if folds.kind == "grouped" else None
        times = self.row_columns.times if folds.kind == "ordered" else None
        return Splits(self.y, folds.stratified, groups, times)


@dataclass(frozen=True)
class Dataset:
    """Training rows and, perhaps, test rows."""

    train: Portion
    test: Portion | None
    schema: Schema
    dropped_missing_target: int

    @property
    def rows(self) -> dict[str, int]:
        """How many rows are in each part."""
        return {
            "train": len(self.train.y),
            "test": 0 if self.test is None else len(self.test.y),
            "dropped_missing_target": self.dropped_missing_target,
        }


def load(plan: Plan, folders: Folders, job_warnings: JobWarnings) -> Dataset:
    """Read the channels of a training job; rows with a time come in its order."""
    schema = Schema.of(plan.data)
    train, excluded = _read_portion(plan, folders, job_warnings)
    check_target(train.y, plan)
    if train.row_columns.times is not None:
        train = train.take(np.argsort(train.row_columns.times, kind="stable"))
    train, test = _split(train, plan, job_warnings)
    if plan.final_test.kind == "file":
        test, _ = _read_portion(plan, folders, job_warnings, is_test=True)
    train = _without_single_members(train, plan, job_warnings)
    check_target(train.y, plan)
    if test is not None and plan.task == "classification":
        test = _without_unknown_classes(test, train.y, plan, job_warnings)
    return Dataset(train, test, schema, excluded)


def _read_portion(
    plan: Plan, folders: Folders, job_warnings: JobWarnings, *, is_test: bool = False
) -> tuple[Portion, int]:
    """Read the usable rows of a channel; and return how many have no target."""
    data, channel = plan.data, "test" if is_test else "train"
    part = data.test if is_test and data.test is not None else data.train
    folder, optional_role = folders.channel(channel), "group" if is_test else ""
    table = read_table(data, part, folder, job_warnings, without_role=optional_role)
    y, present = read_target(table.column(data.target), plan, job_warnings)
    rows = np.flatnonzero(present)
    excluded = len(present) - len(rows)
    if excluded:
        row = "test rows" if is_test else "rows"
        job_warnings.add(f"Excluded {row} without a target: {excluded}.")
        table, y = table.filter(pa.array(present)), y[present]
    if len(y) == 0:
        raise DatasetError(
            "No row has a target",
            where=f"column {quote(data.target)}",
            to_do="Name another target in tuning.yaml, or fill the column.",
        )
    row_columns, usable = read_row_columns(table, plan, job_warnings, test=is_test)
    if not usable.all():
        table, y, rows = table.filter(pa.array(usable)), y[usable], rows[usable]
        row_columns = row_columns.take(usable)
    schema = Schema.of(data)
    applied = apply_schema(table, schema)
    warn_of_misfits(applied, table, schema, job_warnings)
    return Portion(applied.frame.set_axis(rows), y, row_columns), excluded


def _split(train: Portion, plan: Plan, job_warnings: JobWarnings) -> tuple[Portion, Portion | None]:
    """Keep aside the final test's rows, before anything learns from them."""
    fraction = plan.final_test.fraction
    if plan.final_test.kind != "fraction" or not fraction:
        return train, None
    groups = train.row_columns.groups
    if groups is not None and len(np.unique(groups)) < LEAST_GROUPS_FOR_A_TEST:
        job_warnings.add("There are too few groups for a held-out test set.")
        return train, None
    first, second = split_off(
        train.splits(plan), fraction, seed=plan.seed, job_warnings=job_warnings
    )
    return train.take(first), train.take(second)


def profile(dataset: Dataset) -> dict[str, Any]:
    """Return the training rows in summary, for the report: no single value out of them."""
    features = dataset.schema.features
    return {
        "features": [_feature_profile(dataset, feature) for feature in features[:MOST_FEATURES]],
        "features_in_all": len(features),
        "target": _target_profile(dataset.train.y),
    }


def _without_single_members(train: Portion, plan: Plan, job_warnings: JobWarnings) -> Portion:
    """Exclude classes with one row: it cannot be learnt and scored in the same fold."""
    if plan.task != "classification":
        return train
    counts = pd.Series(train.y).value_counts()  # by hashing: sorting takes longer
    single = counts.index[counts < 2].to_numpy()
    if not len(single):
        return train
    job_warnings.add(
        "Excluded classes of the target with a single training row, which cannot be both trained "
        f"on and scored: {len(single)}."
    )
    return train.take(~np.isin(train.y, single))


def _without_unknown_classes(
    test: Portion, y: Labels, plan: Plan, job_warnings: JobWarnings
) -> Portion | None:
    """Exclude test rows that no model can get right, and that many metrics cannot score."""
    is_known = np.isin(test.y, np.unique(y))
    if is_known.all():
        return test
    job_warnings.add(
        "Excluded test rows whose class of the target no training row has: "
        f"{int((~is_known).sum())}."
    )
    if not is_known.any() and plan.final_test.kind != "file":
        return None
    if not is_known.any():
        raise DatasetError(
            "No test row has a class of the target that the training rows have",
            to_do="Write the classes alike in both files, or drop the dataset without a test file.",
        )
    return test.take(is_known)


def _feature_profile(dataset: Dataset, feature: Column) -> dict[str, Any]:
    column = dataset.train.X[feature.name]
    missing = int(column.isna().sum())
    summary = {"name": feature.name, "kind": feature.kind, "missing": missing}
    if feature.kind in WORD_KINDS:
        return summary | {"distinct": feature.distinct}
    present = column.to_numpy()[~column.isna().to_numpy()]
    if feature.kind == "datetime" or len(present) == 0:
        return summary
    return summary | _spread(present)


def _target_profile(y: Labels) -> dict[str, Any]:
    if y.dtype.kind == "f":
        return _spread(y)
    counts = Counter(y.tolist()).most_common()
    return {
        "classes": [{"label": label, "rows": rows} for label, rows in counts[:MOST_CLASSES]],
        "classes_in_all": len(counts),
    }


def _spread(numbers: Labels) -> dict[str, float]:
    return {"mean": float(np.mean(numbers)), "standard_deviation": float(np.std(numbers))}
