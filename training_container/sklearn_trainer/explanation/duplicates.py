"""Duplicate rows, and the scores without them."""

from __future__ import annotations

import math

import numpy as np

from sklearn_trainer.data.checks import RepeatedRows
from sklearn_trainer.data.folds import FEWEST_TO_COMPARE, Fold
from sklearn_trainer.data.values import Mask
from sklearn_trainer.evaluation.predictions import replay
from sklearn_trainer.evaluation.scoring import score_optional
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.intervals import Ints
from sklearn_trainer.explanation.steps import ExplanationSteps
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import Duplicates


def find_duplicates(
    explained: ExplainedModel, predictions: ContenderPredictions | None, steps: ExplanationSteps
) -> Duplicates | None:
    """Count duplicate rows, and score the selected model's predictions without them."""

    def count() -> Duplicates:
        dataset = explained.dataset
        test_X = None if dataset.test is None else dataset.test.X
        rows = RepeatedRows.of(dataset.train.X, dataset.train.y, test_X)
        return Duplicates(
            rows=rows.is_repeated.sum(),
            conflicting=rows.is_conflicting.sum(),
            test_rows_in_training=rows.is_in_training.sum(),
            score_without=predictions and _score_without(predictions, explained, rows.features),
            test_score_without=_test_score_without(explained, ~rows.is_in_training),
        )

    return steps.run("duplicates", count)


def _test_score_without(explained: ExplainedModel, is_new: Mask) -> float | None:
    """Return the score on new test rows; None if all are new or none, or it is not defined."""
    test, predicted = explained.dataset.test, explained.scored.test_predicted
    if test is None or predicted is None or is_new.all() or not is_new.any():
        return None
    model = replay(predicted.take(is_new), explained.dataset.train.classes)
    (value,) = score_optional(model, test.take(is_new), explained.scorers).values()
    return value if math.isfinite(value) else None


def _score_without(
    predictions: ContenderPredictions, explained: ExplainedModel, features: Ints
) -> IntervalEstimate | None:
    """Score the predictions for rows whose features the model has not learnt from, fold by fold.

    None if all are such rows, or if most folds cannot be scored.
    """
    folds = explained.fresh.folds
    scores: list[float] = []
    scored_folds: list[Fold] = []
    has_duplicates = False
    for number, (train, _) in enumerate(folds):
        entries = np.flatnonzero(predictions.folds == number)
        is_new = ~np.isin(features[predictions.rows[entries]], features[train])
        has_duplicates |= not is_new.all()
        entries = entries[is_new]
        rows = predictions.rows[entries]
        model = replay(predictions.predicted.take(entries), predictions.classes)
        new = explained.dataset.train.take(rows)
        (value,) = score_optional(model, new, explained.scorers).values()
        if math.isfinite(value):
            scores.append(value)
            scored_folds.append((train, rows))
    if not has_duplicates or len(scores) < max(FEWEST_TO_COMPARE, len(folds) / 2):
        return None
    return explained.estimate_score(scores, scored_folds)
