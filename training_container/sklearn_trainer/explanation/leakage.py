"""Columns that seem to leak the target, and how well a small tree predicts from one column alone.

A column is suspected where it alone is nearly perfect and nearly as good as the model, and the
model without it is far behind: a good column that others could stand in for is not. A copy of the
target is suspected whatever the scores say. Where rows belong to groups that the folds separate,
any column that tells the groups apart would seem to leak, so that none but copies are suspected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from statistics import fmean

import numpy as np

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.data.folds import Fold
from sklearn_trainer.errors import FitError
from sklearn_trainer.evaluation.evaluate import score_folds
from sklearn_trainer.evaluation.scoring import Scorer, greatest_score
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_pipeline
from sklearn_trainer.schema import MANY_CATEGORIES, Schema
from tunedrop_common.data_findings import DataFinding
from tunedrop_common.estimates import IntervalEstimate, MetricScore
from tunedrop_common.explanation import LeakyColumn
from tunedrop_common.plan import Column, EstimatorPlan

# Of the way from the baseline's score to the model's, and to a perfect one; and how many times the
# column's own error, and how much of the baseline's, is left without it. Of R's tables these name
# the columns that the target was made from, and next to none that are merely good.
OF_MODEL, OF_PERFECT = 0.95, 0.9
TIMES_ITS_ERROR, ERROR_WITHOUT = 5, 0.02

# Columns are screened on so many rows; one that is clearly less good is not examined further.
SCREEN_ROWS, SCREEN_SLACK, ROWS_SCREENED_ON = 4_000, 0.15, 500
ALONE_ROWS = 20_000

MOST_EXAMINED = 10
MOST_LEAKY_COLUMNS = 5

_TREE_SIZE = {"max_leaf_nodes": "64", "min_samples_leaf": "5"}


def find_leaky_columns(
    explained: ExplainedModel, findings: Sequence[DataFinding], steps: ExplanationSteps
) -> tuple[LeakyColumn, ...]:
    """Return the columns that seem to leak the target, and how the model does without them.

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
    candidates = steps.run("leakage", partial(_find_candidates, explained, features, copies))
    if not candidates:
        return ()
    folds = explained.in_first_repeat(explained.fresh.folds)
    folds = folds[: steps.count_folds(explained.estimate_seconds(1))]
    without = steps.run(
        "without leaky columns",
        partial(_score_without, explained, [candidate.column for candidate in candidates], folds),
        expected=explained.estimate_seconds(len(folds)),
    )
    return _confirm_candidates(candidates, without, explained)


def _find_candidates(
    explained: ExplainedModel, features: Sequence[Column], copies: set[str]
) -> tuple[LeakyColumn, ...]:
    """Return the columns that predict nearly as well alone, and the copies of the target."""
    if not explained.baseline_scores:
        raise FitError("the baseline has no score to compare columns with")
    folds = explained.in_first_repeat(explained.fresh.folds)
    thin = [thin_fold(fold, ALONE_ROWS, explained.plan.seed) for fold in folds]
    baseline, model = _baseline_score(explained), fmean(explained.scored.scores)
    perfect = greatest_score(explained.plan.metric.objective)
    candidates = []
    screened = _screen_features(explained, features, folds, copies)
    scores = score_columns(
        screened, explained.dataset.train, thin, explained.scorers, explained.plan.seed
    )
    for feature in screened:
        alone_score = IntervalEstimate(value=None)
        if feature.name in scores:
            alone_score = explained.estimate_score(scores[feature.name], thin)
        is_good = (
            _share(alone_score.value, baseline, model) >= OF_MODEL
            and _share(alone_score.value, baseline, perfect) >= OF_PERFECT
        )
        is_copy = feature.name in copies
        if is_copy or is_good:
            candidates.append(
                LeakyColumn(
                    column=feature.name,
                    column_score=alone_score,
                    of_model=model,
                    is_target_copy=is_copy,
                )
            )
    if len(candidates) == len(explained.dataset.schema.features):  # nothing else to learn from
        candidates = [candidate for candidate in candidates if candidate.is_target_copy]
    return tuple(candidates[:MOST_LEAKY_COLUMNS])


def _screen_features(
    explained: ExplainedModel, features: Sequence[Column], folds: Sequence[Fold], copies: set[str]
) -> list[Column]:
    """Return the features that a few thousand rows do not show to be less good, the best first."""
    thin: list[Fold] = []  # few where each has many rows to score
    for fold in folds:
        if sum(len(validation) for _, validation in thin) < ROWS_SCREENED_ON:
            thin.append(thin_fold(fold, SCREEN_ROWS, explained.plan.seed))
    rows, seed = explained.dataset.train, explained.plan.seed
    fold_scores = score_columns(features, rows, thin, explained.scorers, seed)
    scores = {name: fmean(values) for name, values in fold_scores.items()}
    baseline, model = _baseline_score(explained), fmean(explained.scored.scores[: len(thin)])
    bar = OF_MODEL - SCREEN_SLACK
    good = [
        feature for feature in features if _share(scores.get(feature.name), baseline, model) >= bar
    ]
    good.sort(key=lambda feature: -scores[feature.name])
    copied = [feature for feature in features if feature.name in copies and feature not in good]
    return [*copied, *good][:MOST_EXAMINED]


def _score_without(
    explained: ExplainedModel, columns: Sequence[str], folds: Sequence[Fold]
) -> MetricScore | None:
    """Return the score of the selected model, refitted without some columns on fresh folds.

    None where no column is left.
    """
    if len(columns) == len(explained.dataset.schema.features):
        return None
    mean = explained.estimate_score(explained.rescore(folds, without=columns), folds)
    return MetricScore(mean=mean.value, interval=mean.interval)


def _confirm_candidates(
    candidates: tuple[LeakyColumn, ...], without: MetricScore | None, explained: ExplainedModel
) -> tuple[LeakyColumn, ...]:
    """Return those without which the model is far behind, and the copies of the target.

    Where it is not known how the model does without them, they are all left in.
    """
    if without is None or without.mean is None:
        return candidates
    baseline, perfect = _baseline_score(explained), greatest_score(explained.plan.metric.objective)
    error_without = 1.0 - _share(without.mean, baseline, perfect)

    def is_confirmed(candidate: LeakyColumn) -> bool:
        error = 1.0 - _share(candidate.column_score.value, baseline, perfect)
        return candidate.is_target_copy or error_without >= max(
            ERROR_WITHOUT, TIMES_ITS_ERROR * error
        )

    return tuple(
        candidate.model_copy(update={"without": without})
        for candidate in candidates
        if is_confirmed(candidate)
    )


def _baseline_score(explained: ExplainedModel) -> float:
    """Return the score of a model that ignores the features."""
    return fmean(explained.in_first_repeat(explained.baseline_scores))


def _share(score: float | None, baseline: float, top: float) -> float:
    """Return how much of the way from the baseline's score to another one a score is."""
    return 0.0 if score is None or top <= baseline else (score - baseline) / (top - baseline)


def score_columns(
    features: Sequence[Column],
    rows: Portion,
    folds: Sequence[Fold],
    scorer: Mapping[str, Scorer],
    seed: int,
) -> dict[str, list[float]]:
    """Score small trees of one column as dropped, on rows that they have not seen.

    Categories are encoded by the target inside of each fold, so that a column of names that never
    come back says nothing.

    Parameters
    ----------
    scorer
        By the name of its metric.

    Returns
    -------
    The scores on the folds, by the names of the columns that can be learnt and scored.
    """
    (metric,) = scorer
    is_regression = rows.classes is None
    class_path = f"sklearn.tree.DecisionTree{'Regressor' if is_regression else 'Classifier'}"
    tree = EstimatorPlan(key="alone", class_path=class_path, fixed={}, ranges={})
    task = "regression" if is_regression else "classification"
    scores = {}
    for feature in features:
        if feature.kind == "categorical" and feature.distinct > MANY_CATEGORIES:
            # by the target, however many there are: what their words are made of matters not here
            feature = feature.model_copy(update={"distinct": MANY_CATEGORIES + 1})
        schema = Schema(features=(feature,))
        pipeline = build_pipeline(schema, tree, _TREE_SIZE, task=task, seed=seed)
        column = replace(rows, X=rows.X[[feature.name]])
        with suppress(FitError):
            folds_scored = score_folds(pipeline, column, folds, scorer, JobWarnings())
            scores[feature.name] = [fold.value.scores[metric] for fold in folds_scored]
    return scores


def thin_fold(fold: Fold, most: int, seed: int) -> Fold:
    """Return a fold with at most so many rows to learn from, and half as many to be scored."""
    source = np.random.default_rng(seed)
    train, validation = (
        rows if len(rows) <= limit else np.sort(source.choice(rows, limit, replace=False))
        for rows, limit in zip(fold, (most, most // 2), strict=True)
    )
    return train, validation
