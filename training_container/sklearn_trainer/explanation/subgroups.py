"""The subgroups of the rows that are looked at: by the values of one column, or of two.

Categories each for itself, numbers and moments by quarters and the tenths at both ends, missing
values by themselves. A subgroup's name has no rare category in it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse

from sklearn_trainer.data.values import Floats, Mask
from sklearn_trainer.explanation.bins import FEWEST_ROWS, Scale, bin_of, kept_cuts
from sklearn_trainer.explanation.contender_predictions import Ints
from sklearn_trainer.schema import VERY_MANY_CATEGORIES, Schema
from tunedrop_common.explanation import FEWEST_ROWS_OF_A_NAME, MOST_NAMES
from tunedrop_common.plan import Column

SMALLEST_SHARE = 0.01
"""Of all rows, in a subgroup; columns that tuning.yaml asks for need `FEWEST_ROWS` only."""

COLUMNS_IN_PAIRS = 8
"""Those most associated with the predictions are looked at two at a time."""

MOST_SUBGROUPS = 1000
"""The largest ones are looked at."""

NEARLY_ALL = 0.95
"""A pair with more of the rows of one of its columns says no more than that one."""

QUARTERS = (0.25, 0.5, 0.75)
ENDS = (0.1, 0.9)

_DAY, _MINUTE = 86_400_000_000, 60_000_000  # microseconds
_FEW_DAYS = 20


@dataclass(frozen=True, eq=False)
class Subgroup:
    """Some rows, and what they have in common.

    Parameters
    ----------
    crossed
        Whether it is also looked at together with subgroups of another column.
    wholes
        Of a pair: the subgroups of one column whose rows it has in common.
    """

    columns: tuple[str, ...]
    label: str
    inside: Mask
    crossed: bool = True
    wholes: tuple[Subgroup, ...] = ()

    def and_also(self, other: Subgroup) -> Subgroup:
        """Return the rows that are in both."""
        label = f"{self.label} and {other.label}"
        inside = self.inside & other.inside
        return Subgroup(self.columns + other.columns, label, inside, wholes=(self, other))


def subgroups(
    X: pd.DataFrame,
    rows: Ints,
    schema: Schema,
    predictions: Floats,
    *,
    asked: Collection[str],
    names: bool,
) -> list[Subgroup]:
    """Return the subgroups of some rows.

    Pairs are those of columns chosen by the predictions alone, which know nothing of the losses:
    chance would otherwise look better than it is.

    Parameters
    ----------
    X
        The features of all training rows.
    predictions
        Of the rows, with one column or more.
    asked
        Columns whose subgroups are all there.
    names
        Whether names of categories may be shown.
    """
    fewest = max(FEWEST_ROWS, math.ceil(SMALLEST_SHARE * len(rows)))
    found = {}
    for feature in schema.features:
        least = FEWEST_ROWS if feature.name in asked else fewest
        its = _of_column(X[feature.name], rows, feature, names=names)
        found[feature.name] = [each for each in its if least <= each.inside.sum() < len(rows)]
    singles = [each for its in found.values() for each in its]
    singles.sort(key=lambda each: (each.columns[0] not in asked, -int(each.inside.sum())))
    crossed = _most_associated(found, predictions)
    pairs = [
        pair
        for one, other in combinations(crossed, 2)
        for pair in _pairs(found[one], found[other], fewest)
    ]
    pairs.sort(key=lambda each: -int(each.inside.sum()))
    return (singles + pairs)[:MOST_SUBGROUPS]


def matrix_of(masks: Sequence[Mask]) -> Any:
    """Return masks as the lines of a sparse matrix."""
    places = [np.flatnonzero(mask) for mask in masks]
    ends = np.cumsum([0, *map(len, places)])
    ones = np.ones(ends[-1])
    shape = (len(masks), len(masks[0]))
    return scipy.sparse.csr_array((ones, np.concatenate(places), ends), shape=shape)


def _pairs(ones: Sequence[Subgroup], others: Sequence[Subgroup], fewest: int) -> list[Subgroup]:
    found = []
    for one in ones:
        for other in others:
            if not (one.crossed and other.crossed):
                continue
            pair = one.and_also(other)
            rows = pair.inside.sum()
            if fewest <= rows <= NEARLY_ALL * min(one.inside.sum(), other.inside.sum()):
                found.append(pair)
    return found


def _most_associated(found: dict[str, list[Subgroup]], predictions: Floats) -> list[str]:
    """Return the columns whose subgroups have the most different predictions."""
    away = predictions - predictions.mean(axis=0)

    def association(name: str) -> float:
        total = 0.0
        for each in found[name]:
            if each.crossed:
                rows = each.inside.sum()
                squares = float((away[each.inside].sum(axis=0) ** 2).sum()) / rows
                total += squares - float((away**2).sum()) / len(away)  # what chance adds
        return total

    known = [name for name, its in found.items() if any(each.crossed for each in its)]
    if len(known) <= COLUMNS_IN_PAIRS:
        return known
    return sorted(known, key=association, reverse=True)[:COLUMNS_IN_PAIRS]


def _of_column(column: Any, rows: Ints, feature: Column, *, names: bool) -> list[Subgroup]:
    here = column.iloc[rows]
    missing = here.isna().to_numpy(dtype=np.bool_)
    found = [Subgroup((feature.name,), f"{feature.name} missing", missing)]
    if feature.kind == "text" or feature.distinct > VERY_MANY_CATEGORIES:
        return found
    if feature.kind == "categorical":
        return found + _categories(column, here, feature.name, names=names)
    values, scale = _numbers(here[~missing], feature)
    whole = np.full(len(rows), np.nan)
    whole[~missing] = values
    if feature.kind == "boolean":
        return found + [
            Subgroup((feature.name,), f"{feature.name} {word}", whole == value)
            for value, word in ((1.0, "true"), (0.0, "false"))
        ]
    return found + _quantiles(whole, ~missing, scale, feature.name)


def _categories(column: Any, here: Any, name: str, *, names: bool) -> list[Subgroup]:
    counts = column.value_counts()
    shown = counts.index[counts >= FEWEST_ROWS_OF_A_NAME][:MOST_NAMES]
    codes = shown.get_indexer(here)
    texts = shown if names else [f"category no. {place + 1}" for place in range(len(shown))]
    found = [
        Subgroup((name,), f"{name} {text}", codes == place) for place, text in enumerate(texts)
    ]
    rare = (codes < 0) & here.notna().to_numpy(dtype=np.bool_)
    return [*found, Subgroup((name,), f"{name} of a rare category", rare)]


def _quantiles(values: Floats, known: Mask, scale: Scale, name: str) -> list[Subgroup]:
    """Cut numbers into quarters, and look at the tenths at both ends as well."""
    found: list[Subgroup] = []
    if not known.any():
        return found
    for shares, crossed in ((QUARTERS, True), (ENDS, False)):
        cuts = kept_cuts(values[known], scale.rounded(np.quantile(values[known], shares)))
        bins = bin_of(values, cuts)
        for place, text in enumerate(scale.names(cuts) if len(cuts) else []):
            label = f"{name} {text}"
            end = place in (0, len(cuts)) and label not in [each.label for each in found]
            if crossed or end:
                found.append(Subgroup((name,), label, known & (bins == place), crossed))
    return found


def _numbers(column: Any, feature: Column) -> tuple[Floats, Scale]:
    """Return known values as numbers that can be cut and written."""
    if feature.kind == "datetime":
        return _moments(column.astype("int64").to_numpy().astype(np.float64))
    values = column.to_numpy().astype(np.float64)
    if feature.kind == "duration":
        return np.floor(values), Scale(whole=True, digits=0, write=_clock)
    return values, Scale.of(values)


def _moments(values: Floats) -> tuple[Floats, Scale]:
    unit = _DAY if len(values) and np.ptp(values) > _FEW_DAYS * _DAY else _MINUTE
    form = "%Y-%m-%d" if unit == _DAY else "%Y-%m-%d %H:%M"

    def write(number: float) -> str:
        return pd.Timestamp(int(number * unit), unit="us").strftime(form)

    return np.floor(values / unit), Scale(whole=True, digits=0, write=write)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
