"""Points of the cube are images of real values, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from local_aws.sagemaker.unit_cube import UnitCube

CUBE = UnitCube(
    {
        "leaves": IntDistribution(1, 3000, log=True),
        "depth": IntDistribution(-3, 7),
        "one": IntDistribution(5, 5),
        "kind": CategoricalDistribution(["a", "b", "c"]),
    }
)


def test_drawn_rows_are_equal_to_the_rows_of_their_values() -> None:
    random = np.random.default_rng(0)
    rows = CUBE.random(random, 400)
    rows = np.vstack([rows, CUBE.near(random, rows[:20], 0.15, 400)])
    points = [CUBE.decode(row) for row in rows]
    assert np.array_equal(CUBE.encode(points), rows)
    assert {point["depth"] for point in points} == set(range(-3, 8))
    assert {type(point["leaves"]) for point in points} == {int}


@pytest.mark.parametrize("log", [False, True])
def test_numbers_come_back_as_they_were(log: bool) -> None:
    cube = UnitCube({"x": FloatDistribution(0.001, 40, log=log)})
    values = [0.001, 0.02, 1.0, 39.0, 40.0]
    back = [cube.decode(row)["x"] for row in cube.encode([{"x": value} for value in values])]
    assert back == pytest.approx(values, rel=1e-12)
