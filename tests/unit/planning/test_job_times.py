"""How long jobs are expected to take, from the results of the dataset's earlier runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.planning import IRIS, World
from tunedrop_common.plan import Plan

RULE = "A training job is expected to take 5 min, and Confirm 30 min: no earlier run"


def results(*billed: int | None, confirm: int | None = 600) -> dict[str, Any]:
    return {
        "training_jobs": [{"billable_seconds": seconds, "name": "a"} for seconds in billed],
        "confirm_job": {"billable_seconds": confirm},
        "instance": {"type": "ml.m5.large"},
    }


def put(world: World, run_id: str, content: Any) -> None:
    body = content if isinstance(content, str) else json.dumps(content)
    world.s3.put(f"runs/iris/{run_id}/results.json", body)


def plan(world: World) -> Plan:
    return world.plan(world.run(world.drop("iris/train.csv", IRIS)))


def expected(planned: Plan) -> float:
    assert planned.cost is not None
    return planned.cost.expected_seconds


def test_the_first_run_has_a_rule_and_says_so() -> None:
    planned = plan(World())
    assert expected(planned) == 60 * 300 + 1800
    assert any(decision.startswith(RULE) for decision in planned.decisions)


def test_later_runs_take_the_times_of_the_newest_run_that_has_them() -> None:
    world = World()
    put(world, "20261120T120000Z-00000000", results(9000))
    put(world, "20261121T120000Z-00000000", results(100, 50, None))
    world.s3.put("runs/iris/20261122T120000Z-00000000/failure.json", "{}")
    put(world, "20261199T120000Z-00000000", results(9000))  # later than this run
    planned = plan(world)
    assert expected(planned) == 60 * 75 + 600
    words = "1 min 15 s, and Confirm 10 min, as in the run 20261121T120000Z-00000000 on ml.m5.large"
    assert any(words in decision for decision in planned.decisions)


@pytest.mark.parametrize(
    "content",
    [
        "not JSON",
        "[]",
        results(None),
        results(60, confirm=None),
        results(-5),
    ],
)
def test_results_without_times_are_passed_over(content: Any) -> None:
    world = World()
    put(world, "20261120T120000Z-00000000", content)
    assert expected(plan(world)) == 60 * 300 + 1800


def test_a_job_is_expected_to_take_no_longer_than_it_may() -> None:
    world = World()
    put(world, "20261120T120000Z-00000000", results(10**9, confirm=10**9))
    planned = plan(world)
    assert planned.cost is not None
    assert planned.cost.expected_seconds == planned.cost.max_seconds // (
        1 + len(planned.fallback_instances)
    )
