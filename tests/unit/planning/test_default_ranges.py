"""Which of the catalogue's ranges there are depends on the data."""

from __future__ import annotations

import pytest

from tests.support.planning import World


def colours(*words: str) -> str:
    rows = (f"{i % 7}.5,{words[i % len(words)]},{i % 11}.25" for i in range(200))
    return "\n".join(["size,colour,weight", *rows])


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
