"""What a contender predicted, out of fold, for rows that it was scored on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sklearn_trainer.data.values import Floats

Kind = Literal["probabilities", "decisions", "labels", "values"]


@dataclass(frozen=True)
class Predicted:
    """What one contender predicted, entry by entry: the scored rows of one fold after the other.

    Parameters
    ----------
    kind
        Of `values`: probabilities where the model has them, else its decision function, else
        nothing (labels); of a regression the predictions themselves (values).
    labels
        The class called, as its place among the classes; None in a regression.
    values
        Of shape (entries, columns). One column for a regression, for probabilities and
        decisions of two classes (those of the second class), none for labels, else one a class.
    """

    kind: Kind
    labels: npt.NDArray[np.int32] | None
    values: npt.NDArray[np.floating[Any]]

    @property
    def called(self) -> npt.NDArray[np.int64]:
        """The class called, as its place among the classes."""
        if self.labels is None:
            raise ValueError("a regression calls no classes")
        return self.labels.astype(np.int64)

    def of_class(self, index: int) -> Floats:
        """Return each entry's probability (or decision) of a class."""
        if self.values.shape[1] > 1:
            return self.values[:, index].astype(np.float64)
        second = self.values[:, 0].astype(np.float64)
        if index == 1:
            return second
        return 1.0 - second if self.kind == "probabilities" else -second

    def take(self, entries: npt.NDArray[Any]) -> Predicted:
        """Return the predictions of some entries, by a mask or by their numbers."""
        labels = None if self.labels is None else self.labels[entries]
        return Predicted(self.kind, labels, self.values[entries])

    def rounded(self) -> Predicted:
        """Return the predictions as files have them, with 32 bits."""
        return Predicted(self.kind, self.labels, self.values.astype(np.float32))

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

    @classmethod
    def mean(cls, members: Sequence[Predicted]) -> Predicted:
        """Return what a vote of several models predicts, of one kind: values or probabilities."""
        values = np.mean([member.values for member in members], axis=0)
        if members[0].kind == "values":
            return cls("values", None, values)
        labels = values[:, 0] > 0.5 if values.shape[1] == 1 else values.argmax(axis=1)
        return cls("probabilities", labels.astype(np.int32), values)
