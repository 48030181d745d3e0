"""Columns that say when, what belongs together or what the target is are found; others are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from sklearn_trainer.data.checks import check_data
from tests.support.faulty_tables import TARGET, leaking, patients
from tests.support.training.explained_models import schema_of


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


def _findings(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return checks and columns; text in a frame is what `apply_schema` makes of it."""
    X = table.drop(columns=TARGET)
    numbers = X.select_dtypes("number").astype(float)
    X[numbers.columns] = numbers
    y = table[TARGET].to_numpy()
    return [
        (finding.check, finding.column)
        for finding in check_data(X, y, schema_of(X), is_shuffled=True)
    ]


def test_patients_who_come_back_are_a_group_and_their_ages_are_not() -> None:
    assert _findings(_visits()) == [("group", "patient")]


def test_words_and_numbers_without_a_telling_name_are_groups_by_what_they_explain() -> None:
    table = _visits().rename(columns={"patient": "z"})
    assert _findings(table) == [("group", "z")]
    table["z"] = "ward " + table["z"].astype(str)
    assert _findings(table) == [("group", "z")]


def test_groups_that_have_nothing_in_common_are_not_found() -> None:
    table = _visits()
    table["patient"] = np.random.default_rng(9).permutation(table["patient"])
    assert _findings(table) == []


@pytest.mark.parametrize("name", ["sold", "year"])
def test_rows_in_the_order_of_a_time_are_found(name: str) -> None:
    table = _visits().drop(columns="patient")
    when = np.arange(len(table))
    table.insert(0, name, pd.Timestamp("2026-01-01") + pd.to_timedelta(when, "D"))
    if name == "year":
        table[name] = 1700 + when
    assert _findings(table) == [("time", name)]


@pytest.mark.parametrize("noise", [0.02, 0.5])
@pytest.mark.parametrize("name", ["patient", "z"])
def test_rows_that_resemble_each_other_make_a_group_of_values_with_one_target(
    name: str, noise: float
) -> None:
    table = patients(noise=noise).rename(columns={"patient": name})
    assert _findings(table) == [("group", name)]


@pytest.mark.parametrize("name", ["code", "patient"])
def test_a_code_that_was_made_from_the_target_is_no_group(name: str) -> None:
    table = leaking().rename(columns={"code": name})
    assert _findings(table) == []
    table[name] = table[name].str[1:].astype(int)
    assert _findings(table) == []


@pytest.mark.parametrize(
    "copy",
    [lambda target: target * 1.19 + 3, lambda target: np.exp(target)],
    ids=["a line", "the same order"],
)
def test_the_target_in_other_units_is_a_copy(copy: Any) -> None:
    table = _visits(600).drop(columns="patient").iloc[::2]  # as after a split
    table["gross"] = copy(table[TARGET])
    assert _findings(table) == [("target copy", "gross")]


def test_rows_in_the_order_of_a_trend_are_no_copy() -> None:
    table = _visits().drop(columns="patient")
    table[TARGET] = np.arange(len(table)) ** 1.5
    table["mileage"] = np.arange(len(table)) * 3.5
    assert _findings(table) == []


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_an_ordinary_table_has_no_findings(name: str) -> None:
    table = getattr(datasets, f"load_{name}")(as_frame=True).frame
    if name == "wine":
        table[TARGET] = "class " + table[TARGET].astype(str)
    assert _findings(table) == []
