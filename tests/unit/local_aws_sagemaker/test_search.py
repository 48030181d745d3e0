"""What the strategies suggest: exhaustive grids, even draws, and a model that finds optima."""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from local_aws.sagemaker.hyperband import Hyperband
from local_aws.sagemaker.ranges import CategoricalRange, NumericRange, Range, Scaling
from local_aws.sagemaker.search import Observation, Search, Suggestion, create_search

Values = dict[str, str]


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


def branin(values: Values) -> float:
    """Three optima, moved to 0; https://www.sfu.ca/~ssurjano/branin.html."""
    x, y = float(values["x"]), float(values["y"])
    bowl = (y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6) ** 2
    return -(bowl + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10 - 0.397887)


def rosenbrock(values: Values) -> float:
    """A bent valley with 0 at 1, 1, 1; https://www.sfu.ca/~ssurjano/rosen.html."""
    x = [float(values[name]) for name in "xyz"]
    pairs = itertools.pairwise(x)
    return -sum(100 * (after - before**2) ** 2 + (1 - before) ** 2 for before, after in pairs)


def logarithmic_bowl(values: Values) -> float:
    """Four hyperparameters of magnitudes, best with 0 at 0.001 each."""
    return -sum((math.log10(float(value)) + 3) ** 2 for value in values.values())


def tune(
    search: Search,
    objective: Callable[[Values], float | None],
    jobs: int,
    parallel: int = 2,
) -> list[tuple[Values, float | None]]:
    """Run a search as a tuning job does, some training jobs at once."""
    running: list[Suggestion] = []
    tried = []
    for number in range(jobs + parallel):
        if number < jobs:
            suggestion = search.ask()
            assert suggestion is not None
            running.append(suggestion)
        if number >= parallel - 1 and running:
            first = running.pop(0)
            value = objective(first.hyperparameters)
            search.tell(first, value)
            tried.append((first.hyperparameters, value))
    return tried


def best(tried: list[tuple[Values, float | None]]) -> float:
    return max(value for _, value in tried if value is not None)


def bayesian(seed: int | None = 1, ranges: tuple[Range, ...] = MIXED) -> Search:
    return create_search("Bayesian", ranges, maximize=True, seed=seed)


class TestRandom:
    @pytest.mark.parametrize(
        ("item", "scale"),
        [
            (continuous("x", -2, 5), lambda x: (x + 2) / 7),
            (continuous("x", 1e-4, 1, "Logarithmic"), lambda x: (math.log10(x) + 4) / 4),
            (
                continuous("x", 0, 0.999, "ReverseLogarithmic"),
                lambda x: math.log10(1 - x) / -3,
            ),
        ],
    )
    def test_numbers_are_even_on_their_scale(
        self, item: NumericRange, scale: Callable[[float], float]
    ) -> None:
        search = create_search("Random", (item,), maximize=True, seed=3)
        drawn = [scale(float(values["x"])) for values, _ in tune(search, lambda _: 0.0, 1000)]
        assert stats.kstest(drawn, "uniform").pvalue > 0.01

    def test_integers_and_choices_are_even_with_their_ends(self) -> None:
        ranges = (integer("n", 1, 5), CategoricalRange("c", ("a", "b", "c", "d")))
        search = create_search("Random", ranges, maximize=True, seed=3)
        tried = [values for values, _ in tune(search, lambda _: 0.0, 1000)]
        for name, count in (("n", 5), ("c", 4)):
            counts = Counter(values[name] for values in tried)
            assert len(counts) == count
            assert stats.chisquare(list(counts.values())).pvalue > 0.01

    def test_hyperparameters_are_independent(self) -> None:
        ranges = (continuous("x", 0, 1), continuous("y", 0, 1))
        tried = [
            values
            for seed in range(5)
            for values, _ in tune(
                create_search("Random", ranges, maximize=True, seed=seed), lambda _: 0.0, 200
            )
        ]
        x, y = ([float(values[name]) for values in tried] for name in "xy")
        assert stats.spearmanr(x, y).pvalue > 0.01


def test_a_grid_is_walked_once_and_whole() -> None:
    lists = {"a": ("1", "2", "3"), "b": ("x", "y"), "c": ("p", "q", "r", "s")}
    ranges = tuple(CategoricalRange(name, values) for name, values in lists.items())
    search = create_search("Grid", ranges, maximize=True, seed=None)
    tried = []
    while (suggestion := search.ask()) is not None:
        tried.append(tuple(suggestion.hyperparameters.values()))
    assert sorted(tried) == sorted(itertools.product(*lists.values()))


@pytest.mark.parametrize("strategy", ["Bayesian", "Random", "Hyperband"])
def test_a_seed_repeats_a_search_and_another_one_does_not(strategy: str) -> None:
    def tried(seed: int) -> list[Values]:
        search = create_search(strategy, MIXED, maximize=True, seed=seed)
        return [values for values, _ in tune(search, quality, 16)]

    assert tried(1) == tried(1)
    assert tried(1) != tried(2)


@pytest.mark.parametrize("strategy", ["Bayesian", "Random", "Hyperband"])
@pytest.mark.parametrize("ended", [3, 11, 24])
def test_a_restart_changes_nothing_about_what_a_seed_gives(strategy: str, ended: int) -> None:
    """One training job at a time; for Random it doesn't matter how many."""

    def search() -> Search:
        return create_search(strategy, MIXED, maximize=True, seed=5)

    whole = tune(search(), quality, 30, parallel=1)
    restarted = search()
    for values, value in whole[:ended]:
        restarted.tell(restarted.recall(values), value)
    assert tune(restarted, quality, 30 - ended, parallel=1) == whole[ended:]


def test_random_draws_are_the_same_however_many_run_at_once() -> None:
    one, many = (
        tune(create_search("Random", MIXED, maximize=True, seed=5), quality, 20, parallel)
        for parallel in (1, 10)
    )
    assert one == many


class TestBayesian:
    def test_it_comes_near_the_optimum_where_random_search_does_not(self) -> None:
        """Medians of three seeds."""
        found = np.median([best(tune(bayesian(seed), quality, 40)) for seed in range(3)])
        drawn = np.median(
            [
                best(tune(create_search("Random", MIXED, maximize=True, seed=seed), quality, 40))
                for seed in range(3)
            ]
        )
        assert found > -0.05
        assert found > drawn + 0.1

    @pytest.mark.parametrize(
        ("objective", "ranges"),
        [
            (branin, (continuous("x", -5, 10), continuous("y", 0, 15))),
            (rosenbrock, tuple(continuous(name, -2, 2) for name in "xyz")),
            (
                logarithmic_bowl,
                tuple(continuous(name, 1e-6, 1, "Logarithmic") for name in "abcd"),
            ),
        ],
    )
    def test_it_is_ahead_of_random_search(
        self, objective: Callable[[Values], float], ranges: tuple[Range, ...]
    ) -> None:
        """What three seeds have left to the optimum after 30 training jobs, in the mean."""
        left = {
            strategy: np.mean(
                [
                    -best(
                        tune(create_search(strategy, ranges, maximize=True, seed=s), objective, 30)
                    )
                    for s in range(3)
                ]
            )
            for strategy in ("Bayesian", "Random")
        }
        assert left["Bayesian"] < 0.6 * left["Random"]

    def test_minimizing_is_the_same_upside_down(self) -> None:
        search = create_search("Bayesian", MIXED, maximize=False, seed=1)
        upside_down = [values for values, _ in tune(search, lambda v: -quality(v), 20)]
        assert upside_down == [values for values, _ in tune(bayesian(1), quality, 20)]

    def test_noise_does_not_lead_it_astray(self) -> None:
        random = np.random.default_rng(0)
        tried = tune(bayesian(), lambda values: quality(values) + random.normal(0, 0.05), 40)
        assert max(quality(values) for values, _ in tried) > -0.15

    def test_it_keeps_away_from_where_training_jobs_fail(self) -> None:
        def fails_below(values: Values) -> float | None:
            return None if float(values["rate"]) < 1e-3 else quality(values)

        tried = tune(bayesian(), fails_below, 40)
        last = [value for _, value in tried[-20:]]
        assert sum(value is None for value in last) <= 6
        assert best(tried) > -0.1

    @pytest.mark.parametrize("value", [0.5, None])
    def test_it_goes_on_when_all_training_jobs_are_alike(self, value: float | None) -> None:
        tried = tune(bayesian(), lambda _: value, 25)
        assert len({tuple(values.items()) for values, _ in tried}) == 25

    def test_a_disaster_does_not_hide_the_differences_between_good_ones(self) -> None:
        def disastrous(values: Values) -> float:
            return -1e9 if values["kind"] == "poor" else quality(values)

        found = [best(tune(bayesian(seed), disastrous, 40)) for seed in range(5)]
        assert np.median(found) > -0.1

    def test_many_at_once_are_all_different(self) -> None:
        search = bayesian()
        tune(search, quality, 12)
        asked = [search.ask() for _ in range(10)]
        assert len({tuple(item.hyperparameters.items()) for item in asked if item}) == 10

    def test_a_small_space_is_tried_out_before_anything_comes_twice(self) -> None:
        ranges = (CategoricalRange("a", ("1", "2", "3")), integer("b", 1, 4))
        tried = tune(
            bayesian(1, ranges), lambda values: float(values["a"]) * int(values["b"]), 14, 1
        )
        assert len({tuple(values.items()) for values, _ in tried[:12]}) == 12

    def test_one_value_is_a_range_too(self) -> None:
        ranges = (continuous("x", 0.5, 0.5), CategoricalRange("c", ("only",)), integer("n", 1, 30))
        tried = tune(bayesian(1, ranges), lambda values: -abs(int(values["n"]) - 7), 20)
        assert {values["x"] for values, _ in tried} == {"0.5"}
        assert best(tried) == 0

    def test_parents_spare_it_the_first_look_around(self) -> None:
        parent = tune(bayesian(1), quality, 30)
        earlier = [Observation(values, value) for values, value in parent if value is not None]
        child = create_search("Bayesian", MIXED, maximize=True, seed=2, earlier=earlier)
        values = [quality(values) for values, _ in tune(child, quality, 6)]
        assert np.median(values) > -0.3

    def test_it_stays_quick_with_750_training_jobs(self) -> None:
        search = bayesian()
        random = create_search("Random", MIXED, maximize=True, seed=1)
        for values, value in tune(random, quality, 750):
            search.tell(search.recall(values), value)
        seconds = []
        for _ in range(6):
            start = time.perf_counter()
            suggestion = search.ask()
            seconds.append(time.perf_counter() - start)
            assert suggestion is not None
            search.tell(suggestion, quality(suggestion.hyperparameters))
        # Some 0.1 s on a quiet machine; the first one fits the model.
        assert sorted(seconds)[3] < 1.5

    def test_what_was_suggested_before_a_restart_is_not_suggested_again(self) -> None:
        before = tune(bayesian(1), quality, 9)
        search = bayesian(1)
        for values, value in before:
            search.tell(search.recall(values), value)
        after = tune(search, quality, 9)
        known = [values for values, _ in before]
        assert not [values for values, _ in after if values in known]


class TestHyperband:
    def test_the_better_training_jobs_get_more_resource(self) -> None:
        """Resources of 300 training jobs, of which the better ones have the higher values."""
        random = np.random.default_rng(0)
        hyperband = Hyperband(1, 27, maximize=True)
        qualities, resources = random.random(300), []
        for value in qualities:
            bracket, resource = hyperband.place(), 0
            while resource < 27:
                resource += 1
                if hyperband.should_stop(bracket, resource, float(value)):
                    break
            resources.append(resource)
        assert stats.spearmanr(qualities, resources).statistic > 0.4
        assert resources[int(np.argmax(qualities))] == 27
        # Successive halving spends far less than a full run of each.
        assert sum(resources) < 0.6 * 27 * 300
        assert len(set(resources)) >= 3
