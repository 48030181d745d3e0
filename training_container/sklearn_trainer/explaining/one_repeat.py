"""The rows that counts and rates are about: those of one repeat, each once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_trainer.explaining.intervals import Counted
from sklearn_trainer.explaining.predictions import Evidence, Ints, ScoredRows
from sklearn_trainer.judging.predicted import Predicted
from tunedrop_common.explanation import Basis


@dataclass(frozen=True)
class OneRepeat:
    """The entries of one repeat, as `Evidence` has them.

    Parameters
    ----------
    places
        Of the entries among all of the evidence's.
    """

    places: Ints
    counted: Counted
    basis: Basis
    actual: npt.NDArray[Any]
    folds: Ints


def one_repeat(evidence: Evidence) -> OneRepeat:
    """Return the entries of the first repeat.

    Raises
    ------
    ValueError
        When there is none.
    """
    scored = evidence.scored
    if not len(scored.rows):
        raise ValueError("no row was predicted")
    places = np.flatnonzero(evidence.repeat(int(scored.repeats.min())))
    groups = None
    if evidence.groups is not None:
        groups = np.unique(evidence.groups[places], return_inverse=True)[1]
    weights = None if evidence.weights is None else evidence.weights[places]
    basis = Basis(
        rows=len(places),
        of_rows=evidence.of_rows,
        repeats=len(np.unique(scored.repeats)),
        weighted=weights is not None,
        groups=None if groups is None else int(groups.max()) + 1,
    )
    counted = Counted(len(places), weights, groups)
    return OneRepeat(places, counted, basis, evidence.actual[places], scored.folds[places])


def that_count(evidence: Evidence) -> Evidence:
    """Return the evidence without rows whose weight is 0: no rate is about them."""
    if evidence.weights is None or evidence.weights.all():
        return evidence
    kept = evidence.weights > 0
    scored = evidence.scored
    return replace(
        evidence,
        scored=ScoredRows(scored.rows[kept], scored.folds[kept], scored.repeats[kept]),
        actual=evidence.actual[kept],
        weights=evidence.weights[kept],
        groups=None if evidence.groups is None else evidence.groups[kept],
        contenders={name: at(each, kept) for name, each in evidence.contenders.items()},
    )


def at(predicted: Predicted, which: npt.NDArray[Any]) -> Predicted:
    """Return the predictions of some entries, by a mask or by their places."""
    labels = None if predicted.labels is None else predicted.labels[which]
    return Predicted(predicted.kind, labels, predicted.values[which])


def called(predicted: Predicted) -> Ints:
    """Return the class called, as its place among the classes."""
    if predicted.labels is None:
        raise ValueError("a regression calls no classes")
    return predicted.labels.astype(np.int64)


def folds_of(evidence: Evidence) -> list[Ints]:
    """Return the places of each fold's entries."""
    order = np.argsort(evidence.scored.folds, kind="stable")
    starts = np.flatnonzero(np.diff(evidence.scored.folds[order])) + 1
    return np.split(order, starts)
