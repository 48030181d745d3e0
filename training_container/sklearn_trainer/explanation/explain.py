"""The explanation of the shipped model, part after part in the order of their worth.

What needs a forked process comes before the final fit, what needs the fitted model after it.
"""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

from sklearn_trainer.evaluation.folds import validation_ratio
from sklearn_trainer.explanation import against_champion, classification, regression, slices
from sklearn_trainer.explanation.dependence import dependence
from sklearn_trainer.explanation.duplicates import duplicates, with_test_score
from sklearn_trainer.explanation.importance import importance
from sklearn_trainer.explanation.learning_curve import learning_curve
from sklearn_trainer.explanation.order_hints import hints
from sklearn_trainer.explanation.parts import Parts
from sklearn_trainer.explanation.predictions import Evidence
from sklearn_trainer.explanation.removable import removable
from sklearn_trainer.explanation.shift import shift
from sklearn_trainer.explanation.subject import Subject
from sklearn_trainer.explanation.suspects import suspects
from sklearn_trainer.explanation.worst_rows import worst
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.process.children import outcome_of
from tunedrop_common.explanation import Explanation, Part, Trust
from tunedrop_common.model_errors import Slices

FROM_PREDICTIONS: tuple[Part, ...] = ("errors", "slices")
NOT_HERE: tuple[Part, ...] = ("ensemble", "partial dependence")
"""Parts that have their turn before `explain`, and after it."""


def explain(subject: Subject, evidence: Evidence | None, parts: Parts) -> Explanation:
    """Return what can be found out before the model is fitted to all rows; raises nothing."""
    outcome = outcome_of(partial(_explain, subject, evidence, parts))
    if outcome.value is not None:
        return outcome.value
    named = {each.part for each in parts.left_out}
    for part in get_args(Part):
        if part not in (*named, *NOT_HERE):
            parts.leave_out(part, f"It failed: {outcome.reason.rstrip('.')}.")
    return Explanation()


def explain_fitted(
    explanation: Explanation, model: Pipeline, subject: Subject, parts: Parts
) -> Explanation:
    """Add what the fitted model shows, and what was left out of all; raises nothing."""
    outcome = outcome_of(partial(_explain_fitted, explanation, model, subject, parts))
    if outcome.value is not None:
        return outcome.value
    parts.leave_out("partial dependence", f"It failed: {outcome.reason.rstrip('.')}.")
    return explanation.model_copy(update={"left_out": tuple(parts.left_out)})


def _explain(subject: Subject, evidence: Evidence | None, parts: Parts) -> Explanation:
    """Return what can be found out before the model is fitted to all rows.

    Parameters
    ----------
    evidence
        None where the shipped model's predictions could not be kept.
    """
    doubles = duplicates(subject, evidence, parts)
    predicted = _from_predictions(subject, evidence, parts)
    learned = importance(subject, parts)
    suspected = suspects(subject, parts)
    hinted = hints(subject, [each.column for each in suspected], parts)
    curve = learning_curve(subject, parts)
    if learned:
        learned = learned.model_copy(update={"removable": removable(subject, learned, parts)})
    shifted = shift(subject, parts)
    return Explanation(
        **predicted,
        learned=learned,
        learning_curve=curve,
        trust=Trust(suspects=suspected, duplicates=doubles, shift=shifted, hints=hinted),
        predictions_sampled=evidence is not None and evidence.sampled,
    )


def _from_predictions(subject: Subject, evidence: Evidence | None, parts: Parts) -> dict[str, Any]:
    """Return the fields that the predictions alone decide."""
    if evidence is None:
        for part in FROM_PREDICTIONS:
            parts.leave_out(part, "The predictions of the model could not be kept.")
        return {}
    found = parts.run("errors", partial(_errors, subject, evidence)) or {}
    where = parts.run("slices", partial(_slices, subject, evidence))
    return {**found, "slices": where}


def _errors(subject: Subject, evidence: Evidence) -> dict[str, Any]:
    dataset, plan = subject.dataset, subject.plan
    places = dataset.train.about.places
    errors = (
        regression.errors(evidence)
        if evidence.classes is None
        else classification.errors(evidence, validation_ratio(subject.fresh.folds))
    )
    return {
        "errors": errors,
        "against_champion": against_champion.changes(evidence),
        "worst_rows": ()
        if places is None
        else worst(evidence, dataset.X, places, show=plan.report.rows),
    }


def _slices(subject: Subject, evidence: Evidence) -> Slices:
    dataset, plan = subject.dataset, subject.plan
    return slices.find(
        evidence,
        dataset.X,
        dataset.schema,
        asked=plan.report.slices,
        names=plan.report.categories,
        seed=plan.confirm.seed,
    )


def _explain_fitted(
    explanation: Explanation, model: Pipeline, subject: Subject, parts: Parts
) -> Explanation:
    """Add what the fitted model shows, and what was left out of all."""
    learned = explanation.learned
    if learned:
        shown = dependence(model, subject, learned, parts)
        learned = learned.model_copy(update={"dependence": shown})
    doubles = with_test_score(explanation.trust.duplicates, model, subject, parts)
    trust = explanation.trust.model_copy(update={"duplicates": doubles})
    left_out = tuple(parts.left_out)
    return explanation.model_copy(update={"learned": learned, "trust": trust, "left_out": left_out})
