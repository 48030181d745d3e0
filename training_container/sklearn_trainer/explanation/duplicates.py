"""Duplicate rows, and the scores without them."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pandas as pd

from sklearn_trainer.data.checks import number_rows
from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.folds import FEWEST_TO_COMPARE, Fold
from sklearn_trainer.evaluation.predictions import replay
from sklearn_trainer.evaluation.scoring import score_optional
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.intervals import Ints
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.model.pipeline import Pipeline
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import Duplicates


def find_duplicates(
    explained: ExplainedModel, predictions: ContenderPredictions | None, steps: ExplanationSteps
) -> Duplicates | None:
    """Count duplicate rows, and score the selected model's predictions without them."""

    def count() -> Duplicates:
        dataset = explained.dataset
        features, test_features = _number_rows(dataset)
        rows = pd.DataFrame({"features": features, "target": dataset.y})
        repeated = rows.duplicated()
        # how many different targets the same features have
        targets = rows[~repeated].groupby("features").size()
        return Duplicates(
            rows=int(repeated.sum()),
            conflicting=int(rows["features"].isin(targets.index[targets > 1]).sum()),
            test_rows_in_training=int(np.isin(test_features, features).sum()),
            score_without=predictions and _score_without(predictions, explained, features),
        )

    return steps.run("duplicates", count)


def add_test_score(
    duplicates: Duplicates | None,
    model: Pipeline,
    explained: ExplainedModel,
    steps: ExplanationSteps,
) -> Duplicates | None:
    """Add the fitted model's score on test rows whose features no training row has."""
    if duplicates is None or not duplicates.test_rows_in_training:
        return duplicates
    value = steps.run_here("duplicates", partial(_test_score_without, model, explained))
    return duplicates.model_copy(update={"test_score_without": value})


def _test_score_without(model: Pipeline, explained: ExplainedModel) -> float | None:
    """Return the score on new test rows; None if there are none, or it is not defined."""
    features, test_features = _number_rows(explained.dataset)
    is_new = ~np.isin(test_features, features)
    if explained.dataset.test is None or not is_new.any():
        return None
    test = explained.dataset.test.take(is_new)
    (value,) = score_optional(
        model, test.X, test.y, explained.scorers, test.row_columns.weights
    ).values()
    return value if math.isfinite(value) else None


def _number_rows(dataset: Dataset) -> tuple[Ints, Ints]:
    return number_rows(dataset.X, None if dataset.test is None else dataset.test.X)


def _score_without(
    predictions: ContenderPredictions, explained: ExplainedModel, features: Ints
) -> IntervalEstimate | None:
    """Score the predictions for rows whose features the model has not learnt from, fold by fold.

    None if all are such rows, or if most folds cannot be scored.
    """
    model = replay(predictions.predicted, predictions.classes)
    folds, y = explained.fresh.folds, explained.dataset.y
    scored, metric = predictions.scored, explained.plan.metric.objective
    scores: list[float] = []
    scored_folds: list[Fold] = []
    has_duplicates = False
    for number, (train, _) in enumerate(folds):
        entries = np.flatnonzero(scored.folds == number)
        is_new = ~np.isin(features[scored.rows[entries]], features[train])
        has_duplicates |= not is_new.all()
        entries = entries[is_new]
        rows = scored.rows[entries]
        weights = None if predictions.weights is None else predictions.weights[entries]
        values = score_optional(model, entries[:, np.newaxis], y[rows], explained.scorers, weights)
        if math.isfinite(values[metric]):
            scores.append(values[metric])
            scored_folds.append((train, rows))
    if not has_duplicates or len(scores) < max(FEWEST_TO_COMPARE, len(folds) / 2):
        return None
    return explained.estimate_score(scores, scored_folds)
