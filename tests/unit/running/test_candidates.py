"""What StartJob hands to Confirm for an ensemble: a list, a manifest, and two channels."""

from typing import Any

import pytest

from tests.support.fake_sagemaker import training_job
from tests.support.workflow_world import (
    BUCKET,
    CONFIRM_1,
    CONFIRM_JOB,
    FOLDER,
    OTHER_TUNING_JOB,
    RUN_ID,
    TUNING_JOB,
    World,
    assert_survives_every_crash,
    make_plan,
    start_job,
    tuning_job,
)
from tunedrop_common.candidates import MOST_CANDIDATES
from tunedrop_common.plan import Rung

TRAINING = f"training/iris/{RUN_ID}/"
CANDIDATES, MANIFEST = f"{FOLDER}candidates.json", f"{FOLDER}predictions.manifest"
ENSEMBLE: dict[str, Any] = {"confirm": {"name": CONFIRM_JOB, "ensemble": True}}
FINISHED = "td-0a1b2c3d-aaaaaaaaaa-0-1"


def tuned(
    objectives: list[float], *, outputs: int | None = None, plan: dict[str, Any] = ENSEMBLE
) -> World:
    """Make the world after a tuning job whose first training jobs, the best, have outputs."""
    world = World()
    world.put_plan(make_plan(**plan))
    for name in (TUNING_JOB, OTHER_TUNING_JOB):
        world.sagemaker.add(name, status="Completed")
    names = [f"{TUNING_JOB}-{number:03}-1a2b" for number in range(len(objectives))]
    world.sagemaker.trained[TUNING_JOB] = [
        training_job(name, value, learning_rate=f"0.{number}")
        for number, (name, value) in enumerate(zip(names, objectives, strict=True))
    ]
    for name in names[:outputs]:
        world.s3.put(f"{TRAINING}{name}/output/output.tar.gz", b"")
    return world


def channels(world: World, name: str = CONFIRM_1) -> list[str]:
    request = world.json(f"{FOLDER}jobs/{name}.request.json")
    return [channel["ChannelName"] for channel in request["InputDataConfig"]]


def test_the_best_are_listed_with_all_of_their_hyperparameters_and_their_outputs() -> None:
    world = tuned([0.7, 0.9])
    start_job(world, CONFIRM_JOB)
    assert channels(world) == ["plan", "train", "candidates", "predictions"]
    best, second = f"{TUNING_JOB}-001-1a2b", f"{TUNING_JOB}-000-1a2b"
    assert world.json(CANDIDATES) == {
        "version": 1,
        "candidates": [
            {
                "training_job": name,
                "estimator": "hist_gradient_boosting",
                "hyperparameters": {"max_iter": "200", "learning_rate": rate},
                "objective": objective,
            }
            for name, rate, objective in ((best, "0.1", 0.9), (second, "0.0", 0.7))
        ],
    }
    assert world.json(MANIFEST) == [
        {"prefix": f"s3://{BUCKET}/training/iris/"},
        f"{RUN_ID}/{best}/output/output.tar.gz",
        f"{RUN_ID}/{second}/output/output.tar.gz",
    ]


def test_at_most_twenty_are_listed() -> None:
    world = tuned([1 - n / 100 for n in range(30)])
    start_job(world, CONFIRM_JOB)
    listed = world.json(CANDIDATES)["candidates"]
    assert [each["objective"] for each in listed] == [1 - n / 100 for n in range(MOST_CANDIDATES)]


def test_one_whose_output_is_gone_is_listed_nowhere() -> None:
    world = tuned([0.9, 0.8, 0.7], outputs=2)
    start_job(world, CONFIRM_JOB)
    assert len(world.json(CANDIDATES)["candidates"]) == 2
    assert len(world.json(MANIFEST)) == 3


@pytest.mark.parametrize(
    ("objectives", "outputs", "plan"),
    [
        ([0.9], 1, ENSEMBLE),
        ([0.9, 0.8], 1, ENSEMBLE),
        ([0.9, 0.8], 0, ENSEMBLE),
        ([0.9, 0.8], 2, {}),
    ],
    ids=["one training job", "one output", "no output", "a plan without an ensemble"],
)
def test_with_fewer_than_two_confirm_runs_without(
    objectives: list[float], outputs: int, plan: dict[str, Any]
) -> None:
    world = tuned(objectives, outputs=outputs, plan=plan)
    start_job(world, CONFIRM_JOB)
    assert channels(world) == ["plan", "train"]
    assert not world.s3.keys(CANDIDATES)
    assert not world.s3.keys(MANIFEST)


def test_what_a_resumed_run_takes_over_is_listed_below_the_run_that_made_it() -> None:
    world = tuned([0.7], plan={**ENSEMBLE, "tuning_jobs": [
        tuning_job(), tuning_job(OTHER_TUNING_JOB, finished_job=FINISHED),
    ]})  # fmt: skip
    world.sagemaker.add(FINISHED, status="Completed")
    folder = "training/iris/20261101T000000Z-ffffffff/"
    world.sagemaker.tuning_jobs[FINISHED]["TrainingJobDefinition"] = {
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/{folder}"}
    }
    world.sagemaker.trained[FINISHED] = [training_job(f"{FINISHED}-007-cdef", 0.9)]
    world.s3.put(f"{folder}{FINISHED}-007-cdef/output/output.tar.gz", b"")
    start_job(world, CONFIRM_JOB)
    assert world.json(MANIFEST) == [
        {"prefix": f"s3://{BUCKET}/training/iris/"},
        f"20261101T000000Z-ffffffff/{FINISHED}-007-cdef/output/output.tar.gz",
        f"{RUN_ID}/{TUNING_JOB}-000-1a2b/output/output.tar.gz",
    ]


def test_the_next_attempt_has_the_same_channels_whatever_is_there_by_then() -> None:
    world = tuned([0.9, 0.8], plan={**ENSEMBLE, "ladder": (Rung(type="ml.m5.xlarge", spot=False),)})
    start_job(world, CONFIRM_JOB)
    before = world.s3.body(CANDIDATES), world.s3.body(MANIFEST)
    world.put_json(
        f"{FOLDER}jobs/{CONFIRM_1}.result.json",
        {"job": CONFIRM_1, "status": "Failed", "cause": "capacity"},
    )
    world.sagemaker.trained[TUNING_JOB] = []
    start_job(world, CONFIRM_JOB)
    assert channels(world, f"{CONFIRM_JOB}-2") == channels(world)
    assert (world.s3.body(CANDIDATES), world.s3.body(MANIFEST)) == before


def test_a_start_of_confirm_killed_at_any_call_ends_the_same_when_repeated() -> None:
    assert_survives_every_crash(
        lambda: tuned([0.9, 0.8]), lambda world, _: start_job(world, CONFIRM_JOB)
    )
