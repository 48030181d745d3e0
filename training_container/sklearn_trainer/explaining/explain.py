"""The explanation of the shipped model, part after part in the order of their worth.

What needs a forked process comes before the final fit, what needs the fitted model after it.
"""

from __future__ import annotations

from sklearn_trainer.explaining.parts import Parts
from sklearn_trainer.explaining.subject import Subject
from sklearn_trainer.model.pipeline import Pipeline
from tunedrop_common.explanation import Explanation, Trust


def explain(subject: Subject, parts: Parts) -> Explanation:
    """Return what can be found out before the model is fitted to all rows."""
    # duplicates
    # errors, against the champion, worst rows
    # slices
    # importance
    # suspects, and the refit without them
    # learning curve
    # shift, hints
    return Explanation(trust=Trust())


def explain_fitted(
    explanation: Explanation, model: Pipeline, subject: Subject, parts: Parts
) -> Explanation:
    """Add what the fitted model shows, and what was left out of all."""
    # partial dependence
    return explanation.model_copy(update={"left_out": tuple(parts.left_out)})
