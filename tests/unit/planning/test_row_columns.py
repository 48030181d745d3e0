"""weight_column, group_column and time_column of tuning.yaml: what PlanRun makes of them."""

from __future__ import annotations

import pytest

from tests.support.planning import World
from tunedrop.errors import UserInputError
from tunedrop_common.plan import Plan

ROWS = 60


@pytest.fixture
def world() -> World:
    return World()


def table(rows: int = ROWS) -> str:
    lines = ["x,w,g,t,n,y,last"]
    lines += [
        f"{i * 7 % 13}.5,{1 + i % 3},site {i % 6},2026-{1 + i % 12:02d}-01,{i % 9},"
        f"{'ab'[i % 2]},{i % 4}"
        for i in range(rows)
    ]
    return "\n".join(lines) + "\n"


def planned(world: World, yaml: str, text: str = "") -> Plan:
    world.drop("it/train.csv", text or table())
    return world.plan(world.run(world.drop("it/tuning.yaml", yaml)))


def roles(plan: Plan) -> dict[str, str]:
    return {column.name: column.role for column in plan.data.columns}


@pytest.mark.parametrize(
    ("yaml", "kind", "stratified", "role"),
    [
        ("", "shuffled", True, {}),
        ("weight_column: w", "shuffled", True, {"w": "weight"}),
        ("group_column: g", "grouped", True, {"g": "group"}),
        ("time_column: t", "ordered", False, {"t": "time"}),
        ("time_column: n\nweight_column: W", "ordered", False, {"n": "time", "w": "weight"}),
    ],
)
def test_roles_and_folds_follow_from_the_columns(
    yaml: str, kind: str, stratified: bool, role: dict[str, str], world: World
) -> None:
    plan = planned(world, f"target: y\n{yaml}")
    assert (plan.cross_validation.kind, plan.cross_validation.stratified) == (kind, stratified)
    assert {**roles(plan), **role} == roles(plan)
    assert set(plan.data.row_columns.values()) == set(role)


def test_a_column_with_another_role_is_not_taken_for_the_target(world: World) -> None:
    assert planned(world, "group_column: last").data.target == "y"


def test_the_time_alone_may_be_all_that_is_learnt_from(world: World) -> None:
    text = "t,y\n" + "".join(f"2026-01-{1 + i:02d},{i * i}.5\n" for i in range(28))
    plan = planned(world, "time_column: t", text)
    assert roles(plan) == {"t": "time", "y": "target"}


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("weight_column: ww", "no column 'ww'.*Write 'w' instead"),
        ("weight_column: g", "cannot be the weight column: it is categorical"),
        ("group_column: zero", "cannot be the group column: it is constant"),
        ("time_column: g", "cannot be the time column: it is categorical"),
        ("time_column: zero", "cannot be the time column: it is constant"),
        ("weight_column: y", "cannot be the weight column and something else"),
        ("weight_column: n\ntime_column: n", "cannot be the time column and something else"),
        ("group_column: g\nignore_columns: [g]", "cannot be the group column and something else"),
        ("group_column: g\ntime_column: t", "group_column and time_column cannot be combined"),
        ("weight_column: w\nestimators: [nearest_neighbors]", "does not accept row weights"),
        ("group_colunm: g", "Write 'group_column' instead"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(yaml: str, words: str, world: World) -> None:
    head, *rows = table().splitlines()
    text = "\n".join([f"{head.replace('n', 'n,two,zero', 1)}", *(_more(row) for row in rows)])
    with pytest.raises(UserInputError, match=words) as caught:
        planned(world, f"target: y\n{yaml}", text)
    assert "tuning.yaml" in str(caught.value)


def _more(row: str) -> str:
    *first, n, y, last = row.split(",")
    return ",".join([*first, n, f"{int(n) % 2}", "0", y, last])


def test_a_test_file_needs_weights_and_times_but_no_groups(world: World) -> None:
    def test_without(column: str, yaml: str) -> Plan:
        rows = [line.split(",") for line in table(20).splitlines()]
        index = rows[0].index(column)
        text = "\n".join(",".join(row[:index] + row[index + 1 :]) for row in rows)
        world.clock.advance(1_000)
        world.drop("it/test.csv", text)
        return planned(world, f"target: y\n{yaml}")

    assert test_without("g", "group_column: g").data.test is not None
    for column, yaml, role in (
        ("w", "weight_column: w", "weight"),
        ("t", "time_column: t", "time"),
    ):
        with pytest.raises(UserInputError, match=f"no column '{column}', the {role}"):
            test_without(column, yaml)


def test_the_final_test_is_said_to_be_of_groups_or_the_latest_rows(world: World) -> None:
    def decisions(yaml: str) -> str:
        world.clock.advance(1_000)
        return " ".join(planned(world, f"target: y\n{yaml}", table(1_200)).decisions)

    assert "A fifth of the groups is the held-out test set" in decisions("group_column: g")
    assert "The latest fifth of the rows is the held-out test set" in decisions("time_column: t")


def test_a_search_does_not_start_from_scores_of_other_folds(world: World) -> None:
    def parents(yaml: str) -> int:
        world.clock.advance(1_000)
        plan = planned(world, f"target: y\nestimators: [linear]\n{yaml}")
        world.finish(plan)
        return len(plan.tuning_jobs[0].parents)

    assert parents("") == 0
    assert parents("# again") == 1
    assert parents("group_column: g") == 0
    assert parents("group_column: g # again") == 1


@pytest.mark.parametrize("ensemble", [False, True], ids=["single", "ensemble"])
def test_a_champion_that_takes_no_weights_is_left_out_where_there_are_some(
    world: World, ensemble: bool
) -> None:
    first = planned(
        world, "target: y\nignore_columns: [w]\nestimators: [nearest_neighbors, linear]"
    )
    without, takes = (job.estimator.model_dump(mode="json") for job in first.tuning_jobs)
    members = [{"estimator": estimator, "hyperparameters": {}} for estimator in (takes, without)]
    changes = {"estimator": takes, "members": members} if ensemble else {"estimator": without}
    world.promote(first, "it", **changes)
    world.clock.advance(1_000)
    plan = planned(world, "target: y\nweight_column: w")
    assert plan.confirm.champion is None
    assert "does not accept row weights" in plan.confirm.champion_decision
