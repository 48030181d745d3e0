"""What a stop of the server leaves behind: its jobs, the failure of those that ran, no process."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sagemaker.machine import Machine, until
from tests.support.sagemaker.requests import training_request, tuning_request, warm_start

INTERRUPTED = "InternalServerError: The local AWS stopped while the job was running."


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path, grace_seconds=120, concurrency=4)
    yield machine
    machine.stop()


def run_with_children(machine: Machine) -> None:
    """Start a tuning job and a training job whose training jobs run, each with a child."""
    behaviour = "wait_with_a_child"
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


def test_a_stop_keeps_jobs_and_fails_those_that_ran(machine: Machine) -> None:
    tags = [{"Key": "k", "Value": "v"}]
    before = machine.tune("finished", jobs=3, strategy="Bayesian", Tags=tags)
    run_with_children(machine)
    assert len(machine.processes()) >= 6
    machine.stop()
    until(lambda: not machine.processes(), seconds=10)
    machine.start()

    after = machine.wait_for_tuning_job("finished")
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}
    assert (
        machine.sagemaker.list_tags(ResourceArn=after["HyperParameterTuningJobArn"])["Tags"] == tags
    )
    child = machine.tune(
        "child",
        jobs=2,
        strategy="Bayesian",
        WarmStartConfig=warm_start("TransferLearning", "finished"),
    )
    assert child["HyperParameterTuningJobStatus"] == "Completed"

    failed = machine.wait_for_tuning_job("running")
    assert (failed["HyperParameterTuningJobStatus"], failed["FailureReason"]) == (
        "Failed",
        INTERRUPTED,
    )
    assert failed["TrainingJobStatusCounters"]["RetryableError"] == 2
    assert machine.wait_for_training_job("single")["FailureReason"] == INTERRUPTED
    announced = {
        name
        for event in machine.events()
        for name in (
            event["detail"].get("TrainingJobName"),
            event["detail"].get("HyperParameterTuningJobName"),
        )
        if event["detail"].get("FailureReason") == INTERRUPTED
    }
    interrupted = {job["TrainingJobName"] for job in machine.training_jobs("running")}
    assert announced - {None} == {"running", "single", *interrupted}


def test_training_jobs_go_on_when_the_interpreter_is_killed(machine: Machine) -> None:
    machine.sagemaker.create_training_job(**training_request("first", behaviour="wait"))
    machine.wait_for_metrics("first")
    [interpreter] = [
        pid
        for pid in machine.processes()
        if b"training_interpreter.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
        and parent_of(pid) == machine.server.pid
    ]
    os.kill(interpreter, signal.SIGKILL)
    lost = machine.wait_for_training_job("first")
    assert lost["FailureReason"].startswith("InternalServerError: The training interpreter died")
    assert machine.train("second")["TrainingJobStatus"] == "Completed"


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
