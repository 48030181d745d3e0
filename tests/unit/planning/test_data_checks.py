"""What PlanRun finds in the rows that it reads: findings, which reject nothing."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tests.support import faulty_tables as tables
from tests.support.planning import DIABETES, IRIS, World
from tunedrop_common.data_findings import DataFinding
from tunedrop_common.plan import Plan


def _as_csv(table: pd.DataFrame) -> tuple[str, bytes]:
    return "csv", table.to_csv(index=False).encode()


def _as_parquet(table: pd.DataFrame) -> tuple[str, bytes]:
    file = io.BytesIO()
    table.to_parquet(file, row_group_size=70)
    return "parquet", file.getvalue()


Writer = Callable[[pd.DataFrame], tuple[str, bytes]]
both_formats = pytest.mark.parametrize("write", [_as_csv, _as_parquet], ids=["CSV", "Parquet"])


def _plan(
    table: pd.DataFrame,
    write: Writer = _as_csv,
    tuning: str = "",
    test: pd.DataFrame | None = None,
) -> Plan:
    world = World()
    if tuning:
        world.drop("shop/tuning.yaml", tuning)
    if test is not None:
        suffix, body = write(test)
        world.drop(f"shop/test.{suffix}", body)
    suffix, body = write(table)
    return world.plan(world.run(world.drop(f"shop/train.{suffix}", body)))


@both_formats
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
def test_a_fault_is_the_only_finding(
    table: pd.DataFrame, finding: DataFinding, write: Writer
) -> None:
    plan = _plan(table, write)
    assert plan.sample_warnings == (finding,)
    if finding.column:
        roles = {column.name: column.role for column in plan.data.columns}
        assert roles[finding.column] == "feature"


@both_formats
def test_test_rows_among_the_training_rows_are_counted(write: Writer) -> None:
    table, test = tables.overlapping()
    expected = DataFinding(check="test rows in training", count=20)
    assert _plan(table, write, test=test).sample_warnings == (expected,)


def test_a_column_that_is_no_exact_copy_is_none() -> None:
    table = tables.copied()
    table["churned"] = table["churned"].where(table.index != 3, 1 - table["churned"])
    assert _plan(table).sample_warnings == ()


def test_targets_that_contradict_one_another_are_counted() -> None:
    table = tables.plain()
    other = table.iloc[:30].assign(target=lambda rows: rows["target"].map(_opposite))
    plan = _plan(pd.concat([table, other], ignore_index=True))
    assert plan.sample_warnings == (DataFinding(check="conflicting targets", count=60),)


def _opposite(label: str) -> str:
    return "left" if label == "kept" else "kept"


@both_formats
def test_rows_that_chance_repeats_are_no_finding(write: Writer) -> None:
    draw = np.random.default_rng(2)
    few = pd.DataFrame({name: draw.choice(list("ab"), 200) for name in ("one", "two", "target")})
    assert _plan(few, write).sample_warnings == ()


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


@pytest.mark.parametrize("table", [IRIS, DIABETES], ids=["iris", "diabetes"])
def test_an_ordinary_table_has_no_warnings(table: str) -> None:
    world = World()
    plan = world.plan(world.run(world.drop("shop/train.csv", table)))
    assert (plan.warnings, plan.sample_warnings) == ((), ())
