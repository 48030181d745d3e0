"""What the contenders predicted, out of fold, for the rows of the fresh folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sklearn_trainer.data.target import Labels
from sklearn_trainer.data.values import Floats

Ints = npt.NDArray[np.int64]
Kind = Literal["probabilities", "decisions", "labels", "values"]


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


@dataclass(frozen=True)
class Predicted:
    """What one contender predicted, in the order of `ScoredRows`.

    Parameters
    ----------
    kind
        Of `values`: probabilities where the model has them, else its decision function, else
        nothing (labels); of a regression the predictions themselves (values).
    labels
        The class called, as its place among the classes; None in a regression.
    values
        float32 of shape (entries, columns). One column for a regression, for probabilities and
        decisions of two classes (those of the second class), none for labels, else one a class.
    """

    kind: Kind
    labels: npt.NDArray[np.int32] | None
    values: npt.NDArray[np.float32]

    def of_class(self, index: int) -> Floats:
        """Return each entry's probability (or decision) of a class."""
        if self.values.shape[1] > 1:
            return self.values[:, index].astype(np.float64)
        second = self.values[:, 0].astype(np.float64)
        if index == 1:
            return second
        return 1.0 - second if self.kind == "probabilities" else -second

    def at(self, entries: npt.NDArray[Any]) -> Predicted:
        """Return the predictions of some entries, by a mask or by their numbers."""
        labels = None if self.labels is None else self.labels[entries]
        return Predicted(self.kind, labels, self.values[entries])

    @classmethod
    def joined(cls, parts: Sequence[Predicted | None]) -> Predicted | None:
        """Return the predictions of all folds in one; None where a fold has none like the first."""
        first = parts[0]
        known = [each for each in parts if each and first and each.kind == first.kind]
        if first is None or len(known) < len(parts):
            return None
        labels = [each.labels for each in known if each.labels is not None]
        return cls(
            first.kind,
            np.concatenate(labels) if labels else None,
            np.concatenate([each.values for each in known]),
        )


@dataclass(frozen=True)
class Evidence:
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

    def repeat(self, number: int) -> npt.NDArray[np.bool_]:
        """Return a mask of the entries of one repeat: each row at most once."""
        return np.asarray(self.scored.repeats == number)


def actual_of(y: Labels, classes: list[Any] | None, rows: Ints) -> npt.NDArray[Any]:
    """Return the truth of some rows, as `Evidence` has it."""
    if classes is None:
        return y[rows].astype(np.float64)
    return np.searchsorted(np.asarray(classes), y[rows])
