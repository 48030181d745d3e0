"""What the strategies suggest: exhaustive grids, even draws, and a sampler that finds optima."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import pytest
from scipy import stats

from local_aws.sagemaker.search.definition import CategoricalRange, NumericRange, Range, Scaling
from local_aws.sagemaker.search.strategies import Observation, Resource, Search, Suggestion

Values = dict[str, str]
SAMPLED = ("Bayesian", "Random", "Hyperband")


def continuous(name: str, low: float, high: float, scaling: Scaling = "Linear") -> NumericRange:
    return NumericRange(name, low, high, scaling, "Continuous")


def integer(name: str, low: int, high: int, scaling: Scaling = "Linear") -> NumericRange:
    return NumericRange(name, low, high, scaling, "Integer")


MIXED: tuple[Range, ...] = (
    continuous("rate", 1e-5, 1, "Logarithmic"),
    continuous("share", 0, 1),
    integer("leaves", 1, 64, "Logarithmic"),
    CategoricalRange("kind", ("poor", "fair", "good")),
)


def quality(values: Values) -> float:
    """Best, with 0, at rate 0.003, share 0.3, leaves 20 and the good kind."""
    return -(
        0.3 * (math.log10(float(values["rate"])) + 2.5) ** 2
        + 4 * (float(values["share"]) - 0.3) ** 2
        + (int(values["leaves"]) - 20) ** 2 / 400
        + {"poor": 0.6, "fair": 0.3, "good": 0.0}[values["kind"]]
    )


def tune(
    search: Search, objective: Callable[[Values], float | None], jobs: int, parallel: int = 2
) -> list[tuple[Values, float | None]]:
    """Run a search as a tuning job does, some training jobs at once."""
    running: list[Suggestion] = []
    tried = []
    for number in range(jobs + parallel):
        if number < jobs:
            running.append(search.ask())
        if number >= parallel - 1 and running:
            first = running.pop(0)
            value = objective(first.hyperparameters)
            search.tell(first, value)
            tried.append((first.hyperparameters, value))
    return tried


def search_mixed(strategy: str, seed: int = 1) -> Search:
    return Search(strategy, MIXED, maximize=True, seed=seed)


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
    drawn = [scale(float(values["x"])) for values, _ in tune(search, lambda _: 0.0, 1000)]
    assert stats.kstest(drawn, "uniform").pvalue > 0.01


@pytest.mark.parametrize("strategy", SAMPLED)
def test_a_seed_repeats_a_search_and_another_one_does_not(strategy: str) -> None:
    first, again, different = (
        tune(search_mixed(strategy, seed), quality, 16) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != different


def test_bayesian_is_ahead_of_random_search() -> None:
    """Means of three seeds, of the last ten of 40 training jobs."""
    last = {
        strategy: statistics.mean(
            quality(values)
            for seed in range(3)
            for values, _ in tune(search_mixed(strategy, seed), quality, 40)[-10:]
        )
        for strategy in ("Bayesian", "Random")
    }
    assert last["Bayesian"] > last["Random"] + 0.3


@pytest.mark.parametrize("value", [0.5, None])
def test_a_search_goes_on_when_all_training_jobs_are_alike(value: float | None) -> None:
    tried = tune(search_mixed("Bayesian"), lambda _: value, 25)
    assert len({tuple(values.items()) for values, _ in tried}) == 25


def test_one_value_is_a_range_too() -> None:
    ranges = (continuous("x", 0.5, 0.5), CategoricalRange("c", ("only",)), integer("n", 1, 30))
    search = Search("Bayesian", ranges, maximize=True, seed=1)
    tried = tune(search, lambda values: -abs(int(values["n"]) - 7), 20)
    assert {values["x"] for values, _ in tried} == {"0.5"}


def test_parents_points_outside_of_the_new_ranges_are_left_out() -> None:
    earlier = [Observation({"x": "0.5"}, 1.0), Observation({"x": "2"}, 9.0), Observation({}, 9.0)]
    ranges = (continuous("x", 0, 1),)
    search = Search("Bayesian", ranges, maximize=True, seed=1, earlier=earlier)
    # One observation was taken in, so the next number is 1.
    assert search.ask().trial.number == 1


def hyperband(minimum: int, maximum: int) -> Search:
    resource = Resource(minimum, maximum)
    return Search("Hyperband", (continuous("x", 0, 1),), maximize=True, seed=1, resource=resource)


def test_hyperband_stops_poor_training_jobs_at_the_first_rung() -> None:
    search = hyperband(1, 3)
    jobs = [search.ask() for _ in range(30)]
    stopped = [search.should_stop(job, 1, 1 - number) for number, job in enumerate(jobs)]
    # Each is worse than those before it; only those of the bracket without that rung go on.
    assert not stopped[0]
    assert 15 <= sum(stopped) < 30


def test_hyperband_stops_what_goes_beyond_the_largest_resource_only() -> None:
    search = hyperband(1, 9)
    job = search.ask()
    assert not search.should_stop(job, 9, 0.0)
    assert search.should_stop(job, 10, 1.0)
