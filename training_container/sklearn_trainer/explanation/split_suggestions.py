"""Columns that say in which order rows are, or which belong together, where folds are shuffled."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from itertools import islice

import numpy as np
import pandas as pd

from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.target import Labels
from sklearn_trainer.data.values import Floats
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.intervals import Ints
from sklearn_trainer.explanation.steps import ExplanationSteps
from tunedrop_common.columns import FEWEST_TIMES, may_be_groups, names_groups, names_time
from tunedrop_common.data_text import quote
from tunedrop_common.explanation import SplitSuggestion
from tunedrop_common.plan import Column

# Of neighbouring rows, so many are in the order of a column that says in which order rows are.
IN_ORDER = 0.95

# Chance makes a column look like a group in one of ten thousand; and what a group has in common
# has to matter: of the target's variance, at least this share.
P_VALUE, SHARE_OF_VARIANCE = 1e-4, 0.1

# A quantity says about the same in values that are near each other: numbers are groups where so
# much of the variance is between those of neighbours, and so much of what they say at all.
NEIGHBOURS = 5
SHARE_AMONG_NEIGHBOURS, SHARE_LOST = 0.25, 0.6

MOST_GROUP_HINTS = 2
MOST_CLASSES = 20


def suggest_splits(
    explained: ExplainedModel, suspects: Collection[str], steps: ExplanationSteps
) -> tuple[SplitSuggestion, ...]:
    """Return suggestions of `time_column` and `group_column`; none where one of them is named.

    Parameters
    ----------
    suspects
        Columns that give the target away: they explain it without being groups.
    """
    if explained.plan.cross_validation.kind != "shuffled":
        return ()
    return steps.run("split suggestions", partial(_suggestions, explained.dataset, suspects)) or ()


def _suggestions(dataset: Dataset, suspects: Collection[str]) -> tuple[SplitSuggestion, ...]:
    return (*_time(dataset), *islice(_groups(dataset, suspects), MOST_GROUP_HINTS))


def _time(dataset: Dataset) -> list[SplitSuggestion]:
    """Return the column that says when, one in the order of the rows before others."""
    sorted_by, others = [], []
    for feature in dataset.schema.features:
        if not names_time(feature.name, moment=feature.kind == "datetime"):
            continue
        column = dataset.X[feature.name].dropna()
        if column.nunique() < FEWEST_TIMES:
            continue
        if _in_order(column):
            sorted_by.append(feature.name)
        elif feature.kind == "datetime":
            others.append(feature.name)
    if sorted_by:
        name = sorted_by[0]
        why = f"The rows are in the order of column {quote(name)}, and the folds are shuffled"
    elif others:
        name = others[0]
        why = f"Column {quote(name)} holds points in time, and the folds are shuffled"
    else:
        return []
    sentence = f"{why}: if the model is to predict what comes later, its scores may be too good."
    return [SplitSuggestion(column=name, setting="time_column", sentence=sentence)]


def _in_order(column: pd.Series) -> bool:
    steps = np.diff(column.astype(np.int64))  # years, or microseconds
    return bool(max((steps >= 0).mean(), (steps <= 0).mean()) >= IN_ORDER)


def _groups(dataset: Dataset, suspects: Collection[str]) -> Iterator[SplitSuggestion]:
    target = _centred(dataset.y)
    for feature in dataset.schema.features:
        if feature.name in suspects or names_time(feature.name, moment=False):
            continue
        column = dataset.X[feature.name]
        codes = _codes(feature, column)
        if codes is None:
            continue
        known = codes >= 0
        quantity = feature.kind == "numeric" and not names_groups(feature.name)
        if _explains(codes[known], target[known], quantity=quantity):
            count = int(codes.max()) + 1
            sentence = (
                f"Column {quote(feature.name)} has {count:,} values that come back in few rows "
                "each, and rows with the same one have similar targets: if the model is to predict "
                "for others, its scores may be too good."
            )
            yield SplitSuggestion(column=feature.name, setting="group_column", sentence=sentence)


def _codes(feature: Column, column: pd.Series) -> Ints | None:
    """Return the number of each row's value, in the order of the values; None: no groups."""
    if feature.kind not in ("categorical", "numeric"):
        return None
    if feature.kind == "numeric":
        known = column.to_numpy()[~column.isna().to_numpy()]
        if (known != np.floor(known)).any():
            return None
    codes, values = pd.factorize(column, sort=True)
    return codes if len(values) and may_be_groups(len(values), int((codes >= 0).sum())) else None


def _centred(y: Labels) -> Floats:
    """Return the target as columns around 0: ranks of numbers, or one of each frequent class."""
    if y.dtype.kind == "f":
        columns = pd.Series(y).rank().to_numpy()[:, np.newaxis]
    else:
        frequent = pd.Series(y).value_counts().index[:MOST_CLASSES]
        columns = np.column_stack([y == label for label in frequent]).astype(np.float64)
    centred: Floats = columns - columns.mean(axis=0)
    return centred


def _explains(codes: Ints, target: Floats, *, quantity: bool) -> bool:
    """Tell whether what rows of a group have in common is more than chance, and matters.

    Parameters
    ----------
    quantity
        The groups may be values of a quantity, which say about the same where they are near: then
        most of what they say has to be lost in `NEIGHBOURS` values together.
    """
    share, chance = _in_common(codes, target, np.zeros_like(codes))
    if not quantity:
        return share >= SHARE_OF_VARIANCE and chance < P_VALUE
    among, chance = _in_common(codes, target, codes // NEIGHBOURS)
    return among >= max(SHARE_AMONG_NEIGHBOURS, SHARE_LOST * share) and chance < P_VALUE


def _in_common(codes: Ints, target: Floats, coarse: Ints) -> tuple[float, float]:
    """Return the groups' share of the variance inside of coarse ones, and how likely by chance."""
    from scipy.special import fdtrc

    within, groups = _scatter(codes, target)
    around, parts = _scatter(coarse, target)
    classes = max(1, target.shape[1] - 1)
    between, left = (groups - parts) * classes, (len(codes) - groups) * classes
    if between <= 0 or left <= 0 or around <= 0:
        return 0.0, 1.0
    mean_between, mean_within = (around - within) / between, within / left
    rows = len(codes) / groups
    spread = mean_between + (rows - 1) * mean_within
    f = mean_between / mean_within if mean_within > 0 else np.inf
    return float((mean_between - mean_within) / spread), float(fdtrc(between, left, f))


def _scatter(codes: Ints, target: Floats) -> tuple[float, int]:
    """Return the sum of squares within the groups, and how many there are."""
    numbers, codes = np.unique(codes, return_inverse=True)
    counts = np.bincount(codes)
    total = float((target**2).sum())
    for column in target.T:
        total -= float((np.bincount(codes, column) ** 2 / counts).sum())
    return max(total, 0.0), len(numbers)
