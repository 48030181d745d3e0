"""The attempts at a job, as its run's folder has them, and how they are described."""

from __future__ import annotations

from typing import Any

from tests.support.workflow_world import (
    FOLDER,
    OTHER_TUNING_JOB,
    TUNING_JOB,
    World,
    job,
    make_plan,
)
from tunedrop.running.attempts import describe_attempts, read_attempts, with_attempts


def request(world: World, name: str, machine: str = "ml.m5.large", **more: Any) -> None:
    definition = {"ResourceConfig": {"InstanceType": machine}, **more.pop("definition", {})}
    world.put_json(
        f"{FOLDER}jobs/{name}.request.json", {"TrainingJobDefinition": definition} | more
    )


def test_the_last_attempt_counts_and_other_jobs_have_none() -> None:
    world = World()
    for number in (1, 2, 10, 3):
        request(world, f"{TUNING_JOB}-{number}")
    request(world, f"{TUNING_JOB}0-7")  # the tenth tuning job is no attempt at the first
    names = [attempt.name for attempt in read_attempts(world.bucket, job())]
    assert names == [f"{TUNING_JOB}-{number}" for number in (1, 2, 3, 10)]
    named = with_attempts(world.bucket, make_plan())
    assert [job.name for job in named.tuning_jobs] == [f"{TUNING_JOB}-10", OTHER_TUNING_JOB]


def test_people_read_each_attempts_machine_and_end() -> None:
    world = World()
    spot = {"EnableManagedSpotTraining": True}
    limits: Any = {
        "HyperParameterTuningJobConfig": {"ResourceLimits": {"MaxParallelTrainingJobs": 4}}
    }
    request(world, f"{TUNING_JOB}-1", WarmStartConfig={}, definition=spot, **limits)
    world.put_result(f"{TUNING_JOB}-1", status="NotStarted", cause="warm start")
    request(world, f"{TUNING_JOB}-2", definition=spot, **limits)
    world.put_result(f"{TUNING_JOB}-2", status="NotStarted", cause="quota", fits=1)
    request(world, f"{TUNING_JOB}-3", definition=spot)
    world.put_result(f"{TUNING_JOB}-3", status="Failed", cause="memory")
    request(world, f"{TUNING_JOB}-4", "ml.m5.xlarge")
    assert describe_attempts(read_attempts(world.bucket, job())) == (
        "1. on ml.m5.large (spot): SageMaker rejected the warm start, "
        "2. on ml.m5.large (spot): the account's quota is too small, "
        "3. on ml.m5.large (spot): out of memory, "
        "4. on ml.m5.xlarge: not finished"
    )


def test_a_first_attempt_that_was_enough_is_not_worth_a_word() -> None:
    world = World()
    request(world, f"{TUNING_JOB}-1")
    world.put_result(f"{TUNING_JOB}-1", status="Completed")
    assert describe_attempts(read_attempts(world.bucket, job())) == ""
    world.put_result(f"{TUNING_JOB}-1", status="Failed", cause="capacity")
    assert describe_attempts(read_attempts(world.bucket, job())) == (
        "1. on ml.m5.large: AWS had no capacity of this instance type"
    )
