"""What survives the server: its finished jobs, and not one process."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.sagemaker.test_tuning_jobs import warm_start
from tests.support.sagemaker.machine import (
    Machine,
    categorical,
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


@pytest.mark.parametrize(("fork", "end"), [(True, "stop"), (True, "kill"), (False, "kill")])
def test_no_process_outlives_the_server(tmp_path: Path, fork: bool, end: str) -> None:
    for own in ended(Machine(tmp_path, fork=fork, concurrency=4)):
        own.start()
        running_jobs(own)
        assert len(own.processes()) >= 6
        getattr(own, end)()
        until(lambda: not own.processes(), seconds=10)  # noqa: B023 - one turn


@dataclass(frozen=True)
class Restarted:
    """A machine that was stopped while much went on, and what was seen before."""

    machine: Machine
    finished: dict[str, Any]
    """The description of a tuning job that was over."""
    known: dict[str, set[str]]
    """The training jobs that each other tuning job had."""

    def jobs(self, name: str, **filters: str) -> list[dict[str, Any]]:
        return self.machine.training_jobs(name, **filters)


STRATEGIES = ("Bayesian", "Grid", "Hyperband", "Random")


@pytest.fixture(scope="module")
def restarted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restarted]:
    machine = Machine(tmp_path_factory.mktemp("restarted"), grace_seconds=120, concurrency=12)
    for own in ended(machine):
        own.start()
        tags = [{"Key": "k", "Value": "v"}]
        finished = own.tune("finished", jobs=3, strategy="Bayesian", Tags=tags)
        running_jobs(own)
        stubborn = tuning_request("being-stopped", static={"behaviour": "ignore_sigterm"})
        own.sagemaker.create_hyper_parameter_tuning_job(**stubborn)
        for strategy in STRATEGIES:
            own.sagemaker.create_hyper_parameter_tuning_job(**eight_jobs(strategy))
        for strategy in STRATEGIES:
            name = f"goes-on-{strategy}"
            until(lambda: own.training_jobs(name, StatusEquals="Completed"))  # noqa: B023 - now
        own.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="being-stopped")
        names = ("running", "being-stopped", *(f"goes-on-{strategy}" for strategy in STRATEGIES))
        known = {
            name: {job["TrainingJobName"] for job in own.training_jobs(name)} for name in names
        }
        own.train("just-ended")
        own.stop()
        (own.workspace.root / "events.jsonl").unlink()
        own.start()
        yield Restarted(own, finished, known)


def eight_jobs(strategy: str) -> dict[str, Any]:
    values = [f"0.{digit}" for digit in range(1, 9)]
    return tuning_request(
        f"goes-on-{strategy}",
        strategy=strategy,
        jobs=None if strategy == "Grid" else 8,
        ranges=categorical(x=values) if strategy == "Grid" else None,
        static={"seconds": "0.3", "epochs": "2"},
        change={"RetryStrategy": {"MaximumRetryAttempts": 2}},
    )


def test_finished_jobs_survive_as_they_were(restarted: Restarted) -> None:
    own, before = restarted.machine, restarted.finished
    after = own.wait_for_tuning_job("finished")
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}
    assert own.sagemaker.list_tags(ResourceArn=after["HyperParameterTuningJobArn"])["Tags"]
    child = own.tune(
        "child",
        jobs=2,
        strategy="Bayesian",
        WarmStartConfig=warm_start("IdenticalDataAndAlgorithm", "finished"),
    )
    assert child["OverallBestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]


def test_the_end_of_a_job_just_before_a_kill_is_announced_again(restarted: Restarted) -> None:
    def announced() -> list[str]:
        return [
            event["detail"]["TrainingJobStatus"]
            for event in restarted.machine.events()
            if event["detail"].get("TrainingJobName") == "just-ended"
        ]

    assert until(announced) == ["Completed"]


def test_a_tuning_job_goes_on_and_what_ran_failed_by_a_service_error(restarted: Restarted) -> None:
    own = restarted.machine
    interrupted = restarted.jobs("running", StatusEquals="Failed")
    assert {job["TrainingJobName"] for job in interrupted} == restarted.known["running"]
    assert all(job["FailureReason"].startswith("InternalServerError: ") for job in interrupted)
    single = own.wait_for_training_job("single")
    assert (single["TrainingJobStatus"], single["SecondaryStatus"]) == ("Failed", "Failed")
    described = own.wait_for_tuning_job("running", "InProgress")
    assert described["TrainingJobStatusCounters"]["RetryableError"] == 2
    until(lambda: len(restarted.jobs("running", StatusEquals="InProgress")) == 2)
    own.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="running")
    assert own.wait_for_tuning_job("running")["HyperParameterTuningJobStatus"] == "Stopped"
    announced = {
        event["detail"].get("TrainingJobName")
        for event in own.events()
        if event["detail"].get("TrainingJobStatus") == "Failed"
    }
    assert {"single", *restarted.known["running"]} <= announced


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_tuning_job_that_was_killed_ends_with_its_whole_budget(
    restarted: Restarted, strategy: str
) -> None:
    """With a RetryStrategy what ran is run again, and nothing has failed at the end."""
    name = f"goes-on-{strategy}"
    described = restarted.machine.wait_for_tuning_job(name)
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    jobs = restarted.jobs(name)
    assert len(jobs) == 8
    assert restarted.known[name] <= {job["TrainingJobName"] for job in jobs}
    assert {job["TrainingJobStatus"] for job in jobs} <= {"Completed", "Stopped"}
    assert len({job["TunedHyperParameters"]["x"] for job in jobs}) == 8


def test_a_seed_gives_a_random_search_what_it_gives_without_a_kill(restarted: Restarted) -> None:
    restarted.machine.wait_for_tuning_job("goes-on-Random")
    restarted.machine.tune("not-killed", strategy="Random", jobs=8)
    drawn = [
        [
            job["TunedHyperParameters"]
            for job in sorted(restarted.jobs(name), key=lambda job: job["CreationTime"])
        ]
        for name in ("goes-on-Random", "not-killed")
    ]
    assert drawn[0] == drawn[1]


def test_a_tuning_job_that_was_being_stopped_is_stopped(restarted: Restarted) -> None:
    described = restarted.machine.wait_for_tuning_job("being-stopped")
    assert described["HyperParameterTuningJobStatus"] == "Stopped"
    names = {job["TrainingJobName"] for job in restarted.jobs("being-stopped")}
    assert names == restarted.known["being-stopped"]


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
