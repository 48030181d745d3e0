"""Checks of the data that need no model: PlanRun makes them on its sample, Confirm on all rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from sklearn_trainer.data.column_names import IDENTIFIER_NAME, is_group_name, is_time_name
from sklearn_trainer.data.target import Labels
from sklearn_trainer.data.values import Mask
from sklearn_trainer.schema import Schema
from tunedrop_common.data_findings import DataCheck, DataFinding
from tunedrop_common.plan import Column

Ints: TypeAlias = npt.NDArray[np.int64]

# Rows are worth a finding where they are at least this share, and so many times as many as chance
# would repeat, were the columns independent.
SHARE_OF_ROWS, TIMES_CHANCE = 0.01, 10.0

# Of columns, so many rows show how often chance repeats a value.
ROWS_OF_CHANCE = 50_000

# A target that is a line of a column correlates with it but for rounding.
FEWEST_ON_A_LINE, ON_A_LINE = 10, 1 - 1e-9

# Most often, the first rows tell that a column is no copy.
FIRST_ROWS = 1_000

# Fewer points in time than this are no order.
FEWEST_TIMES = 10

# Groups have so many rows in the mean, and there are so many of them at least.
ROWS_A_GROUP = (2, 50)
FEWEST_GROUPS = 10

# Fewer different values are no identifier.
FEWEST_IDENTIFIED = 20

# Of neighbouring rows, so many are in the order of a column that says in which order rows are.
IN_ORDER = 0.95

# Chance makes a column look like a group in one of ten thousand; and what a group has in common
# has to matter: of the target's variance, at least this share.
P_VALUE, SHARE_OF_TARGET = 1e-4, 0.1

# A quantity says about the same in values that are near each other: numbers are groups where so
# much of the variance is between those of neighbours, and so much of what they say at all.
NEIGHBOURS = 5
SHARE_AMONG_NEIGHBOURS, SHARE_LOST = 0.25, 0.6

# Where nearly every value has one target, it is a group's only if its rows resemble each other: of
# the variance that other columns have among rows of like targets, this share is between values.
# Copies of a few patients have 1; codes that were made from the target next to nothing.
ONE_TARGET, SHARE_OF_COLUMNS = 0.9, 0.25
MOST_COMPARED, TARGET_PARTS = 50, 5

MOST_GROUPS = 2
MOST_CLASSES = 20


def check_data(
    X: pd.DataFrame,
    y: Labels,
    schema: Schema,
    X_test: pd.DataFrame | None = None,
    *,
    is_shuffled: bool,
) -> tuple[DataFinding, ...]:
    """Return the problems of the data.

    Parameters
    ----------
    X, X_test
        As `apply_schema` returns them, shape (n_rows, n_features).
    y
        Shape (n_rows,); float64 in a regression.
    is_shuffled
        Whether rows are split without regard to groups and time.
    """
    findings = [*_target_copies(X, y), *_repeated_rows(X, y, X_test), *_identifiers(X, schema)]
    if is_shuffled:
        findings += [*_times(X, schema), *islice(_groups(X, y, schema), MOST_GROUPS)]
    return tuple(findings)


@dataclass(frozen=True)
class RepeatedRows:
    """The rows that are there more than once.

    By a hash of 64 bits: among ten million rows, two different ones have the same in one of
    300,000 tables.

    Parameters
    ----------
    features
        Of each training row, a number that rows with the same features share.
    is_repeated, is_conflicting
        Whether a training row repeats an earlier one, or its features have several targets.
    is_in_training
        Whether a test row has the features of a training row.
    """

    features: Ints
    is_repeated: Mask
    is_conflicting: Mask
    is_in_training: Mask

    @classmethod
    def of(cls, X: pd.DataFrame, y: Labels, X_test: pd.DataFrame | None) -> RepeatedRows:
        """Compare the rows."""
        frames = [X] if X_test is None else [X, X_test]
        hashes = [pd.util.hash_pandas_object(frame, index=False).to_numpy() for frame in frames]
        numbers = pd.factorize(np.concatenate(hashes))[0]
        features, test_features = numbers[: len(X)], numbers[len(X) :]
        rows = pd.DataFrame({"features": features, "target": y})
        repeated = rows.duplicated().to_numpy()
        targets = rows[~repeated].groupby("features").size()  # different ones beside the same
        conflicting = rows["features"].isin(targets.index[targets > 1]).to_numpy()
        return cls(features, repeated, conflicting, np.isin(test_features, features))


def _repeated_rows(
    X: pd.DataFrame, y: Labels, X_test: pd.DataFrame | None
) -> Iterator[DataFinding]:
    rows = RepeatedRows.of(X, y, X_test)
    same_features = float(np.prod([_chance(X[name]) for name in X]))
    counts: dict[DataCheck, tuple[Mask, float]] = {
        "duplicate rows": (rows.is_repeated, len(y) / 2 * same_features * _chance(pd.Series(y))),
        "conflicting targets": (rows.is_conflicting, len(y) * same_features),
        "test rows in training": (rows.is_in_training, len(y) * same_features),
    }
    for check, (mask, chance) in counts.items():
        share = float(mask.mean()) if len(mask) else 0.0
        if share >= SHARE_OF_ROWS and share > TIMES_CHANCE * chance:
            yield DataFinding(check=check, count=int(mask.sum()))


def _chance(column: pd.Series) -> float:
    """Return how likely two rows have the same value."""
    shares = column.iloc[:ROWS_OF_CHANCE].value_counts(normalize=True, dropna=False)
    return float((shares**2).sum())


def _target_copies(X: pd.DataFrame, y: Labels) -> Iterator[DataFinding]:
    """Yield the columns that are the target under another name.

    Of classes: each value goes with one class, and each class with one value. Of numbers: a
    straight line, or the same order in rows that don't lie in that order already.
    """
    target = pd.Series(y, index=X.index)
    is_copy = _is_same_order if y.dtype.kind == "f" else _is_same_partition
    for name, column in X.items():
        if all(is_copy(column.head(rows), target.head(rows)) for rows in (FIRST_ROWS, len(y))):
            yield DataFinding(check="target copy", column=str(name))


def _is_same_partition(column: pd.Series, target: pd.Series) -> bool:
    """Return whether a column divides the rows as the classes do; missing is a value, too."""
    # numbered by first appearance, so that two names of the same parts have the same numbers
    codes, classes = (pd.factorize(values, use_na_sentinel=False)[0] for values in (column, target))
    return np.array_equal(codes, classes)


def _is_same_order(column: pd.Series, target: pd.Series) -> bool:
    """Return whether numbers and the target are a line, or rise and fall together in any order."""
    if column.dtype.kind != "f" or len(target) < FEWEST_ON_A_LINE:
        return False
    ranks, target_ranks = column.rank(), target.rank()
    if not any(order.equals(target_ranks) for order in (ranks, len(ranks) + 1 - ranks)):
        return False
    is_sorted = column.is_monotonic_increasing or column.is_monotonic_decreasing
    return not is_sorted or abs(column.corr(target)) >= ON_A_LINE


def _identifiers(X: pd.DataFrame, schema: Schema) -> Iterator[DataFinding]:
    """Yield the columns with an identifier's name and a value of its own in every row."""
    for feature in schema.features:
        may_be = feature.kind in ("text", "categorical", "numeric")
        if may_be and IDENTIFIER_NAME.fullmatch(feature.name):
            column = X[feature.name].dropna()
            if len(column) >= FEWEST_IDENTIFIED and column.is_unique:
                yield DataFinding(check="identifier", column=feature.name)


def _times(X: pd.DataFrame, schema: Schema) -> Iterator[DataFinding]:
    """Yield the column that says when, one in whose order the rows are before others."""
    datetimes = {feature.name for feature in schema.datetime_columns}
    times = [
        feature.name
        for feature in schema.features
        if is_time_name(feature.name, is_datetime=feature.name in datetimes)
        and X[feature.name].nunique() >= FEWEST_TIMES
    ]
    in_order = [name for name in times if _is_in_order(X[name].dropna())]
    for name in (*in_order, *(name for name in times if name in datetimes))[:1]:
        yield DataFinding(check="time", column=name)


def _is_in_order(column: pd.Series) -> bool:
    steps = np.diff(column.astype(np.int64))  # years, or microseconds
    return bool(max((steps >= 0).mean(), (steps <= 0).mean()) >= IN_ORDER)


def _groups(X: pd.DataFrame, y: Labels, schema: Schema) -> Iterator[DataFinding]:
    target = _centre(pd.Series(y))
    text = {column.name for column in schema.text_columns}
    for feature in schema.features:
        codes = _number_groups(feature, X[feature.name])
        if codes is None:
            continue
        present = codes >= 0
        share = _share_of_target(
            codes[present],
            target[present],
            is_quantity=feature.kind == "numeric" and not is_group_name(feature.name),
        )
        other_names = [name for name in X if name not in text and name != feature.name]
        if share >= ONE_TARGET and not _resemble(codes, X[other_names[:MOST_COMPARED]], y):
            continue
        if share > 0:
            yield DataFinding(check="group", column=feature.name, count=int(codes.max()) + 1)


def _number_groups(feature: Column, column: pd.Series) -> Ints | None:
    """Return the number of each row's value, in the order of the values; None: no groups."""
    if feature.kind not in ("categorical", "numeric") or is_time_name(
        feature.name, is_datetime=False
    ):
        return None
    if feature.kind == "numeric":
        numbers = column.dropna()
        if (numbers != np.floor(numbers)).any():
            return None
    codes, values = pd.factorize(column, sort=True)
    if len(values) < FEWEST_GROUPS:
        return None
    least, most = ROWS_A_GROUP
    return codes if least <= (codes >= 0).sum() / len(values) <= most else None


def _centre(column: pd.Series) -> pd.DataFrame:
    """Return columns around 0: the ranks of numbers, or one column for each frequent class."""
    if column.dtype.kind in "fM":
        columns = column.rank().to_frame()
    else:
        frequent = column.value_counts().index[:MOST_CLASSES]
        columns = pd.DataFrame({place: column == label for place, label in enumerate(frequent)})
    return (columns - columns.mean()).fillna(0.0)


def _share_of_target(codes: Ints, target: pd.DataFrame, *, is_quantity: bool) -> float:
    """Return the share of the target's variance that is between groups; 0 where it is no matter.

    Parameters
    ----------
    is_quantity
        The groups may be values of a quantity, which say about the same where they are near: then
        most of what they say has to be lost in `NEIGHBOURS` values together.
    """
    share, p_value = _share_between(codes, target, np.zeros_like(codes))
    compared, least = share, SHARE_OF_TARGET
    if is_quantity:
        compared, p_value = _share_between(codes, target, codes // NEIGHBOURS)
        least = max(SHARE_AMONG_NEIGHBOURS, SHARE_LOST * share)
    return share if compared >= least and p_value < P_VALUE else 0.0


def _resemble(codes: Ints, other_columns: pd.DataFrame, y: Labels) -> bool:
    """Return whether rows of one value resemble each other more than rows of like targets do."""
    if y.dtype.kind == "f":
        y = np.ceil(pd.Series(y).rank(pct=True) * TARGET_PARTS)
    parts = pd.factorize(y)[0]
    codes = codes * (parts.max() + 1) + parts  # a value with several targets is several groups
    shares = [
        _share_between(codes, _centre(column), parts)[0] for _, column in other_columns.items()
    ]
    return bool(shares) and float(np.mean(shares)) >= SHARE_OF_COLUMNS


def _share_between(codes: Ints, centred: pd.DataFrame, coarse: Ints) -> tuple[float, float]:
    """Return the groups' share of the variance inside of coarse ones, and its p-value.

    The intraclass correlation, and the F test of the analysis of variance (Fisher 1925).
    """
    from scipy.special import fdtrc

    inside = centred - centred.groupby(coarse).transform("mean")
    between = float((inside.groupby(codes).transform("mean") ** 2).to_numpy().sum())
    within = max(float((inside**2).to_numpy().sum()) - between, 0.0)
    rows, groups = len(codes), len(np.unique(codes))
    columns = max(1, centred.shape[1] - 1)  # the last class is known by the others
    degrees = (groups - len(np.unique(coarse))) * columns, (rows - groups) * columns
    if min(degrees) <= 0 or between <= 0:
        return 0.0, 1.0
    between, within = between / degrees[0], within / degrees[1]
    share = (between - within) / (between + (rows / groups - 1) * within)
    return share, float(fdtrc(*degrees, between / within if within > 0 else np.inf))
