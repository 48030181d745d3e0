"""The columns without all of which together a refit is no worse.

They are those that are not surely important and whose own drop is within a margin: a twentieth of
what the model's score gains over guessing. The shipped contender is refitted without them on fresh
folds; it is no worse when the 95 % interval of the change stays above minus the margin, so that it
keeps at least 95 % of the gain.
"""

from __future__ import annotations

from functools import partial

from sklearn_trainer.evaluation.comparison import estimate
from sklearn_trainer.evaluation.folds import FEWEST_TO_COMPARE, rows_scored, validation_ratio
from sklearn_trainer.explanation.allowance import Allowance
from sklearn_trainer.explanation.parts import Parts
from sklearn_trainer.explanation.refits import refit, score_of
from sklearn_trainer.explanation.subject import Subject
from tunedrop_common.explanation import Learned, Removable
from tunedrop_common.measured import Measured

MARGIN = 0.05
"""Of the gain over guessing: how much worse would still count as no worse."""


def removable(subject: Subject, learned: Learned, parts: Parts) -> Removable | None:
    """Return the columns, None where there are none, or no time to refit without them."""
    if subject.gain is None:
        return None
    margin = MARGIN * subject.gain
    columns = tuple(
        name
        for each in learned.importance
        if not each.surely and (each.drop.value or 0.0) < margin
        for name in each.columns
    )
    if margin <= 0 or not columns or len(columns) == subject.dataset.X.shape[1]:
        return None
    return parts.run(
        "removable columns",
        partial(_refitted, subject, columns, margin, parts.allowance),
        expected=subject.pace.expected(FEWEST_TO_COMPARE),
    )


def _refitted(
    subject: Subject, columns: tuple[str, ...], margin: float, allowance: Allowance
) -> Removable | None:
    folds = subject.fresh.folds[: allowance.folds(subject.pace.expected(1))]
    without = refit(subject, partial(score_of, subject), folds=folds, without=columns)
    changes = [score - whole for score, whole in zip(without, subject.scores, strict=False)]
    known = estimate(changes, validation_ratio(folds), rows=rows_scored(folds))
    if known.interval[0] < -margin:
        return None
    change = Measured(value=known.mean, interval=known.interval)
    return Removable(columns=columns, change=change, margin=margin)
