"""What PlanRun finds in the rows that it reads: findings, which reject nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.support import faulty_tables as tables
from tests.support.planning import World
from tunedrop_common.data_findings import DataFinding
from tunedrop_common.plan import Plan


def _plan(
    table: pd.DataFrame,
    tuning: str = "",
    test: pd.DataFrame | None = None,
) -> Plan:
    world = World()
    if tuning:
        world.drop("shop/tuning.yaml", tuning)
    if test is not None:
        world.drop("shop/test.csv", test.to_csv(index=False))
    return world.plan(world.run(world.drop("shop/train.csv", table.to_csv(index=False))))


@pytest.mark.parametrize(
    ("table", "finding"),
    [
        (tables.copied(), DataFinding(check="target copy", column="churned")),
        (tables.patients(), DataFinding(check="group", column="patient", count=40)),
        (tables.duplicated(), DataFinding(check="duplicate rows", count=24)),
        (tables.drifting(), DataFinding(check="time", column="sold")),
    ],
    ids=["copy", "patients", "duplicates", "drift"],
)
def test_a_fault_is_the_only_finding(table: pd.DataFrame, finding: DataFinding) -> None:
    plan = _plan(table)
    assert plan.sample_warnings == (finding,)
    if finding.column:
        roles = {column.name: column.role for column in plan.data.columns}
        assert roles[finding.column] == "feature"


def test_test_rows_among_the_training_rows_are_counted() -> None:
    table, test = tables.overlapping()
    expected = DataFinding(check="test rows in training", count=20)
    assert _plan(table, test=test).sample_warnings == (expected,)


def test_a_column_that_is_no_exact_copy_is_none() -> None:
    table = tables.copied()
    table["churned"] = table["churned"].where(table.index != 3, 1 - table["churned"])
    assert _plan(table).sample_warnings == ()


def test_targets_that_contradict_one_another_are_counted() -> None:
    table = tables.plain()
    opposite = table.iloc[:30].assign(target=lambda rows: rows["target"].map(_opposite))
    plan = _plan(pd.concat([table, opposite], ignore_index=True))
    assert plan.sample_warnings == (DataFinding(check="conflicting targets", count=60),)


def _opposite(label: str) -> str:
    return "left" if label == "kept" else "kept"


def test_rows_that_chance_repeats_are_no_finding() -> None:
    draw = np.random.default_rng(2)
    narrow = pd.DataFrame({name: draw.choice(list("ab"), 200) for name in ("one", "two", "target")})
    assert _plan(narrow).sample_warnings == ()


def test_named_groups_and_times_are_no_finding() -> None:
    assert _plan(tables.drifting(), tuning="time_column: sold").sample_warnings == ()
    assert _plan(tables.patients(), tuning="group_column: patient").sample_warnings == ()


def test_years_in_order_are_times_and_years_in_disorder_are_not() -> None:
    table = tables.plain()
    table.insert(0, "year", 1900 + np.arange(len(table)) // 8)
    assert _plan(table).sample_warnings == (DataFinding(check="time", column="year"),)
    mixed = table.assign(year=np.random.default_rng(3).permutation(table["year"]))
    assert _plan(mixed).sample_warnings == ()
    days = pd.to_timedelta(np.arange(len(table)), "D")
    table["year"] = pd.Timestamp("1960-01-01") + days
    assert _plan(table.rename(columns={"year": "birth_date"})).sample_warnings == ()


def test_an_identifier_that_is_used_is_named() -> None:
    table = tables.plain()
    table.insert(0, "order_id", np.random.default_rng(4).choice(10**6, len(table), replace=False))
    assert _plan(table).sample_warnings == (DataFinding(check="identifier", column="order_id"),)
