"""Loads what a job learns from: reads the channels, drops what cannot be used, splits off the test.

The final-test rows leave before anything else looks at the data, so that no fold ever sees them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from sklearn_trainer.column_kinds import decide
from sklearn_trainer.contract import Folders
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.features import Schema
from sklearn_trainer.folds import split_off_test
from sklearn_trainer.notes import Notes
from sklearn_trainer.plan import CLASSIFICATION, Plan
from sklearn_trainer.tables import number_columns, read_table, used_columns
from sklearn_trainer.target import Labels, check_target, read_target


@dataclass(frozen=True)
class Dataset:
    """Training rows and, perhaps, test rows."""

    X: pd.DataFrame
    y: Labels
    X_test: pd.DataFrame | None
    y_test: Labels | None
    schema: Schema
    dropped_missing_target: int

    @property
    def classes(self) -> list[str | int | bool] | None:
        """The labels of a classification's training rows."""
        return None if self.y.dtype.kind == "f" else np.unique(self.y).tolist()

    @property
    def rows(self) -> dict[str, int]:
        """How many rows are in each part."""
        return {
            "train": len(self.y),
            "test": 0 if self.y_test is None else len(self.y_test),
            "dropped_missing_target": self.dropped_missing_target,
        }


def load(plan: Plan, folders: Folders, notes: Notes) -> Dataset:
    """Read the channels of a training job."""
    data = plan.data
    table = read_table(data, data.train, folders.channel("train"), notes)
    numbers = number_columns(table)
    table, y, dropped = _with_target(table, plan, notes)
    check_target(y, plan)
    schema = decide(table, used_columns(data), notes, decimal=data.csv.decimal if data.csv else ".")
    X = schema.frame(table, notes)
    X_test, y_test = None, None
    if plan.final_test.kind == "file" and data.test is not None:
        raw = read_table(data, data.test, folders.channel("test"), notes, numbers=numbers)
        raw, y_test, _ = _with_target(raw, plan, notes, like=y)
        X_test = schema.frame(raw, notes)
    elif plan.final_test.kind == "fraction" and plan.final_test.fraction:
        train, test = split_off_test(
            y,
            plan.final_test.fraction,
            seed=plan.seed,
            stratified=plan.task == CLASSIFICATION,
            notes=notes,
        )
        X, y, X_test, y_test = X.iloc[train], y[train], X.iloc[test], y[test]
    X, y = _without_single_members(X, y, plan, notes)
    check_target(y, plan)
    if X_test is not None and y_test is not None and plan.task == CLASSIFICATION:
        X_test, y_test = _without_unknown_classes(X_test, y_test, y, notes)
    return Dataset(X, y, X_test, y_test, schema, dropped)


def digest(plan: Plan, folders: Folders) -> str:
    """Return SHA-256 over the names and bytes of the training files, in the plan's order."""
    total = hashlib.sha256()
    for name in plan.data.train.files:
        with (folders.channel("train") / name).open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{name}\0{content}\n".encode())
    return total.hexdigest()


def _with_target(
    table: pa.Table, plan: Plan, notes: Notes, like: Labels | None = None
) -> tuple[pa.Table, Labels, int]:
    y, present = read_target(table, plan, notes, like)
    dropped = int(len(present) - present.sum())
    if dropped:
        which = "test " if like is not None else ""
        notes.add(f"{dropped} {which}rows have no target and were left out.")
        table, y = table.filter(pa.array(present)), y[present]
    if len(y) == 0:
        raise DatasetError(
            "No row has a target",
            where=f"column {plan.data.target!r}",
            to_do="Name another target in tuning.yaml, or fill the column.",
        )
    return table, y, dropped


def _without_single_members(
    X: pd.DataFrame, y: Labels, plan: Plan, notes: Notes
) -> tuple[pd.DataFrame, Labels]:
    """Leave out classes with one row: it cannot be learnt and scored in the same fold."""
    if plan.task != CLASSIFICATION:
        return X, y
    single = [label for label, count in Counter(y.tolist()).items() if count < 2]
    if not single:
        return X, y
    notes.add(
        f"{len(single)} classes of the target have one training row each and were left out: "
        "a row cannot be both learnt from and scored."
    )
    keep = ~np.isin(y, np.asarray(single, dtype=y.dtype))
    return X.loc[keep], y[keep]


def _without_unknown_classes(
    X_test: pd.DataFrame, y_test: Labels, y: Labels, notes: Notes
) -> tuple[pd.DataFrame, Labels]:
    """Leave out test rows that no model can get right, and that many metrics cannot score."""
    known = np.isin(y_test, np.unique(y))
    if known.all():
        return X_test, y_test
    notes.add(
        f"{int((~known).sum())} test rows were left out: no training row has their class of the "
        "target."
    )
    if not known.any():
        raise DatasetError(
            "No test row has a class of the target that the training rows have",
            to_do="Write the classes alike in both files, or drop the dataset without a test file.",
        )
    return X_test.loc[known], y_test[known]
