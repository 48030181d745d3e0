"""The rows that estimators are tried on: a few hundred, with what makes fits fail among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sklearn_trainer.data.target import Labels
from sklearn_trainer.data.values import Floats
from sklearn_trainer.schema import Schema
from tunedrop.planning.data import DataDecisions
from tunedrop_common.plan import Task

_FEW_ROWS, _ROWS_OF_A_CLASS = 300, 3


@dataclass(frozen=True)
class TrialRows:
    """The rows of a run's table, those first that are tried first.

    Parameters
    ----------
    classes
        Those of the target; None: unknown, as not all rows were read, or a regression.
    numbers
        Of the rows that folds can have, in the order in which they are tried.
    few
        How many of them say enough of a fit that succeeds.
    fold_rows
        How many rows each fold of the run is trained on: one that fails with these is a failure.
    """

    task: Task
    schema: Schema
    X: pd.DataFrame
    y: Labels
    classes: Labels | None
    has_weights: bool
    numbers: npt.NDArray[np.int64]
    few: int
    fold_rows: int

    def take(self, count: int) -> tuple[pd.DataFrame, Labels, Floats | None]:
        """Return features, target and weights of so many rows, over and over if there are fewer."""
        numbers = np.resize(self.numbers, count)
        X = self.X.iloc[numbers].reset_index(drop=True)
        return X, self.y[numbers], np.ones(count) if self.has_weights else None


def order_rows(decided: DataDecisions, fold_rows: int) -> TrialRows:
    """Return the rows with every class several times, or the target's extremes, first."""
    y = decided.y
    numbers = np.random.default_rng(0).permutation(len(y))
    few = min(_FEW_ROWS, fold_rows)
    if decided.task == "regression":
        ends = [y.argmin(), y.argmax()]
        numbers = np.concatenate([ends, numbers[~np.isin(numbers, ends)]])
    else:
        members = pd.Series(numbers).groupby(y[numbers])
        ranks = members.cumcount()[members.transform("size") > 1].sort_values(kind="stable")
        numbers = numbers[ranks.index]
        few = max(few, int((ranks < _ROWS_OF_A_CLASS).sum()))
    knows_classes = decided.task == "classification" and decided.table.is_complete
    return TrialRows(
        task=decided.task,
        schema=decided.schema,
        X=decided.X,
        y=y,
        classes=np.asarray(decided.labels) if knows_classes else None,
        has_weights="weight" in decided.row_columns,
        numbers=numbers,
        few=few,
        fold_rows=fold_rows,
    )
