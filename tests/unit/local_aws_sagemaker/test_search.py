"""What the strategies suggest: even draws, parents' observations, Hyperband's stops."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from scipy import stats

from local_aws.sagemaker.search.definition import NumericRange, Scaling
from local_aws.sagemaker.search.strategies import Observation, Resource, Search


def continuous(name: str, low: float, high: float, scaling: Scaling = "Linear") -> NumericRange:
    return NumericRange(name, low, high, scaling, "Continuous")


@pytest.mark.parametrize(
    ("item", "scale"),
    [
        (continuous("x", -2, 5), lambda x: (x + 2) / 7),
        (continuous("x", 1e-4, 1, "Logarithmic"), lambda x: (math.log10(x) + 4) / 4),
        (continuous("x", 0, 0.999, "ReverseLogarithmic"), lambda x: math.log10(1 - x) / -3),
    ],
)
def test_random_numbers_are_even_on_their_scale(
    item: NumericRange, scale: Callable[[float], float]
) -> None:
    search = Search("Random", (item,), maximize=True, seed=3)
    drawn = [scale(float(search.ask().hyperparameters["x"])) for _ in range(1000)]
    assert stats.kstest(drawn, "uniform").pvalue > 0.01


def test_parents_points_outside_of_the_new_ranges_are_left_out() -> None:
    earlier = [Observation({"x": "0.5"}, 1.0), Observation({"x": "2"}, 9.0), Observation({}, 9.0)]
    ranges = (continuous("x", 0, 1),)
    search = Search("Bayesian", ranges, maximize=True, seed=1, earlier=earlier)
    # One observation was taken in, so the next number is 1.
    assert search.ask().trial.number == 1


def hyperband(minimum: int, maximum: int) -> Search:
    resource = Resource(minimum, maximum)
    return Search("Hyperband", (continuous("x", 0, 1),), maximize=True, seed=1, resource=resource)


def test_hyperband_stops_what_goes_beyond_the_largest_resource_only() -> None:
    search = hyperband(1, 9)
    job = search.ask()
    assert not search.should_stop(job, 9, 0.0)
    assert search.should_stop(job, 10, 1.0)
