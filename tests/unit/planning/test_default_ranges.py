"""Which of the catalogue's ranges there are depends on the data."""

import pytest

from tests.support.planning import World
from tunedrop_common.plan import Plan


def planned(words: list[str], config: str = "") -> Plan:
    lines = ["size,colour,weight"]
    lines += [f"{i % 7}.5,{words[i % len(words)]},{i % 11}.25" for i in range(200)]
    world = World()
    world.drop("fruit/train.csv", "\n".join(lines))
    return world.plan(world.run(world.drop("fruit/tuning.yaml", f"target: weight\n{config}")))


@pytest.mark.parametrize(
    ("words", "is_tuned"),
    [(["red", "green", "blue"], True), (["red", "green"], False), (["1", "2", "3"], False)],
)
def test_how_boosting_encodes_categories_is_tuned_where_there_are_some(
    words: list[str], is_tuned: bool
) -> None:
    plan = planned(words)
    boosting = plan.estimator("hist_gradient_boosting")
    assert ("preprocess__encoding" in boosting.ranges) == is_tuned
    assert "preprocess__encoding" not in plan.estimator("linear").ranges


def test_a_range_that_tuning_yaml_asks_for_stays() -> None:
    ranges = "{preprocess__encoding: [native, ordinal]}"
    config = f"estimators: {{hist_gradient_boosting: {{ranges: {ranges}}}}}"
    assert set(planned(["1", "2"], config).tuning_jobs[0].estimator.ranges) == {
        "preprocess__encoding"
    }
