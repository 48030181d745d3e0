"""Columns that give the target away, or seem to.

One alone is nearly perfect and nearly as good as the model, and the model without it is far behind:
a good column that others could stand in for is no suspect. A column that is the target under
another name is one whatever the scores say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from statistics import fmean

from sklearn_trainer.data.features import Feature
from sklearn_trainer.errors import FitError
from sklearn_trainer.explaining.refits import refit, score_of
from sklearn_trainer.explaining.renaming import renamings
from sklearn_trainer.explaining.single_columns import score_alone, screen, thinned
from sklearn_trainer.explaining.subject import Subject
from sklearn_trainer.judging.folds import FEWEST_TO_COMPARE, Fold
from sklearn_trainer.judging.scoring import greatest_score
from tunedrop_common.explanation import Measured, MetricScore, Suspect

# Of the way from the dummy's score to the model's, and to a perfect one; and how many times the
# column's own error, and how much of the dummy's, is left without it. Of R's tables these name
# the columns that the target was made from, and next to none that are merely good.
OF_MODEL, OF_PERFECT = 0.95, 0.9
TIMES_ITS_ERROR, ERROR_WITHOUT = 5, 0.02

# Columns are screened on so many rows; one that is clearly less good is not looked at further.
SCREEN_ROWS, SCREEN_SLACK, ROWS_SCREENED_ON = 4_000, 0.15, 500
ALONE_ROWS = 20_000

MOST_LOOKED_AT = 10
MOST_SUSPECTS = 5


@dataclass(frozen=True)
class Seeming:
    """What looks as if it gave the target away, before the model without it is known.

    Parameters
    ----------
    dummy
        The score of a model that ignores the features.
    """

    suspects: tuple[Suspect, ...]
    dummy: float

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return [each.column for each in self.suspects]


def look_for(subject: Subject) -> Seeming:
    """Return the columns that predict nearly as well alone, and those that rename the target.

    Raises
    ------
    FitError
        When it is not known how well guessing does.
    """
    if not subject.guessing:
        raise FitError("the dummy has no score to compare columns with")
    renaming = renamings(subject.dataset.train)
    folds = first_repeat(subject)
    dummy = fmean(compress(subject.guessing, _in_first_repeat(subject)))
    model = fmean(subject.scores)
    found = []
    for feature in _worth_a_look(subject, folds, dummy, renaming):
        alone = _alone(feature, subject, folds)
        if feature.name in renaming or _is_good(alone.value, subject, dummy):
            same = feature.name in renaming
            found.append(Suspect(column=feature.name, alone=alone, of_model=model, renaming=same))
    if len(found) == len(subject.dataset.schema.features):  # nothing would be left to learn from
        found = [each for each in found if each.renaming]
    return Seeming(tuple(found[:MOST_SUSPECTS]), dummy)


def score_without(
    subject: Subject, columns: Sequence[str], folds: Sequence[Fold]
) -> MetricScore | None:
    """Return the score of the shipped model, refitted without some columns on fresh folds.

    None where no column is left.
    """
    if len(columns) == len(subject.dataset.schema.features):
        return None
    scores = list(refit(subject, partial(score_of, subject), folds=folds, without=columns))
    found = _measured(scores, subject, folds)
    return MetricScore(mean=found.value, interval=found.interval)


def suspects_of(seeming: Seeming, without: MetricScore | None, metric: str) -> tuple[Suspect, ...]:
    """Return those without which the model is far behind, and those that rename the target.

    Where it is not known how the model does without them, they are all left in.
    """
    if without is None or without.mean is None:
        return seeming.suspects

    def error(score: float | None) -> float:
        return 1.0 - (_share(score, seeming.dummy, greatest_score(metric)) or 0.0)

    left = error(without.mean)
    return tuple(
        each.model_copy(update={"without": without})
        for each in seeming.suspects
        if each.renaming or left >= max(ERROR_WITHOUT, TIMES_ITS_ERROR * error(each.alone.value))
    )


def first_repeat(subject: Subject) -> list[Fold]:
    """Return the folds of one repeat, which score each row once."""
    return list(compress(subject.fresh.folds, _in_first_repeat(subject)))


def _in_first_repeat(subject: Subject) -> list[bool]:
    repeats = subject.fresh.repeats
    return [repeat == repeats[0] for repeat in repeats]


def _worth_a_look(
    subject: Subject, folds: Sequence[Fold], dummy: float, renaming: set[str]
) -> list[Feature]:
    """Return the features that a few thousand rows do not show to be less good, the best first."""
    some = _some_folds(folds, subject.plan.seed)
    features = subject.dataset.schema.features
    scores = screen(
        features, subject.dataset.train, some, subject.scorers, subject.plan.task, subject.plan.seed
    )
    model = fmean(subject.scores[: len(some)])
    bar = OF_MODEL - SCREEN_SLACK
    good = [
        each for each in features if (_share(scores.get(each.name), dummy, model) or 0.0) >= bar
    ]
    good.sort(key=lambda each: -scores[each.name])
    named = [each for each in features if each.name in renaming and each not in good]
    return [*named, *good][:MOST_LOOKED_AT]


def _some_folds(folds: Sequence[Fold], seed: int) -> list[Fold]:
    """Return the first folds, thinned: few where each has many rows to score."""
    some, rows = [], 0
    for fold in folds:
        if rows >= ROWS_SCREENED_ON:
            break
        some.append(thinned(fold, SCREEN_ROWS, seed))
        rows += len(some[-1][1])
    return some


def _alone(feature: Feature, subject: Subject, folds: Sequence[Fold]) -> Measured:
    plan = subject.plan
    less = [thinned(fold, ALONE_ROWS, plan.seed) for fold in folds]
    try:
        scores = score_alone(
            feature, subject.dataset.train, less, subject.scorers, plan.task, plan.seed
        )
    except FitError:
        return Measured(value=None)
    return _measured(scores, subject, less)


def _is_good(alone: float | None, subject: Subject, dummy: float) -> bool:
    perfect = greatest_score(subject.plan.metric.objective)
    model = fmean(subject.scores)
    return all(
        (_share(alone, dummy, top) or 0.0) >= least
        for top, least in ((model, OF_MODEL), (perfect, OF_PERFECT))
    )


def _share(score: float | None, dummy: float, top: float) -> float | None:
    """Return how far from the dummy's score to another one a score is."""
    if score is None or top <= dummy:
        return None
    return (score - dummy) / (top - dummy)


def _measured(scores: Sequence[float], subject: Subject, folds: Sequence[Fold]) -> Measured:
    if len(scores) < FEWEST_TO_COMPARE:
        return Measured(value=fmean(scores))
    return subject.measured(scores, folds)
