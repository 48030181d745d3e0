"""What PlanRun finds odd about the rows that it looks at: warnings, which refuse nothing."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tests.support.planning import DIABETES, IRIS, World
from tunedrop_common.plan import Plan


def _table(rows: int = 200) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    table = pd.DataFrame(draw.normal(size=(rows, 3)), columns=["size", "weight", "price"]).round(4)
    return table.assign(target=draw.choice(["kept", "left"], rows))


def _as_csv(table: pd.DataFrame) -> tuple[str, bytes]:
    return "train.csv", table.to_csv(index=False).encode()


def _as_parquet(table: pd.DataFrame) -> tuple[str, bytes]:
    file = io.BytesIO()
    table.to_parquet(file, row_group_size=70)
    return "train.parquet", file.getvalue()


Writer = Callable[[pd.DataFrame], tuple[str, bytes]]
both_formats = pytest.mark.parametrize("write", [_as_csv, _as_parquet], ids=["CSV", "Parquet"])


def _plan(table: pd.DataFrame, write: Writer = _as_csv, tuning: str = "") -> Plan:
    world = World()
    name, body = write(table)
    if tuning:
        world.drop("shop/tuning.yaml", tuning)
    return world.plan(world.run(world.drop(f"shop/{name}", body)))


@both_formats
def test_a_column_that_renames_the_target_is_named_and_planned_all_the_same(write: Writer) -> None:
    table = _table()
    table.insert(1, "churned", table["target"] == "left")
    plan = _plan(table, write)
    (warning,) = plan.warnings
    assert "'churned' seems to be the target under another name" in warning
    assert '`ignore_columns: ["churned"]`' in warning
    assert plan.hints == plan.warnings
    assert "churned" in [each.name for each in plan.data.columns if each.role == "feature"]
    table.loc[3, "churned"] = not table.loc[3, "churned"]
    assert _plan(table, write).warnings == ()


@both_formats
def test_rows_that_are_repeated_are_counted(write: Writer) -> None:
    table = _table()
    plan = _plan(pd.concat([table, table.iloc[50:65]], ignore_index=True), write)
    (warning,) = plan.warnings
    assert warning.startswith("15 of the 215 rows looked at repeat another one")
    assert plan.hints == plan.warnings


@both_formats
def test_rows_that_chance_repeats_are_no_matter(write: Writer) -> None:
    draw = np.random.default_rng(2)
    few = pd.DataFrame({name: draw.choice(list("ab"), 200) for name in ("one", "two", "target")})
    assert _plan(few, write).warnings == ()


@both_formats
def test_times_and_groups_are_hinted_at_unless_they_are_named(write: Writer) -> None:
    table = _table().assign(
        sold=pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(200) * 5, "h"),
        customer_id=np.arange(200) % 40 + 7000,
    )[["sold", "customer_id", "size", "price", "target"]]
    plan = _plan(table, write)
    assert len(plan.warnings) == len(plan.hints) == 2
    assert '`time_column: "sold"`' in plan.warnings[0]
    assert '`group_column: "customer_id"`' in plan.warnings[1]
    assert _plan(table, write, "time_column: sold").hints == ()
    assert _plan(table, write, "group_column: customer_id").hints == ()


def test_years_in_blocks_are_times_and_years_in_disorder_are_not() -> None:
    table = _table().assign(year=1900 + np.arange(200) // 8)[["year", "size", "price", "target"]]
    assert '`time_column: "year"`' in _plan(table).warnings[0]
    mixed = table.assign(year=np.random.default_rng(3).permutation(table["year"]))
    assert _plan(mixed).warnings == ()
    born = table.assign(birth_date=pd.Timestamp("1960-01-01") + pd.to_timedelta(table.index, "D"))
    columns = ["birth_date", "size", "price", "target"]
    assert _plan(born[columns]).warnings == ()


def test_an_identifier_that_is_used_is_a_warning_that_the_report_keeps() -> None:
    numbers = np.random.default_rng(4).choice(10**6, 200, replace=False)
    plan = _plan(_table().assign(order_id=numbers)[["order_id", "size", "price", "target"]])
    (warning,) = plan.warnings
    assert "'order_id' is used, and has the name of an identifier" in warning
    assert plan.hints == ()


@pytest.mark.parametrize("table", [IRIS, DIABETES], ids=["iris", "diabetes"])
def test_an_ordinary_table_has_no_warnings(table: str) -> None:
    world = World()
    assert world.plan(world.run(world.drop("shop/train.csv", table))).warnings == ()
