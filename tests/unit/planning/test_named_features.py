"""Constraints are on features that there are."""

import pytest

from tests.support.planning import World
from tunedrop.errors import TuningConfigError
from tunedrop_common.plan import Plan

TABLE = "\n".join(
    ["age,town,grade,price", *(f"{i % 7},{'ab'[i % 2]},{'xyz'[i % 3]},{i}.5" for i in range(40))]
)


def planned(constraints: str, *, target: str = "price") -> Plan:
    world = World()
    world.drop("fruit/train.csv", TABLE)
    text = (
        f"target: {target}\nestimators:\n  hist_gradient_boosting:\n"
        f"    fixed: {{monotonic_cst: {constraints}}}\n"
    )
    return world.plan(world.run(world.drop("fruit/tuning.yaml", text)))


@pytest.mark.parametrize("target", ["price", "town"])
def test_a_sign_for_a_column_of_numbers_is_taken(target: str) -> None:
    fixed = planned("{age: 1}", target=target).tuning_jobs[0].estimator.fixed
    assert fixed["monotonic_cst"] == "{'age': 1}"


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        ("{agee: 1}", "Found 'agee'; expected some of 'age'. Write 'age' instead"),
        ("{town: 1}", "no feature of numbers"),
        ("{price: 1}", "no feature of numbers"),
        ("[1, 0]", "a mapping, or null"),
    ],
)
def test_what_cannot_have_one_is_refused_at_its_place(constraints: str, message: str) -> None:
    with pytest.raises(TuningConfigError, match=message) as refused:
        planned(constraints)
    assert "line 4, key estimators.hist_gradient_boosting.fixed.mono" in refused.value.where
