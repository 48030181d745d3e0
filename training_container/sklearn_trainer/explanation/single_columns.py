"""How well a small tree predicts from one column alone, on rows that it has not seen.

A column as dropped: categories are encoded by the target inside of each fold, so that a column of
names that never come back says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.data.folds import Fold
from sklearn_trainer.errors import FitError
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.evaluation.scoring import Scorer, score
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import Pipeline, build_pipeline
from sklearn_trainer.schema import MANY_CATEGORIES, Schema
from tunedrop_common.plan import Column, EstimatorPlan, Task

_SIZE = {"max_leaf_nodes": "64", "min_samples_leaf": "5"}


def score_alone(
    feature: Column,
    rows: Portion,
    folds: Sequence[Fold],
    scorers: Mapping[str, Scorer],
    task: Task,
    seed: int,
) -> list[float]:
    """Return the score of the first scorer on each fold.

    Raises
    ------
    FitError
        When a fold cannot be learnt or scored.
    """
    pipeline = _small_tree(feature, task, seed)
    X, weights = rows.X[[feature.name]], rows.row_columns.weights
    name = next(iter(scorers))
    found = []
    for train, validation in folds:
        learnt, scored = (None, None) if weights is None else (weights[train], weights[validation])
        job_warnings = JobWarnings()
        model = fit(pipeline, X.iloc[train], rows.y[train], job_warnings, learnt)
        with job_warnings.library_warnings():
            values = score(model, X.iloc[validation], rows.y[validation], scorers, scored)
        found.append(values[name])
    return found


def screen(
    features: Sequence[Column],
    rows: Portion,
    folds: Sequence[Fold],
    scorers: Mapping[str, Scorer],
    task: Task,
    seed: int,
) -> dict[str, float]:
    """Return each column's mean score; a column that cannot be scored is left out."""
    found = {}
    for feature in features:
        with suppress(FitError):
            scores = score_alone(feature, rows, folds, scorers, task, seed)
            found[feature.name] = sum(scores) / len(scores)
    return found


def thinned(fold: Fold, most: int, seed: int) -> Fold:
    """Return a fold with at most so many rows to learn from, and half as many to be scored."""
    source = np.random.default_rng(seed)
    train, validation = (
        part if len(part) <= limit else np.sort(source.choice(part, limit, replace=False))
        for part, limit in zip(fold, (most, most // 2), strict=True)
    )
    return train, validation


def _small_tree(feature: Column, task: Task, seed: int) -> Pipeline:
    if feature.kind == "categorical" and feature.distinct > MANY_CATEGORIES:
        # by the target, however many there are: what their words are made of does not matter here
        feature = feature.model_copy(update={"distinct": MANY_CATEGORIES + 1})
    kind = "Classifier" if task == "classification" else "Regressor"
    tree = EstimatorPlan(
        key="alone", class_path=f"sklearn.tree.DecisionTree{kind}", fixed={}, ranges={}
    )
    return build_pipeline(Schema(features=(feature,)), tree, _SIZE, task=task, seed=seed)
