"""Whether a classifier tells the rows of the test file from the training rows, and by what.

Columns that only name or order the rows are left out: they differ between any two files.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from sklearn_trainer.data.dataset import Dataset, Portion
from sklearn_trainer.data.folds import Fold
from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.evaluation.scoring import make_scorers
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.intervals import Ints
from sklearn_trainer.explanation.single_columns import screen, thinned
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

GUESSING = 0.5

# Standard errors of the 95% interval, and of 99%: folds share training rows, so that areas vary
# by more than their errors say.
LIKELY, CERTAIN = 1.96, 2.576


def shift(explained: ExplainedModel, steps: ExplanationSteps) -> Shift | None:
    """Compare the test file with the training rows, where there is one that might be like them.

    Where time decides the split, it is later than they are: that it differs is no news.
    """
    plan, dataset = explained.plan, explained.dataset
    if plan.final_test.kind != "file" or dataset.test is None or "time" in plan.data.row_columns:
        return None
    if len(dataset.test.y) < FEWEST_TEST_ROWS or not _features(dataset):
        return None
    return steps.run("shift", partial(told_apart, dataset, plan.confirm.seed))


def told_apart(dataset: Dataset, seed: int) -> Shift:
    """Learn to tell test rows from training rows, and score that out of fold."""
    features = _features(dataset)
    both = _both(dataset, seed)
    folds = _folds(both.y, seed)
    pipeline = build_pipeline(
        Schema(features=features, decimal=dataset.schema.decimal),
        _CLASSIFIER,
        _CLASSIFIER.fixed,
        task="classification",
        seed=seed,
    )
    X = both.X[[each.name for each in features]]
    from_test = np.empty(len(both.y))
    for train, held_out in folds:
        job_warnings = JobWarnings()
        model = fit(pipeline, X.iloc[train], both.y[train], job_warnings)
        with job_warnings.library_warnings():
            from_test[held_out] = model.predict_proba(X.iloc[held_out])[:, 1]
    area, error = _area_and_error(both.y, from_test)
    is_significant = area > LEAST_AUC and area - CERTAIN * error > GUESSING
    return Shift(
        auc=IntervalEstimate(
            value=area, interval=(area - LIKELY * error, min(1.0, area + LIKELY * error))
        ),
        is_significant=is_significant,
        columns=_telling(both, features, folds, seed) if is_significant else (),
    )


def _area_and_error(y: Ints, values: Floats) -> tuple[float, float]:
    """Return the area under the ROC curve with its standard error, by Hanley and McNeil (1982)."""
    ones = int(y.sum())
    zeros = len(y) - ones
    area = float(roc_auc_score(y, values))
    of_ones, of_zeros = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area) + (ones - 1) * (of_ones - area**2) + (zeros - 1) * (of_zeros - area**2)
    ) / (ones * zeros)
    return area, math.sqrt(max(variance, 0.0))


def _features(dataset: Dataset) -> tuple[Column, ...]:
    return tuple(
        each for each in dataset.schema.features if not _names_or_orders_rows(each, dataset.X)
    )


def _names_or_orders_rows(feature: Column, X: pd.DataFrame) -> bool:
    if feature.kind in ("datetime", "text"):
        return True
    if feature.kind == "categorical":
        return feature.distinct > VERY_MANY_CATEGORIES
    values = X[feature.name].to_numpy()
    known = values[~np.isnan(values)]
    if not len(known) or (known != np.floor(known)).any():
        return False
    if len(np.unique(known)) < DISTINCT_OF_IDS * len(known):
        return False
    return bool((np.diff(known) >= 0).all() or np.ptp(known) < SPREAD_OF_IDS * len(known))


def _both(dataset: Dataset, seed: int) -> Portion:
    """Return rows of both files; the target is whether a row is one of the test file."""
    source = np.random.default_rng(seed)
    test = dataset.train if dataset.test is None else dataset.test
    parts = [
        X.iloc[np.sort(source.choice(len(X), min(len(X), MOST_ROWS_OF_A_FILE), replace=False))]
        for X in (dataset.X, test.X)
    ]
    y = np.repeat(np.arange(2), [len(part) for part in parts])
    return Portion(pd.concat(parts, ignore_index=True), y, RowColumns())


def _folds(y: Ints, seed: int) -> list[Fold]:
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(y)), y))


def _telling(
    both: Portion, features: tuple[Column, ...], folds: list[Fold], seed: int
) -> tuple[str, ...]:
    """Return the columns that alone tell the files apart, the most telling first."""
    some = [thinned(fold, ROWS_ALONE, seed) for fold in folds]
    scorers = make_scorers(("roc_auc",), both.y)
    alone = screen(features, both, some, scorers, "classification", seed)
    telling = sorted(
        (name for name, auc in alone.items() if auc > LEAST_AUC), key=lambda each: -alone[each]
    )
    return tuple(telling[:MOST_COLUMNS_NAMED])
