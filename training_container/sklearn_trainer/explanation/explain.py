"""The explanation of the selected model, step after step in the order of their worth.

What needs a forked process comes before the final fit, what needs the fitted model after it.
"""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

from sklearn_trainer.data.checks import check_data
from sklearn_trainer.data.folds import validation_ratio
from sklearn_trainer.explanation.against_champion import compare_to_champion
from sklearn_trainer.explanation.classification import classification_errors
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.dependence import find_dependence
from sklearn_trainer.explanation.duplicates import duplicates, with_test_score
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.importance import measure_importance
from sklearn_trainer.explanation.leakage import suspects
from sklearn_trainer.explanation.learning_curve import measure_learning
from sklearn_trainer.explanation.regression import regression_errors
from sklearn_trainer.explanation.segments import find_segments
from sklearn_trainer.explanation.shift import shift
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.explanation.worst_rows import worst_rows
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.process.children import outcome_of
from tunedrop_common.data_findings import DataFinding
from tunedrop_common.explanation import Explanation, ExplanationStep, Learned, Trust
from tunedrop_common.model_errors import Segments

BESIDE: tuple[ExplanationStep, ...] = ("partial dependence",)
"""Steps that have their turn after `explain`."""

NO_PREDICTIONS = "The predictions of the model could not be kept."


def explain(
    explained: ExplainedModel, predictions: ContenderPredictions | None, steps: ExplanationSteps
) -> Explanation:
    """Return what can be found out before the model is fitted to all rows; raises nothing."""
    outcome = outcome_of(partial(_explain, explained, predictions, steps))
    if outcome.value is not None:
        return outcome.value
    named = {each.step for each in steps.skipped}
    for step in get_args(ExplanationStep):
        if step not in (*named, *BESIDE):
            steps.skip(step, f"It failed: {outcome.reason.rstrip('.')}.")
    return Explanation()


def explain_fitted(
    explanation: Explanation, model: Pipeline, explained: ExplainedModel, steps: ExplanationSteps
) -> Explanation:
    """Add what the fitted model shows, and what was skipped of all; raises nothing."""
    outcome = outcome_of(partial(_explain_fitted, explanation, model, explained, steps))
    if outcome.value is not None:
        return outcome.value
    steps.skip("partial dependence", f"It failed: {outcome.reason.rstrip('.')}.")
    return explanation.model_copy(update={"skipped": tuple(steps.skipped)})


def _explain(
    explained: ExplainedModel, predictions: ContenderPredictions | None, steps: ExplanationSteps
) -> Explanation:
    """Return what can be found out before the model is fitted to all rows.

    Parameters
    ----------
    predictions
        None where the selected model's predictions could not be kept.
    """
    repeated = duplicates(explained, predictions, steps)
    errors = _run_errors(explained, predictions, steps)
    learned = measure_importance(explained, steps)
    segments = _run_segments(explained, predictions, learned, steps)
    findings = _run_checks(explained, steps)
    suspected = suspects(explained, findings, steps)
    curve = measure_learning(explained, steps)
    shifted = shift(explained, steps)
    return Explanation(
        **errors,
        segments=segments,
        learned=learned,
        learning_curve=curve,
        trust=Trust(
            findings=findings,
            suspects=suspected,
            duplicates=repeated,
            shift=shifted,
        ),
        predictions_sampled=predictions is not None and predictions.sampled,
    )


def _run_checks(explained: ExplainedModel, steps: ExplanationSteps) -> tuple[DataFinding, ...]:
    dataset = explained.dataset
    check = partial(
        check_data,
        dataset.X,
        dataset.y,
        dataset.schema,
        None if dataset.test is None else dataset.test.X,
        is_shuffled=explained.plan.cross_validation.kind == "shuffled",
    )
    return steps.run("data checks", check) or ()


def _run_errors(
    explained: ExplainedModel, predictions: ContenderPredictions | None, steps: ExplanationSteps
) -> dict[str, Any]:
    """Return the fields that the predictions alone decide."""
    if predictions is None:
        steps.skip("errors", NO_PREDICTIONS)
        return {}
    return steps.run("errors", partial(_errors, explained, predictions)) or {}


def _errors(explained: ExplainedModel, predictions: ContenderPredictions) -> dict[str, Any]:
    dataset = explained.dataset
    numbers = dataset.train.row_columns.row_numbers
    return {
        "errors": regression_errors(predictions)
        if predictions.classes is None
        else classification_errors(predictions, validation_ratio(explained.fresh.folds)),
        "against_champion": compare_to_champion(predictions),
        "worst_rows": ()
        if numbers is None
        else worst_rows(
            predictions, dataset.X, numbers, show=explained.plan.report.show_worst_rows
        ),
    }


def _run_segments(
    explained: ExplainedModel,
    predictions: ContenderPredictions | None,
    learned: Learned | None,
    steps: ExplanationSteps,
) -> Segments | None:
    if predictions is None:
        steps.skip("segments", NO_PREDICTIONS)
        return None
    dataset, report = explained.dataset, explained.plan.report
    find = partial(
        find_segments,
        predictions,
        dataset.X,
        dataset.schema,
        [each.columns[0] for each in learned.importance] if learned else [],
        requested=report.segments,
        names=report.show_categories,
    )
    return steps.run("segments", find)


def _explain_fitted(
    explanation: Explanation, model: Pipeline, explained: ExplainedModel, steps: ExplanationSteps
) -> Explanation:
    """Add what the fitted model shows, and what was skipped of all."""
    learned = explanation.learned
    if learned:
        dependence = find_dependence(model, explained, learned, steps)
        learned = learned.model_copy(update={"dependence": dependence})
    repeated = with_test_score(explanation.trust.duplicates, model, explained, steps)
    trust = explanation.trust.model_copy(update={"duplicates": repeated})
    skipped = tuple(steps.skipped)
    return explanation.model_copy(update={"learned": learned, "trust": trust, "skipped": skipped})
