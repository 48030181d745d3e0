"""Whether more rows would help: the scores of models that learnt from a part of the rows.

On the same fresh folds, the shipped contender is fitted to a quarter and to half of each fold's
training rows: some of each class, some of the groups, or the latest where time decides. All of them
were learnt from when it was scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from sklearn_trainer.data.folds import (
    FEWEST_TO_COMPARE,
    Fold,
    Rows,
    rows_scored,
    validation_ratio,
)
from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.comparison import compare, margin
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.refits import drawn_before, refit, score_of
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.explanation.time_budget import TimeBudget
from tunedrop_common.explanation import LearningCurve, LearningPoint

SHARES = (0.25, 0.5)

# Of a fold's training rows, in the smallest part of them.
FEWEST_ROWS = 10

# Of the gain over guessing: what less is gained by is not worth collecting rows.
LEAST_GAIN = 0.01


def learning_curve(explained: ExplainedModel, steps: ExplanationSteps) -> LearningCurve | None:
    """Return the curve on as many folds as there is time for."""
    places = _places_to_learn(explained)
    if len(places) < FEWEST_TO_COMPARE:
        steps.skip("learning curve", "There are too few rows to learn from a part of them.")
        return None
    return steps.run(
        "learning curve",
        partial(_curve, explained, places, steps.budget),
        expected=_expected(explained, FEWEST_TO_COMPARE),
    )


def _places_to_learn(explained: ExplainedModel) -> list[int]:
    """Return the folds of which the smallest part of the training rows can be learnt from."""
    y, found = explained.dataset.y, []
    for place, (train, _) in enumerate(explained.fresh.folds):
        some = part_of(explained, train, SHARES[0])
        if len(some) >= FEWEST_ROWS and (y.dtype.kind == "f" or len(np.unique(y[some])) > 1):
            found.append(place)
    return found


def _expected(explained: ExplainedModel, folds: int) -> float:
    return explained.pace.expected(folds, scorings=len(SHARES), share=sum(SHARES))


def _curve(explained: ExplainedModel, places: Sequence[int], budget: TimeBudget) -> LearningCurve:
    places = places[: budget.folds(_expected(explained, 1))]
    folds = [explained.fresh.folds[place] for place in places]
    count, shares = len(folds), (*SHARES, 1.0)
    parts: list[Fold] = [
        (part_of(explained, train, share), validation)
        for share in shares
        for train, validation in folds
    ]
    scores = list(refit(explained, partial(score_of, explained), folds=parts[:-count]))
    scores += [explained.scores[place] for place in places]
    ratio, rows = validation_ratio(folds), rows_scored(folds)
    gain = compare(
        scores[-count:], scores[-2 * count : -count], ratio, margin(count, 1, rows), rows
    )
    return LearningCurve(
        points=tuple(
            LearningPoint(
                share=share,
                rows=round(sum(len(train) for train, _ in parts[first : first + count]) / count),
                score=explained.measured(scores[first : first + count], folds),
            )
            for share, first in zip(shares, range(0, len(parts), count), strict=True)
        ),
        more_rows_help=gain.clears_margin
        and gain.difference >= LEAST_GAIN * (explained.gain or 0.0),
    )


def part_of(explained: ExplainedModel, train: Rows, share: float) -> Rows:
    """Return a share of a fold's training rows; a smaller share is a part of a larger one."""
    kind = explained.plan.cross_validation.kind
    about, y = explained.dataset.train.about, explained.dataset.y
    if kind == "ordered":
        order = np.arange(len(train))[::-1] / len(train)
    elif kind == "grouped" and about.groups is not None:
        order = _by_group(about.groups[train], explained.plan.confirm.seed)
    else:
        order = drawn_before(y[train], explained.plan.confirm.seed)
    return train[order < share]


def _by_group(groups: Rows, seed: int) -> Floats:
    """Return for each row which share of the rows is in groups drawn before its own."""
    _, of, counts = np.unique(groups, return_inverse=True, return_counts=True)
    drawn = np.random.default_rng(seed).permutation(len(counts))
    before = np.empty(len(counts))
    before[drawn] = np.cumsum(counts[drawn]) - counts[drawn]
    return np.asarray(before[of] / len(groups))
