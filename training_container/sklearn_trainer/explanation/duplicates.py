"""Rows that are there more than once, and what they do to the scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from sklearn_trainer.data.checks import number_rows
from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.folds import FEWEST_TO_COMPARE, Fold
from sklearn_trainer.data.values import Mask
from sklearn_trainer.evaluation.replayed import replayed
from sklearn_trainer.evaluation.scoring import score_optional
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.intervals import Ints
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.model.pipeline import Pipeline
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import Duplicates


def duplicates(
    explained: ExplainedModel, predictions: ContenderPredictions | None, steps: ExplanationSteps
) -> Duplicates | None:
    """Count the rows, and score the selected model's predictions without them."""
    return steps.run("duplicates", partial(_counted, explained, predictions))


def with_test_score(
    counted: Duplicates | None, model: Pipeline, explained: ExplainedModel, steps: ExplanationSteps
) -> Duplicates | None:
    """Add the fitted model's score on those test rows that no training row is like."""
    if counted is None or not counted.test_rows_in_training:
        return counted
    score = steps.run_here("duplicates", partial(_test_score_without, model, explained))
    return counted.model_copy(update={"test_score_without": score})


def _counted(explained: ExplainedModel, predictions: ContenderPredictions | None) -> Duplicates:
    dataset = explained.dataset
    features, of_test = _number(dataset)
    rows = pd.DataFrame({"features": features, "target": dataset.y})
    repeated = rows.duplicated()
    targets = rows[~repeated].groupby("features").size()  # different ones beside the same features
    new = (
        None if predictions is None else _new_entries(predictions, features, explained.fresh.folds)
    )
    return Duplicates(
        rows=int(repeated.sum()),
        conflicting=int(rows["features"].isin(targets.index[targets > 1]).sum()),
        test_rows_in_training=int(np.isin(of_test, features).sum()),
        score_without=None
        if predictions is None or new is None or new.all()
        else _score_of(predictions, explained, new),
    )


def _test_score_without(model: Pipeline, explained: ExplainedModel) -> float | None:
    """Return None where no test row is left, or the metric has no value for those that are."""
    features, of_test = _number(explained.dataset)
    known = np.isin(of_test, features)
    if explained.dataset.test is None or known.all():
        return None
    test = explained.dataset.test.take(~known)
    (value,) = score_optional(
        model, test.X, test.y, explained.scorers, test.row_columns.weights
    ).values()
    return value if math.isfinite(value) else None


def _number(dataset: Dataset) -> tuple[Ints, Ints]:
    return number_rows(dataset.X, None if dataset.test is None else dataset.test.X)


def _new_entries(predictions: ContenderPredictions, features: Ints, folds: Sequence[Fold]) -> Mask:
    """Return a mask of the predictions for rows whose features the model has not learnt from."""
    scored = predictions.scored
    new = np.ones(len(scored.rows), dtype=np.bool_)
    for number, (train, _) in enumerate(folds):
        learnt = np.zeros(int(features.max()) + 1, dtype=np.bool_)
        learnt[features[train]] = True
        of_fold = scored.folds == number
        new[of_fold] = ~learnt[features[scored.rows[of_fold]]]
    return new


def _score_of(
    predictions: ContenderPredictions, explained: ExplainedModel, new: Mask
) -> IntervalEstimate | None:
    """Score some of the predictions, fold by fold; None where that is not possible in most."""
    model = replayed(predictions.predicted, predictions.classes)
    folds, y = explained.fresh.folds, explained.dataset.y
    metric = explained.plan.metric.objective
    scores: list[float] = []
    kept: list[Fold] = []
    for number, (train, _) in enumerate(folds):
        entries = np.flatnonzero(new & (predictions.scored.folds == number))
        rows = predictions.scored.rows[entries]
        weights = None if predictions.weights is None else predictions.weights[entries]
        found = score_optional(model, entries[:, np.newaxis], y[rows], explained.scorers, weights)
        if math.isfinite(found[metric]):
            scores.append(found[metric])
            kept.append((train, rows))
    if len(scores) < max(FEWEST_TO_COMPARE, len(folds) / 2):
        return None
    return explained.measured(scores, kept)
