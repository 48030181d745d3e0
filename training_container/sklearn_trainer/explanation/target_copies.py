"""Columns that are the target under another name, by all of the training rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.data.target import Labels
from sklearn_trainer.data.values import Floats
from sklearn_trainer.explanation.intervals import Ints

# A target that is a line of a column is on it but for rounding.
FEWEST_ON_A_LINE, ON_A_LINE = 10, 1e-9

# Most often, the first rows tell that a column is something else.
ROWS_THAT_TELL = 1_000


def renamings(rows: Portion) -> set[str]:
    """Return the columns that are the target under another name.

    Of classes: each value goes with one class, and each class with one value. Of numbers: a
    straight line, or the same order in rows that don't lie in that order already.
    """
    if rows.y.dtype.kind != "f":
        classes = pd.factorize(rows.y)[0]
        return {str(name) for name, column in rows.X.items() if _same_parts(column, classes)}
    return {
        str(name)
        for name, column in rows.X.items()
        if column.dtype.kind == "f" and _is_function_of(column.to_numpy(), rows.y)
    }


def _same_parts(column: pd.Series, classes: Ints) -> bool:
    """Tell whether a column divides the rows as the classes do; missing is a value, too."""
    # numbered by first appearance, so that two names of the same parts have the same numbers
    codes = pd.factorize(column, use_na_sentinel=False)[0]
    return bool(np.array_equal(codes, classes))


def _is_function_of(column: Floats, y: Labels) -> bool:
    """Tell whether numbers and the target are a line, or rise and fall together in any order."""
    first = slice(0, ROWS_THAT_TELL)
    if len(y) < FEWEST_ON_A_LINE or not _go_together(column[first], y[first]):
        return False
    if not _go_together(column, y):
        return False
    steps = np.diff(column)
    if (steps > 0).any() and (steps < 0).any():
        return True
    with np.errstate(all="ignore"):
        lowest, highest = column.argmin(), column.argmax()
        slope = (y[highest] - y[lowest]) / (column[highest] - column[lowest])
        beside = y - y[lowest] - slope * (column - column[lowest])
        return bool(np.abs(beside).max() <= ON_A_LINE * np.ptp(y))


def _go_together(column: Floats, y: Labels) -> bool:
    """Tell whether the target rises wherever the numbers do, or falls wherever they do."""
    if np.isnan(column).any():
        return False
    order = np.argsort(column, kind="stable")
    steps, rises = np.diff(column[order]), np.diff(y[order])
    one_way = (rises >= 0).all() or (rises <= 0).all()
    return bool(one_way and ((steps > 0) == (rises != 0)).all())
