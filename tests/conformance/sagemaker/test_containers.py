"""What is special about training jobs in containers: their images, and that none is left over."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.container_engine import Engine
from local_aws.sagemaker.containers import owner_label
from tests.support.sagemaker import launchers
from tests.support.sagemaker.machine import IMAGE, Machine, definition, training_request, until


@pytest.fixture(scope="module", params=launchers.IN_CONTAINERS)
def options(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    with launchers.options(request.param, tmp_path_factory.mktemp("engine") / "x") as found:
        yield {**found, "fake": request.param == launchers.FAKE_ENGINE}


@pytest.fixture(scope="module")
def machine(options: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A server that some tests kill, and start again."""
    own = Machine(tmp_path_factory.mktemp("aws"), grace_seconds=1, engine=options["engine"])
    own.start()
    yield own
    own.kill()
    until(lambda: not containers(own), seconds=15)


def containers(machine: Machine) -> list[str]:
    """List this server's containers; the engine may have others."""
    engine = Engine(**machine.options["engine"])
    label = owner_label(machine.workspace.sagemaker)
    return engine.call(
        "ps", "--all", "--quiet", "--no-trunc", f"--filter=label={label}"
    ).stdout.split()


def pids(*words: str) -> list[int]:
    """Find the processes whose command line has all of these words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if all(word in command for word in words):
            found.append(int(path.parent.name))
    return found


def start_waiting(machine: Machine, name: str, **change: Any) -> None:
    request = training_request(name, behaviour="wait", change=change)
    machine.sagemaker.create_training_job(**request)
    machine.wait_for_metrics(name)
    assert len(containers(machine)) == 1


def test_no_container_outlives_a_server_that_was_killed(machine: Machine) -> None:
    start_waiting(machine, "outlived")
    machine.kill()
    until(lambda: not containers(machine) and not machine.processes(), seconds=15)
    machine.start()
    reason = machine.wait_for_training_job("outlived")["FailureReason"]
    assert reason == "InternalServerError: The local AWS stopped while the job was running."


@pytest.mark.parametrize(
    "delay", [0.1, *(pytest.param(delay, marks=pytest.mark.slow) for delay in (0.0, 0.3))]
)
def test_a_server_that_stops_while_a_container_starts_leaves_none(
    machine: Machine, delay: float
) -> None:
    request = training_request(f"cut-off-{int(delay * 10)}", behaviour="wait")
    machine.sagemaker.create_training_job(**request)
    time.sleep(delay)
    machine.stop()
    time.sleep(0.5)
    until(lambda: not containers(machine) and not machine.processes(), seconds=10)
    machine.start()


def test_the_next_start_removes_what_a_killed_guard_could_not(machine: Machine) -> None:
    start_waiting(machine, "unguarded")
    kill_guard(machine)
    machine.kill()
    assert len(containers(machine)) == 1
    machine.start()
    assert not containers(machine)


def kill_guard(machine: Machine) -> None:
    """Kill the server's guard, and those of servers before it that are not done yet."""
    guards = guards_of(machine)
    for guard in guards:
        os.kill(guard, signal.SIGKILL)
    assert guards
    until(lambda: not set(guards) & set(guards_of(machine)))


def guards_of(machine: Machine) -> list[int]:
    return pids("container_guard.py", machine.options["engine"]["program"])


@pytest.mark.slow
def test_a_guard_that_is_killed_is_there_again_with_the_next_container(machine: Machine) -> None:
    kill_guard(machine)
    start_waiting(machine, "guarded-again")
    assert len(guards_of(machine)) == 1
    machine.kill()
    until(lambda: not containers(machine), seconds=15)
    machine.start()


def test_a_client_that_is_killed_takes_its_container_along(machine: Machine) -> None:
    start_waiting(machine, "clientless", RetryStrategy={"MaximumRetryAttempts": 1})
    for client in pids("--name=clientless-"):
        os.kill(client, signal.SIGKILL)
    retried = machine.wait_for_training_job("clientless", "Starting", "Downloading", "Training")
    assert retried["TrainingJobStatus"] == "InProgress"
    until(lambda: len(containers(machine)) == 1)
    machine.wait_for_metrics("clientless")
    machine.sagemaker.stop_training_job(TrainingJobName="clientless")
    machine.wait_for_training_job("clientless")
    until(lambda: not containers(machine))


def test_an_image_that_cannot_be_had_fails_the_training_job_by_name(machine: Machine) -> None:
    image = "localhost:1/nothing:here"
    described = machine.train("imageless", change=of_image(image))
    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"].startswith(
        f"ClientError: Cannot pull the image {image} by {machine.options['engine']['name']}: "
    )


def test_an_engine_that_cannot_run_a_container_fails_as_the_service(
    machine: Machine, options: dict[str, Any]
) -> None:
    if not options["fake"]:
        pytest.skip("a real engine is not broken on purpose")
    described = machine.train("engineless", change=of_image(launchers.BROKEN_IMAGE))
    assert described["FailureReason"] == (
        "InternalServerError: podman could not run the container: "
        "Error: OCI runtime error: crun: no such kernel"
    )


def test_a_request_may_say_what_the_image_runs(machine: Machine) -> None:
    command = {
        "ContainerEntrypoint": ["/bin/sh", "-c"],
        "ContainerArguments": ['echo "objective=0.75; of $0"', "me"],
    }
    described = machine.train("told-what", change=of_image(IMAGE, **command))
    assert described["TrainingJobStatus"] == "Completed", described["FailureReason"]
    [metric] = described["FinalMetricDataList"]
    assert metric["Value"] == 0.75


def of_image(image: str, **more: Any) -> dict[str, Any]:
    algorithm = definition()["AlgorithmSpecification"]
    return {"AlgorithmSpecification": {**algorithm, "TrainingImage": image, **more}}
