import pytest

from tests.support.training.jobs import column, plan
from tunedrop_common.errors import PlanError
from tunedrop_common.plan import read_plan

PLAN = plan([column("x"), column("y", role="target")])


def test_a_value_that_does_not_fit_is_named_with_its_place() -> None:
    content = {**PLAN, "metric": {"objective": 3}}
    with pytest.raises(PlanError, match=r"\(plan.json metric.objective\)\. Found 3; expected"):
        read_plan(content)
