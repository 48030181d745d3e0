"""Columns that give the target away, or seem to.

One alone is nearly perfect and nearly as good as the model, and the model without it is far behind:
a good column that others could stand in for is no suspect. A copy of the target is one whatever the
scores say. Where rows belong to groups that the folds separate, any column that tells the groups
apart would seem one, so that none but copies are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import compress
from statistics import fmean

from sklearn_trainer.data.folds import Fold
from sklearn_trainer.errors import FitError
from sklearn_trainer.evaluation.scoring import greatest_score
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.refits import refit, score_of
from sklearn_trainer.explanation.single_columns import score_alone, screen, thinned
from sklearn_trainer.explanation.steps import ExplanationSteps
from tunedrop_common.data_findings import DataFinding
from tunedrop_common.estimates import IntervalEstimate, MetricScore
from tunedrop_common.explanation import Suspect
from tunedrop_common.plan import Column

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


def suspects(
    explained: ExplainedModel, findings: Sequence[DataFinding], steps: ExplanationSteps
) -> tuple[Suspect, ...]:
    """Return the columns that give the target away, and how the model does without them.

    Parameters
    ----------
    findings
        Of the data checks: copies of the target, and columns of groups.
    """
    copies = {finding.column for finding in findings if finding.check == "target copy"}
    has_groups = any(finding.check == "group" for finding in findings)
    features = tuple(
        feature
        for feature in explained.dataset.schema.features
        if not has_groups or feature.name in copies
    )
    seeming = steps.run("suspects", partial(_seeming, explained, features, copies))
    if not seeming:
        return ()
    folds = _first_repeat(explained)[: steps.budget.folds(explained.pace.expected(1))]
    without = steps.run(
        "without suspect",
        partial(_score_without, explained, [each.column for each in seeming], folds),
        expected=explained.pace.expected(len(folds)),
    )
    return _confirmed(seeming, without, explained)


def _seeming(
    explained: ExplainedModel, features: Sequence[Column], copies: set[str]
) -> tuple[Suspect, ...]:
    """Return the columns that predict nearly as well alone, and the copies of the target."""
    if not explained.guessing:
        raise FitError("the dummy has no score to compare columns with")
    folds = _first_repeat(explained)
    dummy = _dummy(explained)
    model = fmean(explained.scores)
    found = []
    for feature in _worth_a_look(explained, features, folds, dummy, copies):
        alone = _alone(feature, explained, folds)
        if feature.name in copies or _is_good(alone.value, explained, dummy):
            same = feature.name in copies
            found.append(Suspect(column=feature.name, alone=alone, of_model=model, renaming=same))
    if len(found) == len(explained.dataset.schema.features):  # nothing would be left to learn from
        found = [each for each in found if each.renaming]
    return tuple(found[:MOST_SUSPECTS])


def _score_without(
    explained: ExplainedModel, columns: Sequence[str], folds: Sequence[Fold]
) -> MetricScore | None:
    """Return the score of the selected model, refitted without some columns on fresh folds.

    None where no column is left.
    """
    if len(columns) == len(explained.dataset.schema.features):
        return None
    scores = list(refit(explained, partial(score_of, explained), folds=folds, without=columns))
    found = explained.measured(scores, folds)
    return MetricScore(mean=found.value, interval=found.interval)


def _confirmed(
    seeming: tuple[Suspect, ...], without: MetricScore | None, explained: ExplainedModel
) -> tuple[Suspect, ...]:
    """Return those without which the model is far behind, and those that rename the target.

    Where it is not known how the model does without them, they are all left in.
    """
    if without is None or without.mean is None:
        return seeming
    dummy, perfect = _dummy(explained), greatest_score(explained.plan.metric.objective)

    def error(score: float | None) -> float:
        return 1.0 - (_share(score, dummy, perfect) or 0.0)

    left = error(without.mean)
    return tuple(
        each.model_copy(update={"without": without})
        for each in seeming
        if each.renaming or left >= max(ERROR_WITHOUT, TIMES_ITS_ERROR * error(each.alone.value))
    )


def _dummy(explained: ExplainedModel) -> float:
    """Return the score of a model that ignores the features."""
    return fmean(compress(explained.guessing, _in_first_repeat(explained)))


def _first_repeat(explained: ExplainedModel) -> list[Fold]:
    """Return the folds of one repeat, which score each row once."""
    return list(compress(explained.fresh.folds, _in_first_repeat(explained)))


def _in_first_repeat(explained: ExplainedModel) -> list[bool]:
    repeats = explained.fresh.repeats
    return [repeat == repeats[0] for repeat in repeats]


def _worth_a_look(
    explained: ExplainedModel,
    features: Sequence[Column],
    folds: Sequence[Fold],
    dummy: float,
    copies: set[str],
) -> list[Column]:
    """Return the features that a few thousand rows do not show to be less good, the best first."""
    some = _some_folds(folds, explained.plan.seed)
    scores = screen(
        features,
        explained.dataset.train,
        some,
        explained.scorers,
        explained.plan.task,
        explained.plan.seed,
    )
    model = fmean(explained.scores[: len(some)])
    bar = OF_MODEL - SCREEN_SLACK
    good = [
        each for each in features if (_share(scores.get(each.name), dummy, model) or 0.0) >= bar
    ]
    good.sort(key=lambda each: -scores[each.name])
    named = [each for each in features if each.name in copies and each not in good]
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


def _alone(feature: Column, explained: ExplainedModel, folds: Sequence[Fold]) -> IntervalEstimate:
    plan = explained.plan
    less = [thinned(fold, ALONE_ROWS, plan.seed) for fold in folds]
    try:
        scores = score_alone(
            feature, explained.dataset.train, less, explained.scorers, plan.task, plan.seed
        )
    except FitError:
        return IntervalEstimate(value=None)
    return explained.measured(scores, less)


def _is_good(alone: float | None, explained: ExplainedModel, dummy: float) -> bool:
    perfect = greatest_score(explained.plan.metric.objective)
    model = fmean(explained.scores)
    return all(
        (_share(alone, dummy, top) or 0.0) >= least
        for top, least in ((model, OF_MODEL), (perfect, OF_PERFECT))
    )


def _share(score: float | None, dummy: float, top: float) -> float | None:
    """Return how far from the dummy's score to another one a score is."""
    if score is None or top <= dummy:
        return None
    return (score - dummy) / (top - dummy)
