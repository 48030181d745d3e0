"""Which of the catalogue's ranges there are, and how far they go, depends on the data."""

from __future__ import annotations

import pytest

from tests.support.planning import World
from tunedrop_common.plan import NumericRange, Plan


def colours(*words: str) -> str:
    rows = (f"{i % 7}.5,{words[i % len(words)]},{i % 11}.25" for i in range(200))
    return "\n".join(["size,colour,weight", *rows])


def fruit(rows: int, rare: int | None = None) -> str:
    """Return a table with so many rows of the rare class; None: half of them."""
    lines = ["size,weight,kind"]
    for index in range(rows):
        is_plum = index % 2 if rare is None else index < rare
        lines.append(f"{index % 7}.5,{index % 11}.25,{'plum' if is_plum else 'pear'}")
    return "\n".join(lines)


def greatest(plan: Plan, name: str) -> float:
    searched = plan.tuning_jobs[0].estimator.ranges[name]
    assert isinstance(searched, NumericRange)
    return searched.maximum


@pytest.mark.parametrize(
    ("words", "is_tuned"),
    [(["red", "green", "blue"], True), (["red", "green"], False), (["1", "2", "3"], False)],
)
def test_how_boosting_encodes_categories_is_tuned_where_there_are_some(
    words: list[str], is_tuned: bool, world: World
) -> None:
    plan = world.planned("target: weight", colours(*words))
    ranges = plan.estimator("hist_gradient_boosting").ranges
    assert ("preprocess__encoding" in ranges) == is_tuned
    assert "preprocess__encoding" not in plan.estimator("linear").ranges


@pytest.mark.parametrize(
    ("rows", "rare", "options", "most"),
    [
        (200, None, "", 30),
        (30, None, "", 24),
        (30, None, "folds: 10", 24),  # Confirm's five folds learn from less
        (30, None, "test_fraction: 0.2", 19),
        (36, None, "folds: 1", 28),
        (40, 3, "", 26),  # a rare class makes three folds
    ],
)
def test_neighbors_are_no_more_than_the_rows_of_a_fold(
    rows: int, rare: int | None, options: str, most: int, world: World
) -> None:
    plan = world.planned(f"estimators: [nearest_neighbors]\n{options}", fruit(rows, rare))
    assert greatest(plan, "n_neighbors") == most
    words = f"up to {most} instead of 30: a fold is trained on {most} rows"
    assert any(words in decision for decision in plan.decisions) == (most < 30)


@pytest.mark.parametrize(
    ("estimator", "ranges"),
    [
        ("hist_gradient_boosting", "{preprocess__encoding: [native, ordinal]}"),
        ("nearest_neighbors", "{n_neighbors: [1, 30]}"),
    ],
)
def test_ranges_of_tuning_yaml_stay_as_they_are(estimator: str, ranges: str, world: World) -> None:
    plan = world.planned(f"estimators: {{{estimator}: {{ranges: {ranges}}}}}", fruit(40))
    (searched,) = plan.tuning_jobs[0].estimator.ranges.values()
    assert searched.kind == "categorical"
    assert len(searched.values) == 2
