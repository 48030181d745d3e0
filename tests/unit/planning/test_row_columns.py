"""weight_column, group_column and time_column of tuning.yaml: what PlanRun makes of them."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.support.planning import World
from tunedrop.errors import UserInputError
from tunedrop_common.plan import Plan


def table(rows: int = 60, without: str = "") -> str:
    """Return a table without one of its columns."""
    columns = {
        "x": [f"{i * 7 % 13}.5" for i in range(rows)],
        "w": [1 + i % 3 for i in range(rows)],
        "g": [f"site {i % 6}" for i in range(rows)],
        "t": [f"2026-{1 + i % 12:02d}-01" for i in range(rows)],
        "n": [i % 9 for i in range(rows)],
        "zero": [0] * rows,
        "y": ["ab"[i % 2] for i in range(rows)],
        "last": [i % 4 for i in range(rows)],
    }
    columns.pop(without, None)
    return pd.DataFrame(columns).to_csv(index=False)


def roles(plan: Plan) -> dict[str, str]:
    return {column.name: column.role for column in plan.data.columns}


@pytest.mark.parametrize(
    ("yaml", "kind", "stratified", "role", "held_out"),
    [
        ("", "shuffled", True, {}, "A fifth of the rows"),
        ("weight_column: w", "shuffled", True, {"w": "weight"}, "A fifth of the rows"),
        ("group_column: g", "grouped", True, {"g": "group"}, "A fifth of the groups"),
        ("time_column: t", "ordered", False, {"t": "time"}, "The latest fifth of the rows"),
        ("time_column: n\nweight_column: W", "ordered", False, {"n": "time", "w": "weight"}, ""),
    ],
)
def test_roles_and_folds_follow_from_the_columns(
    yaml: str, kind: str, stratified: bool, role: dict[str, str], held_out: str, world: World
) -> None:
    plan = world.planned(f"target: y\n{yaml}", table(1_200))
    assert (plan.cross_validation.kind, plan.cross_validation.stratified) == (kind, stratified)
    assert {**roles(plan), **role} == roles(plan)
    assert set(plan.data.row_columns.values()) == set(role)
    assert any(decision.startswith(held_out) for decision in plan.decisions)


def test_a_column_with_another_role_is_not_taken_for_the_target(world: World) -> None:
    assert world.planned("group_column: last", table()).data.target == "y"


def test_the_time_alone_may_be_all_that_is_learnt_from(world: World) -> None:
    text = "t,y\n" + "".join(f"2026-01-{1 + i:02d},{i * i}.5\n" for i in range(28))
    assert roles(world.planned("time_column: t", text)) == {"t": "time", "y": "target"}


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("weight_column: ww", "no column 'ww'.*Write 'w' instead"),
        ("weight_column: g", "cannot be the weight column: it is categorical"),
        ("group_column: zero", "cannot be the group column: it is constant"),
        ("time_column: zero", "cannot be the time column: it is constant"),
        ("weight_column: n\ntime_column: n", "cannot be the time column and something else"),
        ("group_column: g\nignore_columns: [g]", "cannot be the group column and something else"),
        ("weight_column: w\nestimators: [nearest_neighbors]", "does not accept row weights"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(yaml: str, words: str, world: World) -> None:
    with pytest.raises(UserInputError, match=words) as caught:
        world.planned(f"target: y\n{yaml}", table())
    assert "tuning.yaml" in str(caught.value)


@pytest.mark.parametrize(("column", "role"), [("w", "weight"), ("t", "time")])
def test_a_test_file_needs_weights_and_times_but_no_groups(
    column: str, role: str, world: World
) -> None:
    yaml = "target: y\ngroup_column: g"
    assert world.planned(yaml, table(), table(20, without="g")).data.test is not None
    with pytest.raises(UserInputError, match=f"no column '{column}', the {role}"):
        world.planned(f"target: y\n{role}_column: {column}", test=table(20, without=column))


@pytest.mark.parametrize("ensemble", [False, True], ids=["single", "ensemble"])
def test_a_champion_that_takes_no_weights_is_left_out_where_there_are_some(
    world: World, ensemble: bool
) -> None:
    yaml = "target: y\nignore_columns: [w]\nestimators: [nearest_neighbors, linear]"
    first = world.planned(yaml, table())
    without, takes = (job.estimator.model_dump(mode="json") for job in first.tuning_jobs)
    members = [{"estimator": estimator, "hyperparameters": {}} for estimator in (takes, without)]
    world.promote(first, **({"members": members} if ensemble else {"estimator": without}))
    confirm = world.planned("target: y\nweight_column: w").confirm
    assert confirm.champion is None
    assert "does not accept row weights" in confirm.champion_decision
