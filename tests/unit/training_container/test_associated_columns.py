"""Strongly associated columns are grouped, and others are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sklearn_trainer.explanation.importance import group_associated
from tests.support.training.explained_models import noise, schema_of

ROWS = 3000
DRAW = np.random.default_rng(0)
NUMBER = DRAW.normal(size=ROWS)
CITY = DRAW.integers(0, 20, ROWS)


def words(values: Any) -> pd.Series[Any]:
    return pd.Series(values).astype("str")


COLUMNS = {
    "number": NUMBER,
    "rescaled": np.exp(NUMBER),
    "reversed": -NUMBER + 0.1 * DRAW.normal(size=ROWS),
    "with gaps": np.where(DRAW.random(ROWS) < 0.2, np.nan, NUMBER),
    "when": pd.to_datetime((NUMBER * 1e15).astype(np.int64), utc=True),
    "loosely": NUMBER + DRAW.normal(size=ROWS),
    "rarely there": np.where(DRAW.random(ROWS) < 0.9, np.nan, NUMBER),
    "city": words(CITY),
    "town with slips": words(np.where(DRAW.random(ROWS) < 0.03, "?", CITY)),
    "number of the city": np.random.default_rng(5).permutation(20)[CITY].astype(np.float64),
    "country": words(CITY // 5),
    "id": words(range(ROWS)),
    "other id": words(range(ROWS, 0, -1)),
    "constant": 1.0,
    "empty": np.nan,
}


def groups(*names: str, rows: int = ROWS) -> list[tuple[str, ...]]:
    X = pd.DataFrame({name: COLUMNS[name] for name in names}, index=range(ROWS))
    return group_associated(X.iloc[:rows], schema_of(X), seed=1)


@pytest.mark.parametrize(
    ("first", "second", "are_associated"),
    [
        ("number", "rescaled", True),
        ("number", "reversed", True),
        ("number", "with gaps", True),
        ("number", "when", True),
        ("city", "town with slips", True),
        ("city", "number of the city", True),
        ("number", "loosely", False),
        ("number", "rarely there", False),
        ("city", "country", False),
        ("number", "city", False),
        ("id", "other id", False),
        ("constant", "empty", False),
    ],
)
def test_columns_are_a_group_where_they_are_strongly_associated(
    first: str, second: str, are_associated: bool
) -> None:
    expected = [(first, second)] if are_associated else [(first,), (second,)]
    assert groups(first, second) == groups(first, second, rows=500) == expected


def test_each_two_of_a_group_are_associated() -> None:
    """A chain of columns, each like the next, does not make its ends associated."""
    steps = np.cumsum([NUMBER, *(0.4 * noise(ROWS, 5).to_numpy().T)], axis=0)
    X = pd.DataFrame({f"x{place}": step for place, step in enumerate(steps)})
    groups_found = group_associated(X, schema_of(X), seed=1)
    assert len(groups_found) > 1
    for group in groups_found:
        likeness = X[list(group)].corr("spearman").abs().to_numpy()
        assert likeness.min() > 0.85
