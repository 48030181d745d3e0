"""The features of some rows, as fit() gets them: a data frame, or an array of plain numbers.

An array does without pandas, whose import takes longer than the fits of a small job. Its columns
lie in memory as those of the data frame do, so that sums over them are the same to the bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sklearn_trainer.data.values import Floats

if TYPE_CHECKING:
    import pandas as pd

Features: TypeAlias = "pd.DataFrame | Floats"


def take(X: Features, rows: npt.NDArray[Any]) -> Features:
    """Return some of the rows, by a mask or by their numbers."""
    if isinstance(X, np.ndarray):
        numbers = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return X.T.take(numbers, axis=1).T
    return X.loc[rows] if rows.dtype == np.bool_ else X.iloc[rows]


def without_empty_columns(X: Features) -> Features:
    """Give a column one value where these rows have none: boosting has no bins for nothing."""
    if isinstance(X, np.ndarray):
        empty = [i for i in np.flatnonzero(np.isnan(X[0])) if np.isnan(X[:, i]).all()]
        if empty:
            X = X.copy(order="F")
            X[:, empty] = 0.0
        return X
    first = X.columns[X.iloc[0].isna()]  # the only ones worth a look at all rows
    kinds = {name: X[name].dtype.kind for name in first}
    named = [name for name, kind in kinds.items() if kind in "fM" and X[name].isna().all()]
    if named:
        X = X.copy()
    for name in named:
        X[name] = 0.0 if kinds[name] == "f" else _some_moment()
    return X


def _some_moment() -> Any:
    import pandas as pd

    return pd.Timestamp("1970-01-01", tz="UTC").as_unit("us")
