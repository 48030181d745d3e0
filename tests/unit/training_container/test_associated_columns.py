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
    "pair",
    [
        ("number", "rescaled"),
        ("number", "reversed"),
        ("number", "with gaps"),
        ("number", "when"),
        ("city", "town with slips"),
        ("city", "number of the city"),
    ],
)
def test_strongly_associated_columns_are_a_group(pair: tuple[str, str]) -> None:
    assert groups(*pair) == groups(*pair, rows=500) == [pair]


@pytest.mark.parametrize(
    "pair",
    [
        ("number", "loosely"),
        ("number", "rarely there"),
        ("city", "country"),
        ("number", "city"),
        ("id", "other id"),
        ("constant", "empty"),
    ],
)
def test_columns_that_do_not_are_alone(pair: tuple[str, str]) -> None:
    assert groups(*pair) == [(pair[0],), (pair[1],)]


def test_each_two_of_a_group_are_associated() -> None:
    """A chain of columns, each like the next, does not make its ends associated."""
    steps = np.cumsum([NUMBER, *(0.4 * noise(ROWS, 5).to_numpy().T)], axis=0)
    X = pd.DataFrame({f"x{place}": step for place, step in enumerate(steps)})
    groups_found = group_associated(X, schema_of(X), seed=1)
    assert len(groups_found) > 1
    for group in groups_found:
        likeness = X[list(group)].corr("spearman").abs().to_numpy()
        assert likeness.min() > 0.85


def test_noise_is_alone_in_few_rows_and_in_many_columns() -> None:
    for rows, columns in ((8, 5), (40, 30), (500, 300)):
        X = noise(rows, columns, seed=rows)
        letters = np.random.default_rng(rows).choice(list("abcde"), (rows, columns // 3))
        X = X.assign(**{f"c{place}": words(values) for place, values in enumerate(letters.T)})
        assert {len(group) for group in group_associated(X, schema_of(X), seed=1)} == {1}
