"""Whether a classifier tells the rows of the test file from the training rows, and by what.

Columns that only name or order the rows are excluded: they differ between any two files.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.data.folds import FoldSizes
from sklearn_trainer.evaluation.evaluate import score_folds
from sklearn_trainer.evaluation.scoring import estimate_metric, make_scorers
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.leakage import score_columns, thin_fold
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_pipeline
from sklearn_trainer.schema import VERY_MANY_CATEGORIES, Schema
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import Shift
from tunedrop_common.plan import Column, EstimatorPlan

LEAST_AUC = 0.6
"""Below this, files differ by less than matters."""

FOLDS = 5
FEWEST_TEST_ROWS = 20  # of which chance makes an area of 0.6 in one table of six
MOST_ROWS_OF_A_FILE = 5_000

_CLASSIFIER = EstimatorPlan(
    key="shift",
    class_path="sklearn.ensemble.HistGradientBoostingClassifier",
    fixed={"max_iter": "50", "min_samples_leaf": "10"},
    ranges={},
)

# Of the columns alone, on less rows. More columns than these are in nobody's head.
ROWS_ALONE, MOST_COLUMNS_NAMED = 2_000, 5

# Whole numbers that nearly all differ are numbers of rows where they are in order, or dense.
DISTINCT_OF_IDS, SPREAD_OF_IDS = 0.99, 10

_METRIC = "roc_auc"
AUC_BY_CHANCE = 0.5


def find_shift(explained: ExplainedModel, steps: ExplanationSteps) -> Shift | None:
    """Compare the test file with the training rows, where there is one that might be like them.

    Where time decides the split, it is later than they are: that it differs is no news.
    """
    plan, dataset = explained.plan, explained.dataset
    if plan.final_test.kind != "file" or dataset.test is None or "time" in plan.data.row_columns:
        return None
    features = tuple(
        feature
        for feature in dataset.schema.features
        if not _names_or_orders_rows(feature, dataset.train.X)
    )
    if len(dataset.test.y) < FEWEST_TEST_ROWS or not features:
        return None
    X_test, seed = dataset.test.X, plan.confirm.seed
    return steps.run("shift", lambda: compare_files(dataset.train.X, X_test, features, seed))


def compare_files(
    X: pd.DataFrame, X_test: pd.DataFrame, features: tuple[Column, ...], seed: int
) -> Shift:
    """Learn to tell test rows from training rows, and score that out of fold."""
    rows = _sample_files(X, X_test, seed)
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    folds = list(splitter.split(rows.X, rows.y))
    pipeline = build_pipeline(
        Schema(features=features), _CLASSIFIER, _CLASSIFIER.fixed, task="classification", seed=seed
    )
    table = replace(rows, X=rows.X[[feature.name for feature in features]])
    scorers = make_scorers((_METRIC,), rows.y)
    fold_scores = score_folds(pipeline, table, folds, scorers, JobWarnings())
    auc = estimate_metric(
        _METRIC, [fold.value.scores[_METRIC] for fold in fold_scores], FoldSizes.of(folds)
    )
    is_significant = auc.mean > LEAST_AUC and auc.interval[0] > AUC_BY_CHANCE
    columns: list[str] = []
    if is_significant:
        thin = [thin_fold(fold, ROWS_ALONE, seed) for fold in folds]
        alone = score_columns(features, rows, thin, scorers, seed)
        scores = {name: fmean(values) for name, values in alone.items()}
        columns = [name for name in scores if scores[name] > LEAST_AUC]
        columns.sort(key=lambda name: -scores[name])
    return Shift(
        auc=IntervalEstimate(value=auc.mean, interval=auc.interval),
        is_significant=is_significant,
        columns=tuple(columns[:MOST_COLUMNS_NAMED]),
    )


def _names_or_orders_rows(feature: Column, X: pd.DataFrame) -> bool:
    if feature.kind in ("datetime", "text"):
        return True
    if feature.kind == "categorical":
        return feature.distinct > VERY_MANY_CATEGORIES
    values = X[feature.name].dropna().to_numpy()
    if not len(values) or (values != np.floor(values)).any():
        return False
    if len(np.unique(values)) < DISTINCT_OF_IDS * len(values):
        return False
    return bool((np.diff(values) >= 0).all() or np.ptp(values) < SPREAD_OF_IDS * len(values))


def _sample_files(X: pd.DataFrame, X_test: pd.DataFrame, seed: int) -> Portion:
    """Return rows of both files; the target is whether a row is one of the test file."""
    source = np.random.default_rng(seed)
    samples = [
        file.iloc[
            np.sort(source.choice(len(file), min(len(file), MOST_ROWS_OF_A_FILE), replace=False))
        ]
        for file in (X, X_test)
    ]
    y = np.repeat(np.arange(2), [len(sample) for sample in samples])
    return Portion(pd.concat(samples, ignore_index=True), y)
