"""What tuning.yaml and the deployment say about the report and the ensemble, in the plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.planning import World
from tunedrop.environment import ReportSettings
from tunedrop.errors import DatasetError, TuningConfigError, UserInputError
from tunedrop_common.plan import Plan, ReportPlan

ROWS = "".join(f"{n},{n % 7},{'ab'[n % 2]},x,{n % 2}\n" for n in range(60))
TABLE = f"id,age,sex,constant,target\n{ROWS}"


@pytest.fixture
def world() -> World:
    return World()


def planned(world: World, yaml: str = "") -> Plan:
    world.drop("it/train.csv", TABLE)
    return world.plan(world.run(world.drop("it/tuning.yaml", yaml)))


def test_nothing_said_is_an_ensemble_and_a_report_that_names_categories(world: World) -> None:
    world.environment = replace(world.environment, report=ReportSettings())
    plan = planned(world)
    assert plan.confirm.ensemble
    assert plan.report == ReportPlan(
        explanation_time_ratio=1.0, show_worst_rows=False, show_categories=True, segments=()
    )


def test_what_tuning_yaml_and_the_deployment_say_is_in_the_plan(world: World) -> None:
    world.environment = replace(
        world.environment, report=ReportSettings(explanation_time_ratio=0.25, show_worst_rows=True)
    )
    assert not planned(world, "estimators: [linear]").confirm.ensemble
    plan = planned(world, "ensemble: off\nreport: {segments: [sex, AGE], show_categories: false}")
    assert not plan.confirm.ensemble
    assert plan.report == ReportPlan(
        explanation_time_ratio=0.25,
        show_worst_rows=True,
        show_categories=False,
        segments=("sex", "age"),
    )


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("sx", DatasetError, r"no column 'sx'.*line 3.*one of .*'sex'.*Write 'sex' instead"),
        ("target", TuningConfigError, r"'target' has no segments.*line 3.*Found target"),
        ("constant", TuningConfigError, "Found ignored: it has the same value in every row"),
        ("age", TuningConfigError, r"ignored by tuning\.yaml.*one of 'sex'"),
    ],
)
def test_segments_of_what_is_no_feature_is_an_error_that_names_features(
    world: World, name: str, error: type[UserInputError], message: str
) -> None:
    with pytest.raises(error, match=message):
        planned(world, f"ignore_columns: [age]\nreport:\n  segments: [{name}]")
