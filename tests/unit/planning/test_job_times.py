"""How long jobs are expected to take, from the results of the dataset's earlier runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.planning import IRIS, World


def results(*billed: int | None, confirm: int | None = 600) -> dict[str, Any]:
    return {
        "training_jobs": [{"billable_seconds": seconds, "name": "a"} for seconds in billed],
        "confirm_job": {"billable_seconds": confirm},
        "cost": {"instance_type": "ml.m5.large"},
    }


def put(world: World, content: Any, day: int = 20) -> None:
    body = content if isinstance(content, str) else json.dumps(content)
    world.s3.put(f"runs/iris/202611{day}T120000Z-00000000/results.json", body)


def test_later_runs_take_the_times_of_the_newest_run_that_has_them(world: World) -> None:
    put(world, results(9000))
    put(world, results(100, 50, None), day=21)
    world.s3.put("runs/iris/20261122T120000Z-00000000/failure.json", "{}")
    put(world, results(9000), day=99)  # later than this run
    plan = world.planned(train=IRIS)
    assert plan.cost.expected_seconds == 60 * 75 + 600
    words = "1 min 15 s, and Confirm 10 min, as in the run 20261121T120000Z-00000000 on ml.m5.large"
    assert any(words in decision for decision in plan.decisions)


@pytest.mark.parametrize("content", ["not JSON", "[]", results(None), results(60, confirm=None)])
def test_results_without_times_are_passed_over(world: World, content: Any) -> None:
    put(world, content)
    assert world.planned(train=IRIS).cost.expected_seconds == 60 * 300 + 1800
