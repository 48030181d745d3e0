"""Which columns are strongly associated, so that they are shuffled together.

Shuffled one at a time, two columns of which each tells what the other does would both look useless.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform
from sklearn.metrics import adjusted_rand_score

from sklearn_trainer.data.values import Floats
from sklearn_trainer.schema import WORD_KINDS, Schema

ColumnGroup: TypeAlias = tuple[str, ...]

# Of 1: Spearman's correlation of numbers and times, the adjusted Rand index of few values.
STRONG = 0.9

MOST_ROWS = 2_000

# Beyond these, columns are shuffled alone: the indices of each two take too long.
MOST_COLUMNS, MOST_COLUMNS_OF_FEW_VALUES = 1_000, 60

# A column with fewer rows for each of its values is an id, which is like any other id.
ROWS_A_VALUE = 8


def group_associated(X: pd.DataFrame, schema: Schema, seed: int) -> list[ColumnGroup]:
    """Return all columns in groups, each in the order of the frame; most groups are of one.

    Each two columns of a group are strongly associated (complete linkage).
    """
    names = [str(name) for name in X.columns]
    if len(names) < 2 or len(names) > MOST_COLUMNS:
        return [(name,) for name in names]
    if len(X) > MOST_ROWS:
        X = X.sample(MOST_ROWS, random_state=seed)
    tree = hierarchy.linkage(squareform(1.0 - _association(X, schema), checks=False), "complete")
    labels = hierarchy.fcluster(tree, 1.0 - STRONG, "distance")
    return [tuple(group) for _, group in pd.Series(names).groupby(labels, sort=False)]


def _association(X: pd.DataFrame, schema: Schema) -> Floats:
    """Return how strongly each two columns are associated, from 0 to 1."""
    words = {each.name for each in schema.features if each.kind in WORD_KINDS}
    # a column that is known in few of the rows is not associated with one that is in all
    ranks = X[[name for name in X if name not in words]].rank()
    correlations = ranks.corr(min_periods=max(2, len(X) // 2)).abs().fillna(0.0)
    found = correlations.reindex(index=X.columns, columns=X.columns, fill_value=0.0)
    codes = {str(name): _codes(X[name]) for name in X}
    few = [name for name, its in codes.items() if 0 < its.max() < len(X) // ROWS_A_VALUE]
    for one, other in combinations(few[:MOST_COLUMNS_OF_FEW_VALUES], 2):
        index = adjusted_rand_score(codes[one], codes[other])
        strongest = max(index, found.loc[one, other])
        found.loc[one, other] = found.loc[other, one] = strongest
    values = found.to_numpy(copy=True)
    np.fill_diagonal(values, 1.0)
    return values


def _codes(column: pd.Series[Any]) -> Any:
    """Return each row's value as a number; a missing one is a value too."""
    return pd.factorize(column, use_na_sentinel=False)[0]
