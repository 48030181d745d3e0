import json

import pytest

from tests.support.training.jobs import column, plan
from tunedrop_common.errors import PlanError
from tunedrop_common.plan import read_plan

PLAN = plan([column("x"), column("y", role="target")])


def test_a_plan_is_read_as_it_was_written() -> None:
    written = read_plan(PLAN)
    assert read_plan(json.loads(written.model_dump_json())) == written


def test_keys_of_a_later_release_are_left_out() -> None:
    assert read_plan({**PLAN, "later": 1}) == read_plan(PLAN)


def test_a_value_that_does_not_fit_is_named_with_its_place() -> None:
    content = {**PLAN, "metric": {"objective": 3}}
    with pytest.raises(PlanError, match=r"\(plan.json metric.objective\)\. Found 3; expected"):
        read_plan(content)
