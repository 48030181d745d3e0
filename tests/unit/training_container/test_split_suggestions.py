"""Columns that say when, or what belongs together, are hinted at; others are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from sklearn_trainer.explanation.split_suggestions import suggest_splits
from tests.support.training.explained_models import steps_within
from tests.support.training.tables import TARGET, explained_model_of


def _visits(rows: int = 300, of_one: int = 6, seed: int = 1) -> pd.DataFrame:
    """Return visits of patients, of whom each has a level of his own."""
    draw = np.random.default_rng(seed)
    patients = draw.permutation(rows // of_one)[np.arange(rows) % (rows // of_one)]
    table = pd.DataFrame({"dose": draw.normal(size=rows).round(3)})
    table["level"] = (1.5 * draw.normal(size=rows // of_one)[patients] + table["dose"]).round(3)
    table["patient"] = patients + 1000
    table["age"] = (40 + 12 * draw.normal(size=rows)).round()
    noise = draw.normal(size=rows)
    table[TARGET] = (table["level"] + table["age"] / 12 + 0.5 * noise).round(3)
    return table


def _suggestions(
    base: Path, table: pd.DataFrame, task: str = "regression", **changes: Any
) -> list[tuple[str, str]]:
    explained, _ = explained_model_of(base, table, task=task, **changes)
    there = steps_within()
    found = suggest_splits(explained, (), there)
    assert there.skipped == []
    assert all(each.column in each.sentence for each in found)
    return [(each.column, each.setting) for each in found]


def test_patients_who_come_back_are_a_group_and_their_ages_are_not(tmp_path: Path) -> None:
    assert _suggestions(tmp_path, _visits()) == [("patient", "group_column")]


def test_words_and_numbers_without_a_telling_name_are_groups_by_what_they_explain(
    tmp_path: Path,
) -> None:
    table = _visits().rename(columns={"patient": "z"})
    assert _suggestions(tmp_path, table) == [("z", "group_column")]
    table["z"] = "ward " + table["z"].astype(str)
    assert _suggestions(tmp_path / "again", table) == [("z", "group_column")]


def test_groups_that_have_nothing_in_common_are_not_hinted_at(tmp_path: Path) -> None:
    table = _visits()
    table["patient"] = np.random.default_rng(9).permutation(table["patient"])
    assert _suggestions(tmp_path, table) == []


@pytest.mark.parametrize("name", ["sold", "year"])
def test_rows_in_the_order_of_a_time_are_hinted_at(tmp_path: Path, name: str) -> None:
    table = _visits().drop(columns="patient")
    when = np.arange(len(table))
    table.insert(0, name, pd.Timestamp("2026-01-01") + pd.to_timedelta(when, "D"))
    if name == "year":
        table[name] = 1700 + when
    assert _suggestions(tmp_path, table) == [(name, "time_column")]


def test_no_hint_where_a_column_is_named_already(tmp_path: Path) -> None:
    named: dict[str, Any] = {"roles": {"patient": "group"}, "cross_validation": {"kind": "grouped"}}
    assert _suggestions(tmp_path, _visits(), **named) == []


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_an_ordinary_table_has_no_suggestions(tmp_path: Path, name: str) -> None:
    table = getattr(datasets, f"load_{name}")(as_frame=True).frame
    task = "regression" if name == "diabetes" else "classification"
    assert _suggestions(tmp_path, table, task) == []
