import pytest

from sklearn_trainer.contract import read_plan
from sklearn_trainer.errors import PlanError
from tests.support.training.jobs import column, plan

PLAN = plan([column("x"), column("y", role="target")])


def test_a_value_that_does_not_fit_is_named_with_its_place() -> None:
    content = {**PLAN, "metric": {"objective": 3}}
    with pytest.raises(PlanError, match=r"\(plan.json metric.objective\)\. Found 3; expected"):
        read_plan(content)
