"""The columns without all of which together a refit is no worse.

They are those that are not surely important and whose own drop is within a margin: a twentieth of
what the model's score gains over guessing. The shipped contender is refitted without them on fresh
folds; it is no worse when the 95 % interval of the change stays above minus the margin, so that it
keeps at least 95 % of the gain.
"""

from __future__ import annotations

from functools import partial

from sklearn_trainer.data.folds import FEWEST_TO_COMPARE, rows_scored, validation_ratio
from sklearn_trainer.evaluation.comparison import estimate
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.refits import refit, score_of
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.explanation.time_budget import TimeBudget
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import Learned, Removable

MARGIN = 0.05
"""Of the gain over guessing: how much worse would still count as no worse."""


def removable(
    explained: ExplainedModel, learned: Learned, steps: ExplanationSteps
) -> Removable | None:
    """Return the columns, None where there are none, or no time to refit without them."""
    if explained.gain is None:
        return None
    margin = MARGIN * explained.gain
    columns = tuple(
        name
        for each in learned.importance
        if not each.surely and (each.drop.value or 0.0) < margin
        for name in each.columns
    )
    if margin <= 0 or not columns or len(columns) == explained.dataset.X.shape[1]:
        return None
    return steps.run(
        "removable columns",
        partial(_refitted, explained, columns, margin, steps.budget),
        expected=explained.pace.expected(FEWEST_TO_COMPARE),
    )


def _refitted(
    explained: ExplainedModel, columns: tuple[str, ...], margin: float, budget: TimeBudget
) -> Removable | None:
    folds = explained.fresh.folds[: budget.folds(explained.pace.expected(1))]
    without = refit(explained, partial(score_of, explained), folds=folds, without=columns)
    changes = [score - whole for score, whole in zip(without, explained.scores, strict=False)]
    known = estimate(changes, validation_ratio(folds), rows=rows_scored(folds))
    if known.interval[0] < -margin:
        return None
    change = IntervalEstimate(value=known.mean, interval=known.interval)
    return Removable(columns=columns, change=change, margin=margin)
