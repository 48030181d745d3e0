"""How much the score drops on rows the model had not seen when a column is shuffled.

Each fresh fold has a model of its own, of which scikit-learn's `permutation_importance` is asked.
The drops of the folds have the corrected resampled t interval; a column is important where that is
above 0, for all columns together with 95% confidence.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.inspection import permutation_importance
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import resample

from sklearn_trainer.data.folds import FEWEST_TO_COMPARE, rows_scored, validation_ratio
from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.comparison import CONFIDENCE, estimate
from sklearn_trainer.evaluation.evaluate import FittedFold
from sklearn_trainer.evaluation.scoring import Scorer, score
from sklearn_trainer.explanation.associated_columns import ColumnGroup, group_associated
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.refits import refit
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.explanation.time_budget import TimeBudget
from sklearn_trainer.model.pipeline import Pipeline
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import Importance, Learned

SHUFFLES = 20
"""Of each column, in all folds together."""

MOST_ROWS = 5_000
"""Of a fold, in which columns are shuffled."""

# Of the time that is left, for the steps that follow have refits of their own.
SHARE = 0.65


def measure_importance(explained: ExplainedModel, steps: ExplanationSteps) -> Learned | None:
    """Return what the model learned from each column, None where there is no time for it.

    Where time is short, there are fewer folds, but all columns.
    """
    groups = group_associated(
        explained.dataset.X, explained.dataset.schema, explained.plan.confirm.seed
    )
    shuffles = math.ceil(SHUFFLES / len(explained.fresh.folds))
    return steps.run(
        "importance",
        partial(_measure, explained, groups, shuffles, steps.budget),
        expected=explained.pace.expected(FEWEST_TO_COMPARE, scorings=1 + len(groups) * shuffles),
    )


def _measure(
    explained: ExplainedModel, groups: Sequence[ColumnGroup], shuffles: int, budget: TimeBudget
) -> Learned:
    look = partial(
        shuffle_columns,
        groups=groups,
        scorers=explained.scorers,
        shuffles=shuffles,
        seed=explained.plan.confirm.seed,
    )
    seconds, started = budget.left * SHARE, time.monotonic()
    drops: list[Floats] = []
    for drop in refit(explained, look):
        drops.append(drop)
        a_fold = (time.monotonic() - started) / len(drops)
        if len(drops) >= FEWEST_TO_COMPARE and a_fold * (len(drops) + 1) > seconds:
            break
    folds = explained.fresh.folds[: len(drops)]
    return Learned(
        folds=len(folds),
        permutations=shuffles,
        importance=judge_drops(
            np.array(drops), groups, validation_ratio(folds), rows_scored(folds)
        ),
    )


def shuffle_columns(
    fold: FittedFold,
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
    rows = _sample(fold, seed)
    X = fold.X.iloc[rows]
    weights = None if fold.weights is None else fold.weights[rows]
    unshuffled = np.arange(len(X))

    def assemble(origins: pd.DataFrame) -> pd.DataFrame:
        table = X.copy()
        for place, group in enumerate(groups):
            order = origins[place].to_numpy()
            if not np.array_equal(order, unshuffled):
                for name in group:
                    table[name] = X[name].array.take(order)
        return table

    def scoring(
        model: Pipeline, X: pd.DataFrame, y: Floats, sample_weight: Floats | None = None
    ) -> float:
        return score(model, X, y, scorers, sample_weight)[metric]

    found = permutation_importance(
        make_pipeline(FunctionTransformer(assemble), fold.model),
        pd.DataFrame({place: unshuffled for place in range(len(groups))}),
        fold.y[rows],
        scoring=scoring,
        n_repeats=shuffles,
        random_state=seed,
        sample_weight=weights,
    )
    return np.asarray(found.importances_mean)


def _sample(fold: FittedFold, seed: int) -> npt.NDArray[np.int64]:
    rows = np.arange(len(fold.y))
    if len(rows) <= MOST_ROWS:
        return rows
    classes = None if fold.y.dtype.kind == "f" else fold.y
    sample = resample(rows, replace=False, n_samples=MOST_ROWS, random_state=seed, stratify=classes)
    return np.sort(sample)


def judge_drops(
    drops: Floats, groups: Sequence[ColumnGroup], ratio: float, rows: int
) -> tuple[Importance, ...]:
    """Return what the folds say of each group of columns, the most important first.

    Parameters
    ----------
    drops
        Of shape (n_folds, n_groups).
    ratio, rows
        Of the folds: validation rows / training rows, and how many different rows they scored.
    """
    confidence = 1 - (1 - CONFIDENCE) / len(groups)
    found = []
    for group, column in zip(groups, drops.T, strict=True):
        drop = estimate(column.tolist(), ratio, rows=rows, confidence=confidence)
        # the same drop in every fold, as of a metric that counts a few rows, knows no error
        is_known = drop.standard_error > 0 or drop.mean == 0
        interval = drop.interval if is_known else None
        found.append(
            Importance(columns=group, drop=IntervalEstimate(value=drop.mean, interval=interval))
        )
    return tuple(sorted(found, key=lambda each: each.drop.value or 0.0, reverse=True))
