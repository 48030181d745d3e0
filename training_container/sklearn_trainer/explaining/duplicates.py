"""Rows that are there more than once, and what they do to the scores.

Rows are compared by a hash of 64 bits: among ten million rows, two different ones have the same in
one of 300,000 tables.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.explaining.predictions import Evidence, Ints
from sklearn_trainer.explaining.replayed import replayed
from sklearn_trainer.explaining.subject import Subject
from sklearn_trainer.judging.folds import FEWEST_TO_COMPARE, Fold
from sklearn_trainer.judging.scoring import Scorer, score_optional
from sklearn_trainer.model.pipeline import Pipeline
from tunedrop_common.explanation import Duplicates, Measured

Mask = npt.NDArray[np.bool_]


def look_for(subject: Subject, evidence: Evidence | None) -> Duplicates:
    """Count the rows, and score the shipped model's predictions without them."""
    dataset = subject.dataset
    features, of_test = _numbered(dataset)
    rows = pd.DataFrame({"features": features, "target": dataset.y})
    repeated = rows.duplicated()
    targets = rows[~repeated].groupby("features").size()  # different ones beside the same features
    new = None if evidence is None else _new_entries(evidence, features, subject.fresh.folds)
    return Duplicates(
        rows=int(repeated.sum()),
        conflicting=int(rows["features"].isin(targets.index[targets > 1]).sum()),
        test_rows_in_training=int(np.isin(of_test, features).sum()),
        score_without=None
        if evidence is None or new is None or new.all()
        else _score_of(evidence, subject, new),
    )


def test_score_without(
    model: Pipeline, dataset: Dataset, scorers: Mapping[str, Scorer]
) -> float | None:
    """Return the fitted model's score on test rows whose features no training row has.

    None where none is left, or the metric has no value for those that are.
    """
    features, of_test = _numbered(dataset)
    known = np.isin(of_test, features)
    if dataset.test is None or known.all():
        return None
    test = dataset.test.at(~known)
    found = score_optional(model, test.X, test.y, scorers, test.about.weights)
    value = next(iter(found.values()))
    return value if math.isfinite(value) else None


def _numbered(dataset: Dataset) -> tuple[Ints, Ints]:
    """Return a number for each training and each test row, the same where the features are."""
    parts = [dataset.train.X] if dataset.test is None else [dataset.train.X, dataset.test.X]
    hashes = [pd.util.hash_pandas_object(X, index=False).to_numpy() for X in parts]
    numbers = pd.factorize(np.concatenate(hashes))[0]
    return numbers[: len(dataset.y)], numbers[len(dataset.y) :]


def _new_entries(evidence: Evidence, features: Ints, folds: Sequence[Fold]) -> Mask:
    """Return a mask of the predictions for rows whose features the model has not learnt from."""
    scored = evidence.scored
    new = np.ones(len(scored.rows), dtype=np.bool_)
    for number, (train, _) in enumerate(folds):
        learnt = np.zeros(int(features.max()) + 1, dtype=np.bool_)
        learnt[features[train]] = True
        of_fold = scored.folds == number
        new[of_fold] = ~learnt[features[scored.rows[of_fold]]]
    return new


def _score_of(evidence: Evidence, subject: Subject, new: Mask) -> Measured | None:
    """Score some of the predictions, fold by fold; None where that is not possible in most."""
    model, folds, y = replayed(evidence), subject.fresh.folds, subject.dataset.y
    metric = subject.plan.metric.objective
    scores: list[float] = []
    kept: list[Fold] = []
    for number, (train, _) in enumerate(folds):
        entries = np.flatnonzero(new & (evidence.scored.folds == number))
        rows = evidence.scored.rows[entries]
        weights = None if evidence.weights is None else evidence.weights[entries]
        found = score_optional(model, entries[:, np.newaxis], y[rows], subject.scorers, weights)
        if math.isfinite(found[metric]):
            scores.append(found[metric])
            kept.append((train, rows))
    if len(scores) < max(FEWEST_TO_COMPARE, len(folds) / 2):
        return None
    return subject.measured(scores, kept)
