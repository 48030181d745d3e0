"""How much the score drops on rows the model had not seen when a column is shuffled.

Each fresh fold has a model of its own, on whose validation rows each group of columns is shuffled
several times. The drops of the folds are judged like the scores of two contenders: by the corrected
resampled t, one-sided, and so that of all columns that say nothing one is called important in 5 of
100 runs at most (Holm).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import numpy as np

from sklearn_trainer.data.folds import FEWEST_TO_COMPARE, rows_scored, validation_ratio
from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.comparison import compare, estimate
from sklearn_trainer.explanation.columns import Group, group_alike
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.intervals import holm
from sklearn_trainer.explanation.refits import refit
from sklearn_trainer.explanation.shuffling import Shuffled, shuffle
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.explanation.time_budget import TimeBudget
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import Importance, Learned

PERMUTATIONS = 5

# Of the time that is left, for the parts that follow have refits of their own.
SHARE = 0.65


def importance(explained: ExplainedModel, steps: ExplanationSteps) -> Learned | None:
    """Return what the model learned from each column, None where there is no time for it.

    Where time is short, there are fewer permutations, then rows, then folds, but all columns.
    """
    return steps.run(
        "importance",
        partial(_importance, explained, steps.budget),
        expected=explained.pace.expected(FEWEST_TO_COMPARE, scorings=2),
    )


def _importance(explained: ExplainedModel, budget: TimeBudget) -> Learned:
    dataset, seed = explained.dataset, explained.plan.confirm.seed
    groups = group_alike(dataset.X, dataset.schema, seed)
    seconds, made = budget.left * SHARE, explained.fresh.folds
    look = partial(
        shuffle,
        groups=groups,
        scorers=explained.scorers,
        permutations=PERMUTATIONS,
        seed=seed,
        seconds=max(0.0, seconds / len(made) - explained.pace.fit),
    )
    found: list[Shuffled] = []
    started = time.monotonic()
    for each in refit(explained, look):
        found.append(each)
        a_fold = (time.monotonic() - started) / len(found)
        if len(found) >= FEWEST_TO_COMPARE and a_fold * (len(found) + 1) > seconds:
            break
    folds = made[: len(found)]
    return Learned(
        folds=len(folds),
        permutations=min(len(each.shuffled) for each in found),
        importance=importances(found, groups, validation_ratio(folds), rows_scored(folds)),
    )


def importances(
    folds: Sequence[Shuffled], groups: Sequence[Group], ratio: float, rows: int
) -> tuple[Importance, ...]:
    """Return what the folds say of each group of columns, the most important first.

    Parameters
    ----------
    ratio, rows
        Of the folds: validation rows / training rows, and how many different rows they scored.
    """
    plain = [fold.score for fold in folds]
    rounds = min(len(fold.shuffled) for fold in folds)
    shuffled = np.array([fold.shuffled[:rounds].mean(axis=0) for fold in folds])
    surely = holm([_chance(plain, column, ratio, rows) for column in shuffled.T])
    drops = [_drop(plain, column, ratio, rows) for column in shuffled.T]
    found = [
        Importance(columns=group, drop=drop, surely=sure)
        for group, drop, sure in zip(groups, drops, surely, strict=True)
    ]
    return tuple(sorted(found, key=lambda each: each.drop.value or 0.0, reverse=True))


def _drop(plain: Sequence[float], shuffled: Floats, ratio: float, rows: int) -> IntervalEstimate:
    known = estimate(list(np.asarray(plain) - shuffled), ratio, rows=rows)
    return IntervalEstimate(value=known.mean, interval=known.interval)


def _chance(plain: Sequence[float], shuffled: Floats, ratio: float, rows: int) -> float:
    """Return how probable such a drop is of a column that says nothing."""
    found = compare(plain, list(shuffled), ratio, 0.0, rows)
    if found.difference <= 0.0:
        return 1.0
    if found.t is None:  # the same drop in every fold, as of a metric that counts a few rows
        return float(0.5 ** len(plain))
    return found.p_value / 2
