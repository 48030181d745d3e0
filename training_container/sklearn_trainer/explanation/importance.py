"""How much the score drops on rows the model had not seen when a column is shuffled.

Each fresh fold has a model of its own, of which scikit-learn's `permutation_importance` is asked.
The drops of the folds have the corrected resampled t interval; a column is important where that is
above 0, for all columns together with 95% confidence. Strongly associated columns are shuffled
together: one at a time, two of which each tells what the other does would both look useless.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform
from sklearn.inspection import permutation_importance
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import resample

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.data.folds import FEWEST_TO_COMPARE, FoldSizes
from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.comparison import CONFIDENCE, estimate
from sklearn_trainer.evaluation.scoring import Scorer, score
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.schema import WORD_KINDS, Schema
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import Importance, Learned

ColumnGroup: TypeAlias = tuple[str, ...]

SHUFFLES = 20
"""Of each column, in all folds together."""

MOST_ROWS = 5_000
"""Of a fold, in which columns are shuffled."""

# Of the time that is left, for the steps that follow have refits of their own.
SHARE = 0.65

# Of 1: Spearman's correlation of numbers and times, the adjusted Rand index of few values.
STRONG = 0.9

MOST_ROWS_ASSOCIATED = 2_000

# Beyond these, columns are shuffled alone: the indices of each two take too long.
MOST_COLUMNS, MOST_COLUMNS_OF_FEW_VALUES = 1_000, 60

# A column with fewer rows for each of its values is an id, which is like any other id.
ROWS_A_VALUE = 8


def measure_importance(explained: ExplainedModel, steps: ExplanationSteps) -> Learned | None:
    """Return what the model learned from each column, None where there is no time for it.

    Where time is short, there are fewer folds, but all columns.
    """
    seed, folds = explained.plan.confirm.seed, explained.fresh.folds
    groups = group_associated(explained.dataset.train.X, explained.dataset.schema, seed)
    shuffles = math.ceil(SHUFFLES / len(folds))

    def measure() -> Learned:
        shuffle = partial(
            shuffle_columns,
            groups=groups,
            scorers=explained.scorers,
            shuffles=shuffles,
            seed=seed,
        )
        seconds, started = steps.left * SHARE, time.monotonic()
        drops: list[Floats] = []
        for drop in explained.refit(shuffle, folds):
            drops.append(drop)
            seconds_per_fold = (time.monotonic() - started) / len(drops)
            is_late = seconds_per_fold * (len(drops) + 1) > seconds
            if len(drops) >= FEWEST_TO_COMPARE and is_late:
                break
        used = folds[: len(drops)]
        importance = estimate_drops(np.array(drops), groups, FoldSizes.of(used))
        return Learned(folds=len(used), permutations=shuffles, importance=importance)

    scorings = 1 + len(groups) * shuffles
    expected = explained.estimate_seconds(FEWEST_TO_COMPARE, scorings=scorings)
    return steps.run("importance", measure, expected=expected)


def shuffle_columns(
    model: Pipeline,
    rows: Portion,
    *,
    groups: Sequence[ColumnGroup],
    scorers: Mapping[str, Scorer],
    shuffles: int,
    seed: int,
) -> Floats:
    """Return how much the score drops, in the mean, when each group of columns is shuffled.

    scikit-learn shuffles single columns. So it gets one for each group, which says in which row of
    the fold the group's values are.
    """
    (metric,) = scorers
    rows = _sample_rows(rows, seed)
    X = rows.X
    unshuffled = np.arange(len(X))

    def assemble(origins: pd.DataFrame) -> pd.DataFrame:
        table = X.copy()
        for position, group in enumerate(groups):
            order = origins[position].to_numpy()
            if not np.array_equal(order, unshuffled):
                for name in group:
                    table[name] = X[name].array.take(order)
        return table

    def score_model(
        model: Pipeline, X: pd.DataFrame, y: Floats, sample_weight: Floats | None = None
    ) -> float:
        weights = RowColumns(weights=sample_weight)
        return score(model, Portion(X, y, weights), scorers)[metric]

    importances = permutation_importance(
        make_pipeline(FunctionTransformer(assemble), model),
        pd.DataFrame({position: unshuffled for position in range(len(groups))}),
        rows.y,
        scoring=score_model,
        n_repeats=shuffles,
        random_state=seed,
        sample_weight=rows.weights,
    )
    return np.asarray(importances.importances_mean)


def _sample_rows(rows: Portion, seed: int) -> Portion:
    numbers = np.arange(len(rows.y))
    if len(numbers) <= MOST_ROWS:
        return rows
    classes = None if rows.y.dtype.kind == "f" else rows.y
    sample = resample(
        numbers, replace=False, n_samples=MOST_ROWS, random_state=seed, stratify=classes
    )
    return rows.take(np.sort(sample))


def estimate_drops(
    drops: Floats, groups: Sequence[ColumnGroup], sizes: FoldSizes
) -> tuple[Importance, ...]:
    """Return the mean drop of each group of columns, the most important first.

    Parameters
    ----------
    drops
        Of shape (n_folds, n_groups).
    """
    confidence = 1 - (1 - CONFIDENCE) / len(groups)
    importances = []
    for group, scores in zip(groups, drops.T, strict=True):
        drop = estimate(scores.tolist(), sizes, confidence=confidence)
        # the same drop in every fold, as of a metric that counts a few rows, has no error
        has_error = drop.standard_error > 0 or drop.mean == 0
        mean = IntervalEstimate(value=drop.mean, interval=drop.interval if has_error else None)
        importances.append(Importance(columns=group, drop=mean))
    return tuple(sorted(importances, key=lambda item: item.drop.value or 0.0, reverse=True))


def group_associated(X: pd.DataFrame, schema: Schema, seed: int) -> list[ColumnGroup]:
    """Return all columns in groups, each in the order of the frame; most groups are of one.

    Each two columns of a group are strongly associated (complete linkage).
    """
    names = [str(name) for name in X.columns]
    if len(names) < 2 or len(names) > MOST_COLUMNS:
        return [(name,) for name in names]
    if len(X) > MOST_ROWS_ASSOCIATED:
        X = X.sample(MOST_ROWS_ASSOCIATED, random_state=seed)
    distances = squareform(1.0 - _measure_association(X, schema), checks=False)
    labels = hierarchy.fcluster(hierarchy.linkage(distances, "complete"), 1.0 - STRONG, "distance")
    return [tuple(group) for _, group in pd.Series(names).groupby(labels, sort=False)]


def _measure_association(X: pd.DataFrame, schema: Schema) -> Floats:
    """Return how strongly each two columns are associated, from 0 to 1."""
    words = {feature.name for feature in schema.features if feature.kind in WORD_KINDS}
    # a column that is known in few of the rows is not associated with one that is in all
    ranks = X[[name for name in X if name not in words]].rank()
    correlations = ranks.corr(min_periods=max(2, len(X) // 2)).abs().fillna(0.0)
    strengths = correlations.reindex(index=X.columns, columns=X.columns, fill_value=0.0)
    # a missing value is a value too
    codes: dict[str, Any] = {
        str(name): pd.factorize(X[name], use_na_sentinel=False)[0] for name in X
    }
    few_values = [name for name in codes if 0 < codes[name].max() < len(X) // ROWS_A_VALUE]
    for first, second in combinations(few_values[:MOST_COLUMNS_OF_FEW_VALUES], 2):
        index = adjusted_rand_score(codes[first], codes[second])
        strongest = max(index, strengths.loc[first, second])
        strengths.loc[first, second] = strengths.loc[second, first] = strongest
    values = strengths.to_numpy(copy=True)
    np.fill_diagonal(values, 1.0)
    return values
