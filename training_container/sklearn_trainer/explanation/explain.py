"""The explanation of the selected model, step after step in the order of their worth.

What needs a forked process comes before the final fit, what needs the fitted model after it.
"""

from __future__ import annotations

from functools import partial
from typing import get_args

from sklearn_trainer.data.checks import check_data
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.dependence import find_dependence
from sklearn_trainer.explanation.duplicates import find_duplicates
from sklearn_trainer.explanation.errors import explain_errors
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.importance import measure_importance
from sklearn_trainer.explanation.leakage import find_leaky_columns
from sklearn_trainer.explanation.learning_curve import measure_learning
from sklearn_trainer.explanation.segments import find_segments
from sklearn_trainer.explanation.shift import find_shift
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.process.children import capture_outcome
from tunedrop_common.explanation import DataQuality, Explanation, ExplanationStep

_OF_PREDICTIONS: tuple[ExplanationStep, ...] = ("errors", "segments")


def explain(
    explained: ExplainedModel, predictions: ContenderPredictions | None, steps: ExplanationSteps
) -> Explanation:
    """Compute what needs no model fitted to all rows; raises nothing.

    Parameters
    ----------
    predictions
        None where the selected model's predictions could not be kept.
    """
    outcome = capture_outcome(partial(_explain, explained, predictions, steps))
    if outcome.value is not None:
        return outcome.value
    skipped = {item.step for item in steps.skipped}
    for step in get_args(ExplanationStep):
        if step not in (*skipped, "partial dependence"):  # whose turn is after the final fit
            steps.fail(step, outcome.reason)
    return Explanation()


def explain_fitted(
    explanation: Explanation, model: Pipeline, explained: ExplainedModel, steps: ExplanationSteps
) -> Explanation:
    """Add what the fitted model shows, and all skipped steps; raises nothing."""
    learned = explanation.learned
    if learned:
        find = partial(find_dependence, model, explained, learned, steps)
        dependence = steps.run("partial dependence", find, is_forked=False)
        learned = learned.model_copy(update={"dependence": dependence or ()})
    changes = {"learned": learned, "skipped": tuple(steps.skipped)}
    return explanation.model_copy(update=changes)


def _explain(
    explained: ExplainedModel, predictions: ContenderPredictions | None, steps: ExplanationSteps
) -> Explanation:
    duplicates = find_duplicates(explained, predictions, steps)
    if predictions is None:
        for step in _OF_PREDICTIONS:
            steps.skip(step, "The model's predictions are not available.")
    errors = predictions and steps.run("errors", partial(explain_errors, explained, predictions))
    learned = measure_importance(explained, steps)
    dataset, report = explained.dataset, explained.plan.report
    segments = predictions and steps.run(
        "segments",
        partial(
            find_segments,
            predictions,
            dataset.train.X,
            dataset.schema,
            [importance.columns[0] for importance in learned.importance] if learned else [],
            requested=report.segments,
            names=report.show_categories,
        ),
    )
    check = partial(
        check_data,
        dataset.train.X,
        dataset.train.y,
        dataset.schema,
        None if dataset.test is None else dataset.test.X,
        is_shuffled=explained.plan.cross_validation.kind == "shuffled",
    )
    findings = steps.run("data checks", check) or ()
    leaky_columns = find_leaky_columns(explained, findings, steps)
    curve = measure_learning(explained, steps)
    shift = find_shift(explained, steps)
    return Explanation(
        **(errors or {}),
        segments=segments,
        learned=learned,
        learning_curve=curve,
        data_quality=DataQuality(
            findings=findings, leaky_columns=leaky_columns, duplicates=duplicates, shift=shift
        ),
        predictions_sampled=predictions is not None and predictions.sampled,
    )
