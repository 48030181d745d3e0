"""What survives the server: its finished jobs, and not one process."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.sagemaker.test_tuning_jobs import warm_start
from tests.support.sagemaker.machine import (
    Machine,
    training_request,
    tuning_request,
    until,
)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Machine]:
    yield from ended(Machine(tmp_path, grace_seconds=120, concurrency=4))


def ended(machine: Machine) -> Iterator[Machine]:
    """End a machine after its test, which may have failed anywhere."""
    try:
        yield machine
    finally:
        machine.kill()


def running_jobs(machine: Machine, behaviour: str = "wait_with_a_child") -> None:
    machine.sagemaker.create_hyper_parameter_tuning_job(
        **tuning_request("running", jobs=5, static={"behaviour": behaviour})
    )
    machine.sagemaker.create_training_job(**training_request("single", behaviour=behaviour))

    def all_emitted() -> bool:
        jobs = machine.sagemaker.list_training_jobs(StatusEquals="InProgress")
        described = [
            machine.sagemaker.describe_training_job(TrainingJobName=job["TrainingJobName"])
            for job in jobs["TrainingJobSummaries"]
        ]
        return len(described) == 3 and all("FinalMetricDataList" in job for job in described)

    until(all_emitted)


@pytest.mark.parametrize(("fork", "end"), [(True, "stop"), (False, "stop")])
def test_no_process_outlives_the_server(tmp_path: Path, fork: bool, end: str) -> None:
    for own in ended(Machine(tmp_path, fork=fork, concurrency=4)):
        own.start()
        running_jobs(own)
        assert len(own.processes()) >= 6
        getattr(own, end)()
        until(lambda: not own.processes(), seconds=10)  # noqa: B023 - one turn


def test_finished_jobs_survive_a_stop_as_they_were(own: Machine) -> None:
    own.start()
    tags = [{"Key": "k", "Value": "v"}]
    before = own.tune("finished", jobs=3, strategy="Bayesian", Tags=tags)
    own.stop()
    own.start()
    after = own.wait_for_tuning_job("finished")
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}
    assert own.sagemaker.list_tags(ResourceArn=after["HyperParameterTuningJobArn"])["Tags"] == tags
    child = own.tune(
        "child",
        jobs=2,
        strategy="Bayesian",
        WarmStartConfig=warm_start("IdenticalDataAndAlgorithm", "finished"),
    )
    assert child["OverallBestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]


def test_a_training_job_goes_on_when_the_fork_server_is_killed(own: Machine) -> None:
    own.start()
    try:
        own.train("first")
        servers = [
            pid
            for pid in own.processes()
            if b"\0serve\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        assert len(servers) == 1
        os.kill(servers[0], signal.SIGKILL)
        assert until(lambda: own.train("second"))["TrainingJobStatus"] == "Completed"
    finally:
        own.stop()
