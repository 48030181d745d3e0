"""Rows that are there more than once, and what they do to the scores.

Rows are compared by a hash of 64 bits: among ten million rows, two different ones have the same in
one of 300,000 tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.values import Mask
from sklearn_trainer.evaluation.folds import FEWEST_TO_COMPARE, Fold
from sklearn_trainer.evaluation.replayed import replayed
from sklearn_trainer.evaluation.scoring import score_optional
from sklearn_trainer.explanation.parts import Parts
from sklearn_trainer.explanation.predictions import Evidence, Ints
from sklearn_trainer.explanation.subject import Subject
from sklearn_trainer.model.pipeline import Pipeline
from tunedrop_common.explanation import Duplicates
from tunedrop_common.measured import Measured


def duplicates(subject: Subject, evidence: Evidence | None, parts: Parts) -> Duplicates | None:
    """Count the rows, and score the shipped model's predictions without them."""
    return parts.run("duplicates", partial(_counted, subject, evidence))


def with_test_score(
    counted: Duplicates | None, model: Pipeline, subject: Subject, parts: Parts
) -> Duplicates | None:
    """Add the fitted model's score on those test rows that no training row is like."""
    if counted is None or not counted.test_rows_in_training:
        return counted
    score = parts.run_here("duplicates", partial(_test_score_without, model, subject))
    return counted.model_copy(update={"test_score_without": score})


def _counted(subject: Subject, evidence: Evidence | None) -> Duplicates:
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


def _test_score_without(model: Pipeline, subject: Subject) -> float | None:
    """Return None where no test row is left, or the metric has no value for those that are."""
    features, of_test = _numbered(subject.dataset)
    known = np.isin(of_test, features)
    if subject.dataset.test is None or known.all():
        return None
    test = subject.dataset.test.at(~known)
    (value,) = score_optional(model, test.X, test.y, subject.scorers, test.about.weights).values()
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
    model = replayed(evidence.predicted, evidence.classes)
    folds, y = subject.fresh.folds, subject.dataset.y
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
