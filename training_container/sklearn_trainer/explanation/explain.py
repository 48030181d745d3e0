"""The explanation of the shipped model, part after part in the order of their worth.

What needs a forked process comes before the final fit, what needs the fitted model after it.
"""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

from sklearn_trainer.data.folds import validation_ratio
from sklearn_trainer.explanation import against_champion, classification, regression, slices
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.dependence import dependence
from sklearn_trainer.explanation.duplicates import duplicates, with_test_score
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.importance import importance
from sklearn_trainer.explanation.leakage import suspects
from sklearn_trainer.explanation.learning_curve import learning_curve
from sklearn_trainer.explanation.removable import removable
from sklearn_trainer.explanation.shift import shift
from sklearn_trainer.explanation.split_suggestions import hints
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.explanation.worst_rows import worst
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.process.children import outcome_of
from tunedrop_common.explanation import Explanation, Part, Trust
from tunedrop_common.model_errors import Slices

FROM_PREDICTIONS: tuple[Part, ...] = ("errors", "slices")
NOT_HERE: tuple[Part, ...] = ("ensemble", "partial dependence")
"""Steps that have their turn before `explain`, and after it."""


def explain(
    explained: ExplainedModel, predictions: ContenderPredictions | None, steps: ExplanationSteps
) -> Explanation:
    """Return what can be found out before the model is fitted to all rows; raises nothing."""
    outcome = outcome_of(partial(_explain, explained, predictions, steps))
    if outcome.value is not None:
        return outcome.value
    named = {each.part for each in steps.skipped}
    for part in get_args(Part):
        if part not in (*named, *NOT_HERE):
            steps.skip(part, f"It failed: {outcome.reason.rstrip('.')}.")
    return Explanation()


def explain_fitted(
    explanation: Explanation, model: Pipeline, explained: ExplainedModel, steps: ExplanationSteps
) -> Explanation:
    """Add what the fitted model shows, and what was left out of all; raises nothing."""
    outcome = outcome_of(partial(_explain_fitted, explanation, model, explained, steps))
    if outcome.value is not None:
        return outcome.value
    steps.skip("partial dependence", f"It failed: {outcome.reason.rstrip('.')}.")
    return explanation.model_copy(update={"left_out": tuple(steps.skipped)})


def _explain(
    explained: ExplainedModel, predictions: ContenderPredictions | None, steps: ExplanationSteps
) -> Explanation:
    """Return what can be found out before the model is fitted to all rows.

    Parameters
    ----------
    predictions
        None where the shipped model's predictions could not be kept.
    """
    doubles = duplicates(explained, predictions, steps)
    predicted = _from_predictions(explained, predictions, steps)
    learned = importance(explained, steps)
    suspected = suspects(explained, steps)
    hinted = hints(explained, [each.column for each in suspected], steps)
    curve = learning_curve(explained, steps)
    if learned:
        learned = learned.model_copy(update={"removable": removable(explained, learned, steps)})
    shifted = shift(explained, steps)
    return Explanation(
        **predicted,
        learned=learned,
        learning_curve=curve,
        trust=Trust(suspects=suspected, duplicates=doubles, shift=shifted, hints=hinted),
        predictions_sampled=predictions is not None and predictions.sampled,
    )


def _from_predictions(
    explained: ExplainedModel, predictions: ContenderPredictions | None, steps: ExplanationSteps
) -> dict[str, Any]:
    """Return the fields that the predictions alone decide."""
    if predictions is None:
        for part in FROM_PREDICTIONS:
            steps.skip(part, "The predictions of the model could not be kept.")
        return {}
    found = steps.run("errors", partial(_errors, explained, predictions)) or {}
    where = steps.run("slices", partial(_slices, explained, predictions))
    return {**found, "slices": where}


def _errors(explained: ExplainedModel, predictions: ContenderPredictions) -> dict[str, Any]:
    dataset, plan = explained.dataset, explained.plan
    places = dataset.train.about.places
    errors = (
        regression.errors(predictions)
        if predictions.classes is None
        else classification.errors(predictions, validation_ratio(explained.fresh.folds))
    )
    return {
        "errors": errors,
        "against_champion": against_champion.changes(predictions),
        "worst_rows": ()
        if places is None
        else worst(predictions, dataset.X, places, show=plan.report.rows),
    }


def _slices(explained: ExplainedModel, predictions: ContenderPredictions) -> Slices:
    dataset, plan = explained.dataset, explained.plan
    return slices.find(
        predictions,
        dataset.X,
        dataset.schema,
        asked=plan.report.slices,
        names=plan.report.categories,
        seed=plan.confirm.seed,
    )


def _explain_fitted(
    explanation: Explanation, model: Pipeline, explained: ExplainedModel, steps: ExplanationSteps
) -> Explanation:
    """Add what the fitted model shows, and what was left out of all."""
    learned = explanation.learned
    if learned:
        shown = dependence(model, explained, learned, steps)
        learned = learned.model_copy(update={"dependence": shown})
    doubles = with_test_score(explanation.trust.duplicates, model, explained, steps)
    trust = explanation.trust.model_copy(update={"duplicates": doubles})
    left_out = tuple(steps.skipped)
    return explanation.model_copy(update={"learned": learned, "trust": trust, "left_out": left_out})
