import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import client_error
from tests.support.workflow_world import CONFIRM_JOB, RUN_ID, TUNING_JOB, World
from tunedrop.records import read_record
from tunedrop.running import jobs
from tunedrop.running.jobs import (
    Job,
    describe,
    in_progress,
    kind_of,
    stop,
)

prefixes = st.text("0123456789abcdef", min_size=8, max_size=8)


@given(prefixes, st.text(), st.integers(0, 999), st.integers(1, 99))
def test_the_name_of_an_attempt_tells_its_job_and_number(
    prefix: str, dataset: str, index: int, number: int
) -> None:
    bases = {
        "tuning": jobs.name_tuning_job(prefix, dataset, "run", index),
        "confirm": jobs.name_confirm_job(prefix, dataset, "run"),
    }
    for kind, base in bases.items():
        name = jobs.name_attempt(base, number)
        assert len(name) <= 32
        assert (kind_of(name), jobs.base_of(name)) == (kind, base)
        run = {"dataset": "iris", "run_id": RUN_ID}
        item = {**run, "job": base, "kind": kind, "attempt": name}
        assert read_record(Job, item).name == name


@given(st.text())
def test_other_names_are_nobodys(name: str) -> None:
    assert kind_of(name) is None
    assert kind_of(f"{TUNING_JOB}-{name}x") is None
    assert kind_of(f"{CONFIRM_JOB}\n") is None


def test_a_description_is_json_without_nan() -> None:
    world = World()
    world.sagemaker.add(TUNING_JOB)
    berlin = timezone(timedelta(hours=1))
    world.sagemaker.tuning_jobs[TUNING_JOB] |= {
        "CreationTime": datetime(2026, 11, 23, 13, tzinfo=berlin),
        "BestTrainingJob": {"Metric": {"Value": float("nan")}, "Tags": [datetime.now(UTC), 1]},
        "ResponseMetadata": {"RequestId": "x"},
    }
    state = describe(world.jobs, TUNING_JOB, "tuning")
    assert state is not None
    assert state.description["CreationTime"] == "2026-11-23T13:00:00+01:00"
    assert state.description["BestTrainingJob"]["Metric"] == {"Value": None}
    assert "ResponseMetadata" not in state.description
    json.dumps(state.description, allow_nan=False)


@pytest.mark.parametrize(
    "error",
    [
        client_error("ResourceNotFound"),
        client_error("ValidationException", 400, "Requested resource not found."),
    ],
)
def test_a_job_that_is_not_there_is_none(error: Any) -> None:
    world = World()
    world.sagemaker.fail_next("DescribeTrainingJob", error)
    assert describe(world.jobs, CONFIRM_JOB, "confirm") is None


def test_a_job_that_is_stopping_is_not_stopped_again() -> None:
    world = World()
    world.sagemaker.add(CONFIRM_JOB, status="Stopping")
    assert stop(world.jobs, CONFIRM_JOB, "confirm")
    assert not world.sagemaker.calls_of("StopTrainingJob")


def test_jobs_in_progress_are_found_by_the_beginning_of_their_names_only() -> None:
    world = World()
    for name in (TUNING_JOB, f"td-x-{TUNING_JOB}"):
        world.sagemaker.add(name)
    world.sagemaker.add(f"{TUNING_JOB}7", status="Completed")
    assert [name for name, _ in in_progress(world.jobs, "td-0a1b2c3d-", "tuning")] == [TUNING_JOB]
