"""A test file that differs from the training rows is found out, and no other is accused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sklearn_trainer.explanation.shift import compare_files, find_shift
from tests.support.plans import feature
from tests.support.training.explained_models import steps_within
from tests.support.training.tables import TARGET, explained_model_of


def _table(rows: int, seed: int, first: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    table = pd.DataFrame(draw.normal(size=(rows, 3)), columns=["size", "age", "price"]).round(4)
    table["colour"] = draw.choice(["red", "green", "blue"], rows)
    table["order_no"] = np.arange(first, first + rows)
    table["bought"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(table["order_no"], "h")
    table[TARGET] = np.where(table["size"] + draw.normal(size=rows) > 0, "yes", "no")
    return table


def _shift(
    base: Path, table: pd.DataFrame, test: pd.DataFrame | None = None, **changes: Any
) -> Any:
    explained, _ = explained_model_of(base, table, test, **changes)
    steps = steps_within()
    shift = find_shift(explained, steps)
    assert steps.skipped == []
    return shift


def test_a_shifted_test_file_is_found_with_the_columns_that_differ(tmp_path: Path) -> None:
    test = _table(120, 2, first=300)
    test["age"] += 2.0
    test.loc[::2, "colour"] = "blue"
    shift = _shift(tmp_path, _table(300, 1), test)
    assert shift.is_significant
    assert shift.auc.value > 0.8
    assert shift.columns[0] == "age"
    assert set(shift.columns) <= {"age", "colour"}


def test_a_test_that_was_split_off_is_not_compared(tmp_path: Path) -> None:
    split = {"kind": "fraction", "fraction": 0.3}
    assert _shift(tmp_path, _table(200, 1), final_test=split) is None


def test_where_time_decides_the_split_a_later_file_is_not_compared(tmp_path: Path) -> None:
    shift = _shift(
        tmp_path,
        _table(300, 1),
        _table(120, 2, first=300),
        roles={"bought": "time"},
        cross_validation={"kind": "ordered", "stratified": False},
    )
    assert shift is None


@pytest.mark.parametrize("tables", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_of_files_that_are_alike_chance_accuses_one_in_twenty_at_most(tables: int) -> None:
    accused = 0
    for seed in range(tables):
        draw = np.random.default_rng(seed)
        X = pd.DataFrame(draw.normal(size=(90, 3)), columns=list("abc"))
        features = tuple(feature(name, "numeric") for name in "abc")
        rows, test_rows = X[:60], X[60:].reset_index(drop=True)
        accused += compare_files(rows, test_rows, features, seed).is_significant
    assert accused <= 0.05 * tables
