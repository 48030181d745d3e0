"""The explanation of the shipped model, part after part in the order of their worth.

What needs a forked process comes before the final fit, what needs the fitted model after it.
"""

from __future__ import annotations

from typing import Any

from sklearn_trainer.explaining.parts import Parts
from sklearn_trainer.explaining.predictions import Evidence
from sklearn_trainer.explaining.subject import Subject
from sklearn_trainer.model.pipeline import Pipeline
from tunedrop_common.explanation import Explanation, Part, Trust

FROM_PREDICTIONS: tuple[Part, ...] = ("errors", "slices")


def explain(subject: Subject, evidence: Evidence | None, parts: Parts) -> Explanation:
    """Return what can be found out before the model is fitted to all rows.

    Parameters
    ----------
    evidence
        None where the shipped model's predictions could not be kept.
    """
    # duplicates
    predicted = _from_predictions(subject, evidence, parts)
    # importance
    # suspects, and the refit without them
    # learning curve
    # shift, hints
    return Explanation(
        **predicted,
        trust=Trust(),
        predictions_sampled=evidence is not None and evidence.sampled,
    )


def _from_predictions(subject: Subject, evidence: Evidence | None, parts: Parts) -> dict[str, Any]:
    """Return the fields that the predictions alone decide."""
    if evidence is None:
        for part in FROM_PREDICTIONS:
            parts.leave_out(part, "The predictions of the model could not be kept.")
        return {}
    # errors, against the champion, worst rows
    # slices
    return {}


def explain_fitted(
    explanation: Explanation, model: Pipeline, subject: Subject, parts: Parts
) -> Explanation:
    """Add what the fitted model shows, and what was left out of all."""
    # partial dependence
    return explanation.model_copy(update={"left_out": tuple(parts.left_out)})
