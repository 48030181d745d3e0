"""What the contenders predicted, out of fold, for the rows of the fresh folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_trainer.data.target import Labels
from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.predicted import Predicted
from sklearn_trainer.explanation.intervals import RowWeighting

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ScoredRows:
    """Which rows were predicted: an entry for each row and repeat, of all arrays the same length.

    Parameters
    ----------
    rows
        Positions among the training rows.
    folds, repeats
        Which fold predicted the row, from 0 over all repeats, and in which repeat, from 0.
    """

    rows: Ints
    folds: Ints
    repeats: Ints

    def at(self, which: npt.NDArray[Any]) -> ScoredRows:
        """Return some of the entries, by a mask or by their places."""
        return ScoredRows(self.rows[which], self.folds[which], self.repeats[which])


@dataclass(frozen=True)
class ContenderPredictions:
    """The predictions of several contenders, and the truth.

    Parameters
    ----------
    actual
        Of the entries: the class's place among `classes` (int64), or the target (float64).
    classes
        Labels in sorted order; None in a regression.
    weights, groups
        Of the entries; None where no column says it.
    contenders
        By name; the shipped one is among them.
    of_rows
        Training rows in all.
    sampled
        Whether entries were left out so that the file of predictions stays within its limit.
    """

    scored: ScoredRows
    actual: npt.NDArray[Any]
    classes: list[Any] | None
    weights: Floats | None
    groups: npt.NDArray[Any] | None
    contenders: Mapping[str, Predicted]
    shipped: str
    of_rows: int
    sampled: bool = False

    @property
    def predicted(self) -> Predicted:
        """What the shipped contender predicted."""
        return self.contenders[self.shipped]

    def repeat(self, number: int) -> npt.NDArray[np.bool_]:
        """Return a mask of the entries of one repeat: each row at most once."""
        return np.asarray(self.scored.repeats == number)

    def that_count(self) -> ContenderPredictions:
        """Return the predictions without rows whose weight is 0: no rate is about them."""
        if self.weights is None or self.weights.all():
            return self
        kept = self.weights > 0
        return replace(
            self,
            scored=self.scored.at(kept),
            actual=self.actual[kept],
            weights=self.weights[kept],
            groups=None if self.groups is None else self.groups[kept],
            contenders={name: each.at(kept) for name, each in self.contenders.items()},
        )

    def counted(self, entries: Ints) -> RowWeighting:
        """Return how these entries count, of which each is of another row."""
        weights = None if self.weights is None else self.weights[entries]
        groups = None
        if self.groups is not None:
            groups = np.unique(self.groups[entries], return_inverse=True)[1]
        return RowWeighting(len(entries), weights, groups)

    def folds(self) -> list[Ints]:
        """Return the places of each fold's entries."""
        order = np.argsort(self.scored.folds, kind="stable")
        starts = np.flatnonzero(np.diff(self.scored.folds[order])) + 1
        return np.split(order, starts)


def actual_of(y: Labels, classes: list[Any] | None, rows: Ints) -> npt.NDArray[Any]:
    """Return the truth of some rows, as `ContenderPredictions` has it."""
    if classes is None:
        return y[rows].astype(np.float64)
    return np.searchsorted(np.asarray(classes), y[rows])
