"""Columns that give the target away, or seem to.

One alone is nearly perfect and nearly as good as the model, and the model without it is far behind:
a good column that others could stand in for is no suspect. A column that is the target under
another name is one whatever the scores say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sklearn_trainer.data.features import Feature
from sklearn_trainer.errors import FitError
from sklearn_trainer.explaining.refits import refit, score_of
from sklearn_trainer.explaining.renaming import renamings
from sklearn_trainer.explaining.single_columns import score_alone, screen, thinned
from sklearn_trainer.explaining.subject import Subject
from sklearn_trainer.judging.comparison import estimate
from sklearn_trainer.judging.evaluate import score_folds
from sklearn_trainer.judging.folds import FEWEST_TO_COMPARE, Fold, rows_scored, validation_ratio
from sklearn_trainer.judging.scoring import greatest_score, least_score
from sklearn_trainer.model.pipeline import build_dummy
from sklearn_trainer.notes import Notes
from tunedrop_common.explanation import Measured, MetricScore, Suspect

# Of the way from the dummy's score to the model's, and to a perfect one; and how many times the
# column's own error, and how much of the dummy's, is left without it. Of R's tables these name
# the columns that the target was made from, and next to none that are merely good.
OF_MODEL, OF_PERFECT = 0.95, 0.9
TIMES_ITS_ERROR, ERROR_WITHOUT = 5, 0.02

# Columns are screened on so many rows; one that is clearly less good is not looked at further.
SCREEN_ROWS, SCREEN_SLACK, ROWS_SCREENED_ON = 4_000, 0.15, 500
ALONE_ROWS = 20_000

# Of the time that is left, a refit counts on so much.
CAUTION = 0.7

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
    """Return the columns that predict nearly as well alone, and those that rename the target."""
    renaming = renamings(subject.dataset.train)
    folds = first_repeat(subject)
    dummy = _score_of_dummy(subject, folds)
    model = _mean(subject.scores)
    found = []
    for feature in _worth_a_look(subject, folds, dummy, renaming):
        alone = _alone(feature, subject, folds)
        if feature.name in renaming or _is_good(alone.value, subject, dummy):
            same = feature.name in renaming
            found.append(Suspect(column=feature.name, alone=alone, of_model=model, renaming=same))
    if len(found) == len(subject.dataset.schema.features):  # nothing would be left to learn from
        found = [each for each in found if each.renaming]
    return Seeming(tuple(found[:MOST_SUSPECTS]), dummy)


def folds_within(subject: Subject, seconds: float) -> int:
    """Return how many folds of the first repeat a refit has time for; two at least."""
    of_one = max(subject.pace.expected(1), 1e-9)
    return max(FEWEST_TO_COMPARE, min(len(first_repeat(subject)), int(seconds / of_one * CAUTION)))


def score_without(subject: Subject, columns: Sequence[str], most_folds: int) -> MetricScore | None:
    """Return the score of the shipped model, refitted without some columns on fresh folds.

    None where no column is left.
    """
    if len(columns) == len(subject.dataset.schema.features):
        return None
    folds = first_repeat(subject)[:most_folds]
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
    numbers = subject.fresh.repeats
    return [
        fold
        for fold, repeat in zip(subject.fresh.folds, numbers, strict=True)
        if repeat == numbers[0]
    ]


def _worth_a_look(
    subject: Subject, folds: Sequence[Fold], dummy: float, renaming: set[str]
) -> list[Feature]:
    """Return the features that a few thousand rows do not show to be less good, the best first."""
    some = _some_folds(folds, subject.plan.seed)
    features = subject.dataset.schema.features
    scores = screen(
        features, subject.dataset.train, some, subject.scorers, subject.plan.task, subject.plan.seed
    )
    model = _mean([subject.scores[index] for index in range(len(some))])
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
    model = _mean(subject.scores)
    return all(
        (_share(alone, dummy, top) or 0.0) >= least
        for top, least in ((model, OF_MODEL), (perfect, OF_PERFECT))
    )


def _share(score: float | None, dummy: float, top: float) -> float | None:
    """Return how far from the dummy's score to another one a score is."""
    if score is None or top <= dummy:
        return None
    return (score - dummy) / (top - dummy)


def _score_of_dummy(subject: Subject, folds: Sequence[Fold]) -> float:
    dataset, dummy = subject.dataset, build_dummy(subject.plan.task)
    scored = score_folds(
        dummy, dataset.X, dataset.y, folds, subject.scorers, Notes(), dataset.weights
    )
    return _mean([each.values[subject.plan.metric.objective] for each in scored])


def _measured(scores: Sequence[float], subject: Subject, folds: Sequence[Fold]) -> Measured:
    if len(scores) < FEWEST_TO_COMPARE:
        return Measured(value=_mean(scores))
    metric = subject.plan.metric.objective
    found = estimate(
        scores,
        validation_ratio(folds),
        rows=rows_scored(folds),
        least=least_score(metric),
        greatest=greatest_score(metric),
    )
    return Measured(value=found.mean, interval=found.interval)


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores)
