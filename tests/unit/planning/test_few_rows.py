"""No range of the catalogue goes beyond what the rows of a fold allow."""

import pytest

from tests.support.planning import World
from tunedrop_common.plan import NumericRange, Plan


def table(rows: int, rare: int | None = None) -> str:
    lines = ["size,weight,kind"]
    for index in range(rows):
        last = index < rare if rare is not None else index % 2
        lines.append(f"{index % 7}.5,{index % 11}.25,{'plum' if last else 'pear'}")
    return "\n".join(lines)


def planned(csv: str, config: str) -> Plan:
    world = World()
    world.drop("fruit/train.csv", csv)
    return world.plan(world.run(world.drop("fruit/tuning.yaml", config)))


def tuned(plan: Plan, name: str) -> NumericRange:
    searched = plan.tuning_jobs[0].estimator.ranges[name]
    assert isinstance(searched, NumericRange)
    return searched


@pytest.mark.parametrize(
    ("rows", "options", "most"),
    [
        (200, "", 30),
        (30, "", 24),
        (30, "folds: 3", 20),
        (30, "folds: 10", 24),  # Confirm's five folds learn from less
        (30, "test_fraction: 0.2", 19),
        (36, "folds: 1", 28),
    ],
)
def test_neighbors_are_no_more_than_the_rows_of_a_fold(rows: int, options: str, most: int) -> None:
    plan = planned(table(rows), f"estimators: [nearest_neighbors]\n{options}")
    assert tuned(plan, "n_neighbors").maximum == most
    decisions = [decision for decision in plan.decisions if "n_neighbors" in decision]
    assert bool(decisions) == (most < 30)
    if decisions:
        assert f"up to {most} instead of 30: a fold is trained on {most} rows" in decisions[0]


def test_folds_that_a_rare_class_makes_fewer_are_counted() -> None:
    plan = planned(table(40, rare=3), "estimators: [nearest_neighbors]")
    assert tuned(plan, "n_neighbors").maximum == 26  # two thirds of 40


def test_ranges_of_tuning_yaml_stay_as_they_are() -> None:
    config = "estimators: {nearest_neighbors: {ranges: {n_neighbors: {min: 1, max: 25}}}}"
    assert tuned(planned(table(30), config), "n_neighbors").maximum == 25


def test_nu_is_no_more_than_unequal_classes_allow() -> None:
    assert tuned(planned(table(100), "estimators: [NuSVC]"), "nu").maximum == 0.5
    plan = planned(table(100, rare=10), "estimators: [NuSVC]")
    # Eight rows of the rare class and 72 of the other: 2 * 8 / (8 + 72).
    assert tuned(plan, "nu").maximum == pytest.approx(0.2)
    assert any("nu of NuSVC is tuned up to 0.2 instead of 0.5" in d for d in plan.decisions)
