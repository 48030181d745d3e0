"""What PlanRun finds in the rows that it reads: findings, which reject nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.support import faulty_tables as tables
from tests.support.planning import World
from tunedrop_common.data_findings import DataFinding


def identified() -> pd.DataFrame:
    table = tables.plain()
    numbers = np.random.default_rng(4).choice(10**6, len(table), replace=False)
    return table.assign(order_id=numbers)


def contradicted() -> pd.DataFrame:
    table = tables.plain()
    opposite = {"left": "kept", "kept": "left"}
    contrary = table.iloc[:30].assign(target=lambda rows: rows["target"].map(opposite))
    return pd.concat([table, contrary], ignore_index=True)


def nearly_copied() -> pd.DataFrame:
    table = tables.copied()
    return table.assign(churned=table["churned"].where(table.index != 3, 1 - table["churned"]))


def narrow() -> pd.DataFrame:
    draw = np.random.default_rng(2)
    return pd.DataFrame({name: draw.choice(list("ab"), 200) for name in ("one", "two", "target")})


@pytest.mark.parametrize(
    ("table", "yaml", "finding"),
    [
        (tables.copied(), "", DataFinding(check="target copy", column="churned")),
        (nearly_copied(), "", None),
        (tables.patients(), "", DataFinding(check="group", column="patient", count=40)),
        (tables.patients(), "group_column: patient", None),
        (tables.duplicated(), "", DataFinding(check="duplicate rows", count=24)),
        (narrow(), "", None),  # chance repeats rows
        (contradicted(), "", DataFinding(check="conflicting targets", count=60)),
        (tables.drifting(), "", DataFinding(check="time", column="sold")),
        (tables.drifting(), "time_column: sold", None),
        (identified(), "target: target", DataFinding(check="identifier", column="order_id")),
    ],
)
def test_a_fault_is_the_only_finding(
    table: pd.DataFrame, yaml: str, finding: DataFinding | None, world: World
) -> None:
    plan = world.planned(yaml, table.to_csv(index=False))
    assert plan.sample_warnings == ((finding,) if finding else ())
    if finding and finding.column:
        roles = {column.name: column.role for column in plan.data.columns}
        assert roles[finding.column] == "feature"


def test_test_rows_among_the_training_rows_are_counted(world: World) -> None:
    table, test = tables.overlapping()
    plan = world.planned("", table.to_csv(index=False), test.to_csv(index=False))
    assert plan.sample_warnings == (DataFinding(check="test rows in training", count=20),)
