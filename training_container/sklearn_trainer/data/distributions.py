"""Describes the columns of the training rows by a few numbers, and compares other rows with them.

Only quantiles of numbers and shares of frequent categories are kept, no row's own values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sklearn_trainer.schema import FEWEST_ROWS_OF_A_NAME, WORD_KINDS, Schema
from tunedrop_common.plan import Column, Kind, Record
from tunedrop_common.predictions import UnlikeColumn

Counts = npt.NDArray[np.int64]

BINS: Final = 10
# Below this, shares vary too much by chance.
LEAST_ROWS_TO_COMPARE: Final = 100
# Siddiqi, Credit Risk Scorecards (2006): a population stability index above this is a major shift.
GREATEST_STABILITY_INDEX: Final = 0.25
# What stands for a share of 0 in a logarithm.
_LEAST_SHARE: Final = 1e-4


class ColumnDistribution(Record):
    """How a column's training values are distributed.

    Parameters
    ----------
    edges
        Of numbers, and of points in time as seconds since 1970: the inner edges of the bins.
    categories
        Of words: the frequent ones; all others are one more bin.
    shares
        Of each bin and, last, of the rows without a value; together 1.
    """

    name: str
    kind: Kind
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    shares: tuple[float, ...]

    def count(self, column: pd.Series) -> Counts:
        """Return the rows of each bin and, last, those without a value; shape (n_bins + 1,)."""
        present = column[column.notna()]
        if self.kind in WORD_KINDS:
            codes = pd.Index(self.categories).get_indexer(pd.Index(present))
            bins = np.where(codes < 0, len(self.categories), codes)
        else:
            bins = np.searchsorted(self.edges, _numbers(present), side="right")
        counts = np.bincount(bins, minlength=len(self.shares) - 1)
        return np.append(counts, len(column) - len(present))


class Distributions(Record):
    """Those of all features, over the training rows."""

    columns: tuple[ColumnDistribution, ...] = ()

    @classmethod
    def of(cls, X: pd.DataFrame, schema: Schema, *, show_categories: bool) -> Distributions:
        """Describe the training rows.

        Parameters
        ----------
        X
            Shape (n_rows, n_features), as `apply_schema` returns it.
        show_categories
            Whether frequent categories may be named.
        """
        features = {feature.name: feature for feature in schema.features}
        return cls(
            columns=tuple(_describe(X[name], features[name], show_categories) for name in X.columns)
        )


def find_unlike_columns(
    distributions: Distributions, counts: Sequence[Counts]
) -> tuple[UnlikeColumn, ...]:
    """Return the columns with a population stability index above 0.25, the greatest first.

    The index is the sum over the bins of (new share - training share) times the logarithm of their
    ratio.

    Parameters
    ----------
    counts
        Of each column, what `ColumnDistribution.count` returns, summed over all rows.
    """
    columns = []
    for distribution, bins in zip(distributions.columns, counts, strict=True):
        rows = int(bins.sum())
        if rows < LEAST_ROWS_TO_COMPARE:
            continue
        shares, training_shares = bins / rows, np.array(distribution.shares)
        new, old = (np.maximum(part, _LEAST_SHARE) for part in (shares, training_shares))
        terms = (new - old) * np.log(new / old)
        if terms.sum() > GREATEST_STABILITY_INDEX:
            most = int(np.argmax(shares - training_shares))
            column = UnlikeColumn(
                column=distribution.name,
                stability_index=round(float(terms.sum()), 4),
                values=_name_bin(distribution, most),
                share=float(shares[most]),
                training_share=float(training_shares[most]),
            )
            columns.append(column)
    return tuple(sorted(columns, key=lambda column: -column.stability_index))


def _describe(column: pd.Series, feature: Column, show_categories: bool) -> ColumnDistribution:
    edges: list[float] = []
    categories: list[str] = []
    if feature.kind == "categorical" and show_categories:
        rows = column.value_counts()
        categories = rows[rows >= FEWEST_ROWS_OF_A_NAME].index[: BINS - 1].tolist()
    elif feature.kind not in WORD_KINDS and column.notna().any():
        quantiles = np.linspace(0, 1, BINS + 1)[1:-1]
        edges = np.unique(np.quantile(_numbers(column.dropna()), quantiles)).tolist()
    empty = ColumnDistribution(
        name=feature.name,
        kind=feature.kind,
        edges=tuple(edges),
        categories=tuple(categories),
        shares=(0.0,) * (len(edges) + len(categories) + 2),
    )
    counts = empty.count(column)
    return empty.model_copy(update={"shares": tuple((counts / len(column)).tolist())})


def _numbers(present: pd.Series) -> npt.NDArray[np.float64]:
    """Return numbers, or points in time as seconds since 1970."""
    if present.dtype.kind == "M":
        return np.asarray(present.dt.as_unit("us").astype(np.int64), dtype=np.float64) / 1e6
    return np.asarray(present, dtype=np.float64)


def _name_bin(distribution: ColumnDistribution, position: int) -> str:
    if position == len(distribution.shares) - 1:
        return "missing"
    categories = distribution.categories
    if categories:
        return repr(categories[position]) if position < len(categories) else "other categories"
    is_time = distribution.kind == "datetime"
    ends = [
        f"{pd.Timestamp(end, unit='s'):%Y-%m-%d %H:%M}" if is_time else f"{end:g}"
        for end in distribution.edges
    ]
    if position == 0:
        return f"below {ends[0]}" if ends else "present"
    if position == len(ends):
        return f"{ends[-1]} or above"
    return f"from {ends[position - 1]} to below {ends[position]}"
