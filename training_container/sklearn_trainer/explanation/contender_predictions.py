"""What the contenders predicted, out of fold, for the rows of the fresh folds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_trainer.data.target import Labels
from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.predicted import Predicted
from sklearn_trainer.explanation.intervals import Ints, RowWeighting
from tunedrop_common.model_errors import Basis

# Of a prediction, or of the target's spread: less is the rounding of 32 bits.
ROUNDING = 1e-6


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

    def take(self, entries: npt.NDArray[Any]) -> ScoredRows:
        """Return some of the entries, by a mask or by their positions."""
        return ScoredRows(self.rows[entries], self.folds[entries], self.repeats[entries])


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
        By name; the selected one is among them.
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
    selected: str
    of_rows: int
    sampled: bool = False

    @property
    def predicted(self) -> Predicted:
        """What the selected contender predicted."""
        return self.contenders[self.selected]

    @property
    def weighting(self) -> RowWeighting:
        """How the entries count, if each is of another row."""
        groups = None
        if self.groups is not None:
            groups = np.unique(self.groups, return_inverse=True)[1].astype(np.int64)
        return RowWeighting(self.weights, groups)

    @property
    def errors(self) -> Floats:
        """Whether the class is wrong (0 or 1), or how far off a regression's prediction is."""
        if self.classes is not None:
            return np.asarray(self.predicted.called != self.actual, dtype=np.float64)
        values = self.predicted.values[:, 0].astype(np.float64)
        # predictions are kept in 32 bits: what rounding alone explains is no error
        rounded = np.isclose(values, self.actual, rtol=ROUNDING, atol=ROUNDING * self.actual.std())
        return np.asarray(np.where(rounded, 0.0, np.abs(values - self.actual)), dtype=np.float64)

    def of(self, name: str) -> ContenderPredictions:
        """Return the predictions with another contender in the place of the selected one."""
        return replace(self, selected=name)

    def take(self, entries: npt.NDArray[Any]) -> ContenderPredictions:
        """Return some of the entries, by a mask or by their positions."""
        return replace(
            self,
            scored=self.scored.take(entries),
            actual=self.actual[entries],
            weights=None if self.weights is None else self.weights[entries],
            groups=None if self.groups is None else self.groups[entries],
            contenders={name: each.take(entries) for name, each in self.contenders.items()},
        )

    def with_weight(self) -> ContenderPredictions:
        """Return the entries that count: without those of weight 0."""
        return self if self.weights is None else self.take(self.weights > 0)

    def first_repeat(self) -> ContenderPredictions:
        """Return the entries of one repeat, which has each row once.

        Raises
        ------
        ValueError
            If there is none.
        """
        if not len(self.scored.rows):
            raise ValueError("no row was predicted")
        return self.take(self.scored.repeats == self.scored.repeats.min())

    def folds(self) -> Iterator[ContenderPredictions]:
        """Yield the entries of each fold."""
        for number in np.unique(self.scored.folds):
            yield self.take(self.scored.folds == number)

    def basis(self) -> Basis:
        """Return what counts and rates say of the rows that they are about, the first repeat's."""
        once = self.first_repeat()
        return Basis(
            rows=len(once.actual),
            of_rows=self.of_rows,
            repeats=len(np.unique(self.scored.repeats)),
            weighted=self.weights is not None,
            groups=None if once.groups is None else len(np.unique(once.groups)),
        )


def actual_of(y: Labels, classes: list[Any] | None, rows: Ints) -> npt.NDArray[Any]:
    """Return the truth of some rows, as `ContenderPredictions` has it."""
    if classes is None:
        return y[rows].astype(np.float64)
    return np.searchsorted(np.asarray(classes), y[rows])
