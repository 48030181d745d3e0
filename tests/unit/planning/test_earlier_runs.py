"""Parents of a warm start stay within SageMaker's limit of training jobs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.planning import ENVIRONMENT, IRIS, World
from tunedrop_common.plan import Plan


@pytest.fixture(autouse=True)
def dataset(world: World) -> None:
    world.environment = replace(
        ENVIRONMENT, limits=replace(ENVIRONMENT.limits, max_training_jobs=3000)
    )
    world.drop("iris/train.csv", IRIS)


def tune(world: World, training_jobs: int, more: str = "") -> Plan:
    """Plan a run whose tuning job ends with so many training jobs."""
    plan = world.planned(f"estimators: [linear]\ntraining_jobs: {training_jobs}\n{more}")
    world.finish(plan, training_jobs)
    return plan


@pytest.mark.parametrize(
    ("training_jobs", "parents"),
    [
        (120, [0, 1, 2, 3, 4, 5, 5]),
        (375, [0, 1, 1]),
        (376, [0, 0]),
    ],
)
def test_no_retune_breaks_the_limit_of_training_jobs(
    world: World, training_jobs: int, parents: list[int]
) -> None:
    plans = [tune(world, training_jobs) for _ in parents]
    assert [len(plan.tuning_jobs[0].parents) for plan in plans] == parents


def test_a_parent_that_is_too_large_is_left_out_for_an_older_one_that_fits(world: World) -> None:
    first, _, third, fourth = (tune(world, count) for count in (100, 700, 90, 60))
    names = [plan.tuning_jobs[0].name for plan in (third, first)]
    assert list(fourth.tuning_jobs[0].parents) == names


def test_a_large_random_search_has_no_parents(world: World) -> None:
    tune(world, 20, "strategy: random")
    assert tune(world, 800, "strategy: random").tuning_jobs[0].parents == ()
