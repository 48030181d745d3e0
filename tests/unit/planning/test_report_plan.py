"""What tuning.yaml and the deployment say about the report and the ensemble, in the plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.planning import World
from tunedrop.environment import ReportSettings
from tunedrop.errors import DatasetError
from tunedrop_common.plan import ReportPlan

ROWS = "".join(f"{n},{n % 7},{'ab'[n % 2]},x,{n % 2}\n" for n in range(60))
TABLE = f"id,age,sex,constant,target\n{ROWS}"


def test_what_tuning_yaml_and_the_deployment_say_is_in_the_plan(world: World) -> None:
    settings = ReportSettings(explanation_time_ratio=0.5, show_worst_rows=True)
    world.environment = replace(world.environment, report=settings)
    yaml = "report: {segments: [sex, AGE], show_categories: false}"
    assert world.planned(yaml, TABLE).report == ReportPlan(
        explanation_time_ratio=0.5,
        show_worst_rows=True,
        show_categories=False,
        segments=("sex", "age"),
    )
    assert world.planned().report.show_categories


@pytest.mark.parametrize(
    ("yaml", "has_ensemble"),
    [("", True), ("estimators: [linear]", False), ("ensemble: off", False)],
)
def test_an_ensemble_needs_two_estimators(yaml: str, has_ensemble: bool, world: World) -> None:
    assert world.planned(yaml, TABLE).confirm.ensemble == has_ensemble


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sx", r"no feature 'sx'.*line 3.*one of .*'sex'.*Write 'sex' instead"),
        ("target", r"no feature 'target'.*line 3.*one of 'sex'"),
        ("age", "no feature 'age'.*one of 'sex'"),
    ],
)
def test_segments_of_what_is_no_feature_is_an_error_that_names_features(
    name: str, message: str, world: World
) -> None:
    with pytest.raises(DatasetError, match=message):
        world.planned(f"ignore_columns: [age]\nreport:\n  segments: [{name}]", TABLE)
