"""A column that leaks the target is named; one that is merely good is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from sklearn_trainer.data.checks import check_data
from sklearn_trainer.explanation.leakage import find_leaky_columns
from tests.support.training.explained_models import steps_within
from tests.support.training.tables import TARGET, explained_model_of


def _noisy(rows: int = 240, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    table = pd.DataFrame(draw.normal(size=(rows, 4)), columns=list("abcd")).round(4)
    return table.assign(value=(table.a + table.b + draw.normal(size=rows)).round(4))


def _of_classes() -> pd.DataFrame:
    table = _noisy()
    return table.drop(columns="value").assign(target=np.where(table["value"] > 0, "kept", "left"))


def _of_numbers() -> pd.DataFrame:
    return _noisy().rename(columns={"value": TARGET})


def _leaky_columns(base: Path, table: pd.DataFrame, **changes: Any) -> dict[str, Any]:
    explained, _ = explained_model_of(base, table, **changes)
    steps = steps_within()
    dataset = explained.dataset
    findings = check_data(dataset.train.X, dataset.train.y, dataset.schema, is_shuffled=True)
    leaks = find_leaky_columns(explained, findings, steps)
    assert steps.skipped == []
    return {leak.column: leak for leak in leaks}


def test_a_column_that_was_made_from_the_target_is_named_with_the_score_without_it(
    tmp_path: Path,
) -> None:
    table = _of_classes()
    draw = np.random.default_rng(2)
    table["refund"] = (table[TARGET] == "left") * 50 + draw.normal(scale=9, size=len(table))
    leaks = _leaky_columns(tmp_path, table)
    assert list(leaks) == ["refund"]
    assert not leaks["refund"].is_target_copy
    assert leaks["refund"].column_score.value > 0.95
    assert leaks["refund"].of_model > 0.95
    low, high = leaks["refund"].without.interval
    assert low < leaks["refund"].without.mean < high
    assert 0.6 < leaks["refund"].without.mean < 0.9


@pytest.mark.parametrize(
    "table",
    [
        load_iris(as_frame=True).frame,
        _of_classes(),
        _of_numbers().assign(a=lambda table: table[TARGET] + 0.5 * table["c"]),
        _of_classes().assign(customer=lambda table: [f"c{i:04}" for i in range(len(table))]),
    ],
    ids=["iris", "weak columns", "one strong column", "names of rows"],
)
def test_a_column_that_is_merely_good_is_not_named(tmp_path: Path, table: pd.DataFrame) -> None:
    task = "regression" if table[TARGET].dtype.kind == "f" else "classification"
    assert not _leaky_columns(tmp_path, table, task=task)


def test_a_column_of_the_classes_under_other_names_is_a_copy(tmp_path: Path) -> None:
    table = _of_classes()
    table["churned"] = (table[TARGET] == "left").astype(int)
    leaks = _leaky_columns(tmp_path, table)
    assert list(leaks) == ["churned"]
    assert leaks["churned"].is_target_copy
    table["churned"] = table["churned"].where(table.index > 0, 1 - table["churned"])
    again = _leaky_columns(tmp_path / "again", table)
    assert not again["churned"].is_target_copy


def test_a_table_of_a_single_column_has_no_leak_but_a_copy(tmp_path: Path) -> None:
    table = _of_classes()[["a", TARGET]]
    table["a"] = (table[TARGET] == "left") * 50 + table["a"]
    assert not _leaky_columns(tmp_path, table)
