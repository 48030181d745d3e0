"""Which columns, as dropped, carry the same information, so that they are judged together.

Shuffled one at a time, two columns that say the same would both look useless. Two are alike when
each tells nearly all that the other does, looked at in a sample of the rows: numbers and moments by
Spearman's correlation, two categories by how well each is guessed from the other, a number and a
category by the share of the number's ranks that the category explains. Free text and ids are alike
only when they are equal. In a group, each two are alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from sklearn_trainer.data.values import Floats
from sklearn_trainer.schema import NUMERIC_KINDS, Schema

Group: TypeAlias = tuple[str, ...]
Codes: TypeAlias = npt.NDArray[np.int64]

# Of 1: a correlation, or how much better than blindly one is guessed from the other.
ALIKE = 0.9

MOST_ROWS, MOST_COLUMNS = 2_000, 1_000  # beyond so many columns, each is judged alone

# Fewer say nothing about how two columns go together.
FEWEST_KNOWN = 20

# Of the rows in which one of two columns has a value, those in which both have.
KNOWN_TOGETHER = 0.5

# A category with fewer rows for each of its members is an id: it is alike by chance.
ROWS_A_MEMBER = 8


def group_alike(X: pd.DataFrame, schema: Schema, seed: int) -> list[Group]:
    """Return all columns in groups, each in the order of the frame; most groups are of one."""
    names = list(X.columns)
    if len(names) < 2 or len(names) > MOST_COLUMNS:
        return [(name,) for name in names]
    if len(X) > MOST_ROWS:
        X = X.iloc[np.random.default_rng(seed).choice(len(X), MOST_ROWS, replace=False)]
    return _cluster(names, _likeness(X, schema))


def _cluster(names: Sequence[str], likeness: Floats) -> list[Group]:
    """Group by complete linkage: no two of a group are less alike than `ALIKE`."""
    tree = hierarchy.linkage(squareform(1.0 - likeness, checks=False), "complete")
    labels = hierarchy.fcluster(tree, 1.0 - ALIKE, "distance")
    groups: dict[int, list[str]] = {}
    for name, label in zip(names, labels, strict=True):
        groups.setdefault(int(label), []).append(name)
    return [tuple(group) for group in groups.values()]


def _likeness(X: pd.DataFrame, schema: Schema) -> Floats:
    """Return how alike each two columns are, from 0 to 1."""
    kinds = {each.name: each.kind for each in schema.features}
    found = np.eye(X.shape[1])
    numbers = [i for i, name in enumerate(X.columns) if kinds[name] in (*NUMERIC_KINDS, "datetime")]
    coded = {i: _codes(X.iloc[:, i]) for i in range(X.shape[1]) if i not in set(numbers)}
    ids = [i for i, codes in coded.items() if len(codes) < ROWS_A_MEMBER * (codes.max() + 1)]
    categories = [i for i in coded if i not in set(ids)]
    if numbers:
        ranks = np.column_stack([_ranks(X.iloc[:, i]) for i in numbers])
        found[np.ix_(numbers, numbers)] = np.maximum(_correlations(ranks), np.eye(len(numbers)))
        for i in categories:
            found[i, numbers] = found[numbers, i] = _explained(ranks, coded[i])
    for place, i in enumerate(categories):
        for j in categories[:place]:
            found[i, j] = found[j, i] = _guessed(coded[i], coded[j])
    for place, i in enumerate(ids):
        for j in ids[:place]:
            found[i, j] = found[j, i] = float(_same(X.iloc[:, i], X.iloc[:, j], coded[i], coded[j]))
    return found


def _codes(column: pd.Series[Any]) -> Codes:
    """Return each row's member as a number; a missing one is a member too."""
    return np.asarray(pd.factorize(column, use_na_sentinel=False)[0], dtype=np.int64)


def _ranks(column: pd.Series[Any]) -> Floats:
    """Return ranks of mean 0 and variance 1, NaN where there is no value."""
    ranks = column.rank().to_numpy(dtype=np.float64, na_value=np.nan)
    known = ranks[~np.isnan(ranks)]
    spread = known.std() if len(known) else 0.0
    return np.zeros_like(ranks) if spread == 0.0 else (ranks - known.mean()) / spread


def _correlations(ranks: Floats) -> Floats:
    """Return |Spearman's correlation| of each two columns over the rows that both have."""
    known = (~np.isnan(ranks)).astype(np.float64)
    values = np.nan_to_num(ranks)
    both = known.T @ known
    either = known.sum(axis=0)[:, None] + known.sum(axis=0)[None, :] - both
    sums = values.T @ known  # of the one, over the rows that the other has
    squares = (values**2).T @ known
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = squares - sums**2 / both
        found = np.abs(values.T @ values - sums * sums.T / both) / np.sqrt(spread * spread.T)
    enough = (both >= FEWEST_KNOWN) & (both >= KNOWN_TOGETHER * either)
    enough &= (spread > 1e-9) & (spread.T > 1e-9)
    return np.where(enough, np.minimum(np.nan_to_num(found), 1.0), 0.0)


def _explained(ranks: Floats, codes: Codes) -> Floats:
    """Return the correlation ratio of each number with a category, corrected for its members."""
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(codes.max() + 1))
    known = ~np.isnan(ranks[order])
    values = np.nan_to_num(ranks[order])  # of mean 0 and variance 1
    counts, sums = (np.add.reduceat(each, starts, dtype=np.float64) for each in (known, values))
    rows = counts.sum(axis=0)
    freedom = rows - (counts > 0).sum(axis=0)
    enough = (rows >= FEWEST_KNOWN) & (rows >= KNOWN_TOGETHER * len(codes))
    enough &= (freedom > 0) & (values != 0.0).any(axis=0)
    between = (sums**2 / np.maximum(counts, 1.0)).sum(axis=0)
    share = 1.0 - (1.0 - between / np.maximum(rows, 1)) * (rows - 1) / np.maximum(freedom, 1)
    return np.where(enough, np.sqrt(np.clip(share, 0.0, 1.0)), 0.0)


def _same(a: pd.Series[Any], b: pd.Series[Any], first: Codes, second: Codes) -> bool:
    """Say whether two columns of ids or text are equal, or one another by other names."""
    repeated = 2 * int(first.max()) < len(first)  # without it, all ids would be renamings
    return (repeated and np.array_equal(first, second)) or bool(a.equals(b))


def _guessed(first: Codes, second: Codes) -> float:
    """Return how much better than blindly the harder one is guessed from the other.

    Goodman and Kruskal's lambda, the lesser of both directions: a city tells its country, but not
    the other way round, and they are not alike.
    """
    shape = int(first.max()) + 1, int(second.max()) + 1
    table = np.bincount(first * shape[1] + second, minlength=shape[0] * shape[1]).reshape(shape)
    rows, found = len(first), 1.0
    for axis in (0, 1):
        blindly = table.sum(axis=axis).max()
        if blindly == rows:
            return 0.0
        found = min(found, float((table.max(axis=1 - axis).sum() - blindly) / (rows - blindly)))
    return found
