from __future__ import annotations

from typing import Any

import pytest

from tests.support import workflow_world as world_of
from tests.support.workflow_world import FOLDER, RUN_ID, World, make_plan
from tunedrop.admission.resumption import check_resumable
from tunedrop.errors import RunNotFoundError, UserInputError

INPUT = "inputs/iris/1a2b3c4d/train.csv"
TRAIN = {
    "uri": f"s3://{world_of.BUCKET}/inputs/iris/1a2b3c4d/",
    "files": ["train.csv"],
    "bytes": 4,
    "versions": {"datasets/iris/train.csv": "v1"},
}


def failed() -> World:
    """Make the world of a run that failed, with its plan and its one input."""
    world = World()
    world.claim()
    world.put_plan(make_plan(data={"train": TRAIN}))
    world.put_json(f"{FOLDER}failure.json", {"error": "ConfirmFailed"})
    world.s3.put(INPUT, "a,b\n")
    return world


def ask(world: World) -> None:
    check_resumable(world.bucket, "iris", RUN_ID)


def test_a_run_that_does_not_exist_is_named() -> None:
    world = failed()
    with pytest.raises(RunNotFoundError, match=r"does not exist.*'iris/x'.*<dataset>/<run id>"):
        check_resumable(world.bucket, "iris", "x")


def test_only_a_failed_run_is_resumed() -> None:
    world = failed()
    world.s3.put(f"{FOLDER}report.html", "<html>")
    with pytest.raises(UserInputError, match=r"has a report.*tunedrop run iris"):
        ask(world)
    for name in ("report.html", "failure.json"):
        world.s3.delete_object(Bucket=world_of.BUCKET, Key=f"{FOLDER}{name}")
    with pytest.raises(UserInputError, match=r"an active run.*tunedrop stop"):
        ask(world)


@pytest.mark.parametrize("plan", [None, {"version": 9}])
def test_a_run_without_a_plan_that_can_be_read_has_to_be_dropped_again(plan: Any) -> None:
    world = failed()
    world.put_json(f"{FOLDER}plan.json", plan)
    if plan is None:
        world.s3.delete_object(Bucket=world_of.BUCKET, Key=f"{FOLDER}plan.json")
    with pytest.raises(
        UserInputError, match=r"no plan that this release can read.*Drop the dataset"
    ):
        ask(world)


def test_expired_inputs_are_named() -> None:
    world = failed()
    test = {**TRAIN, "uri": f"s3://{world_of.BUCKET}/inputs/iris/1a2b3c4d/test/"}
    world.put_plan(make_plan(data={"train": TRAIN, "test": test}))
    with pytest.raises(UserInputError, match=r"have expired \(inputs/iris/1a2b3c4d/test/train.csv"):
        ask(world)
    world.s3.delete_object(Bucket=world_of.BUCKET, Key=INPUT)
    with pytest.raises(UserInputError, match=rf"have expired \({INPUT}\).*Drop the dataset"):
        ask(world)
