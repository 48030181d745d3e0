"""kill -9 of any process at any moment, then a start: nothing is lost, half written, left over."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.support.conformance.functions import create_function
from tests.support.sagemaker import launchers
from tests.support.sagemaker.machine import OVER, Machine, tuning_request, until

BUCKET = "work"
FUNCTION = "sleeper"


class Work:
    """What a client had answered, from a thread that goes on whatever happens to the server."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.objects: dict[str, str] = {}
        self.unsure: dict[str, str] = {}
        self.executions: list[str] = []
        self.tuning_jobs: list[str] = []
        self.state_machine = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def prepare(self) -> None:
        """Make what later work needs, and have the server save it, as a deployment does."""
        machine = self.machine
        machine.s3.create_bucket(Bucket=BUCKET)
        machine.s3.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
        )
        arn = create_function(machine, FUNCTION)
        states = {"Sleep": {"Type": "Task", "Resource": arn, "End": True}}
        self.state_machine = machine.client("stepfunctions").create_state_machine(
            name="sleeps",
            definition=json.dumps({"StartAt": "Sleep", "States": states}),
            roleArn="arn:aws:iam::000000000000:role/tests",
        )["stateMachineArn"]
        machine.save()

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        turn = 0
        while not self._ended.wait(0.02):
            turn += 1
            with suppress(ClientError, BotoCoreError):
                self._put(f"object-{turn % 7}", f"{turn} " * (turn % 5 * 20_000 + 1))
                if turn % 5 == 0:
                    self._execute(turn)
                if turn % 10 == 0:
                    self._tune(f"tuned-{turn}")

    def _put(self, key: str, text: str) -> None:
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        self.unsure[key] = digest
        self.machine.s3.put_object(Bucket=BUCKET, Key=key, Body=text)
        self.objects[key] = digest

    def _execute(self, turn: int) -> None:
        arn = self.machine.client("stepfunctions").start_execution(
            stateMachineArn=self.state_machine,
            name=f"execution-{turn}",
            input=json.dumps({"mode": "sleep", "seconds": 0.2}),
        )["executionArn"]
        self.executions.append(arn)

    def _tune(self, name: str) -> None:
        request = tuning_request(
            name,
            jobs=3,
            strategy="Random",
            static={"epochs": "2", "seconds": "0.1"},
            change={"RetryStrategy": {"MaximumRetryAttempts": 30}},
        )
        self.machine.sagemaker.create_hyper_parameter_tuning_job(**request)
        self.tuning_jobs.append(name)


@pytest.fixture
def machine(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Machine]:
    with launchers.options(request.param, tmp_path / "engine") as options:
        own = Machine(tmp_path / "aws", grace_seconds=1, concurrency=2, **options)
        own.start()
        yield own
        own.kill()


@pytest.mark.parametrize(
    ("machine", "kills", "seed"),
    [
        (launchers.FORK, 3, 1),
        pytest.param(launchers.FORK, 30, 2, marks=pytest.mark.slow),
        pytest.param(launchers.FAKE_ENGINE, 12, 3, marks=pytest.mark.slow),
    ],
    indirect=["machine"],
)
def test_nothing_is_lost_by_kills_at_random_moments(
    machine: Machine, kills: int, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - any moments will do
    work = Work(machine)
    work.prepare()
    work.start()
    for number in range(kills):
        time.sleep(dice.uniform(0.3, 2.0))
        # Every third time at least the server, so that few kills hit it too.
        kill_one(machine, dice, server=number % 3 == 0)
        if not machine.is_running():
            machine.kill()
            until(lambda: not machine.processes(), seconds=20)
            machine.start()
    work.end()
    assert work.objects
    assert work.executions
    assert work.tuning_jobs
    objects_are_whole(machine, work)
    executions_have_ended(machine, work)
    tuning_jobs_have_ended(machine, work)
    machine.stop()
    until(lambda: not machine.processes(), seconds=20)


def kill_one(machine: Machine, dice: random.Random, *, server: bool) -> None:
    assert machine.process is not None
    pids = [machine.process.pid] if server else sorted(machine.processes())
    if pids:
        with suppress(ProcessLookupError):
            os.kill(dice.choice(pids), signal.SIGKILL)
    if server:
        machine.process.wait()


def objects_are_whole(machine: Machine, work: Work) -> None:
    for key, digest in work.objects.items():
        found = machine.s3.get_object(Bucket=BUCKET, Key=key)
        body = found["Body"].read()
        actual = hashlib.md5(body, usedforsecurity=False).hexdigest()
        # The last write may have been made, and its answer lost.
        assert actual in (digest, work.unsure[key]), key
        assert found["ETag"].strip('"') == actual, key
        assert found["VersionId"] != "null"


def executions_have_ended(machine: Machine, work: Work) -> None:
    steps = machine.client("stepfunctions")

    def statuses() -> dict[str, str]:
        return {
            arn: steps.describe_execution(executionArn=arn)["status"] for arn in work.executions
        }

    found = until(lambda: ended if "RUNNING" not in (ended := statuses()).values() else None)
    assert set(found.values()) <= {"SUCCEEDED", "FAILED"}
    # A Lambda that is killed fails its execution, as on AWS.
    assert "SUCCEEDED" in found.values()


def tuning_jobs_have_ended(machine: Machine, work: Work) -> None:
    for name in work.tuning_jobs:
        described: dict[str, Any] = until(
            lambda: over(machine, name),  # noqa: B023 - now
            seconds=60,
        )
        jobs = machine.training_jobs(name)
        assert len(jobs) == 3, described
        for job in jobs:
            if job["TrainingJobStatus"] == "Failed":
                # The training code itself was hit; AWS tells it by the exit code, too.
                assert job["FailureReason"].endswith("exit code: 137"), job
                continue
            assert job["ObjectiveStatus"] == "Succeeded", job
            key = f"training/{job['TrainingJobName']}/output/model.tar.gz"
            assert machine.archive(key) == {"model.txt": "a model"}


def over(machine: Machine, name: str) -> dict[str, Any] | None:
    described: dict[str, Any] = machine.sagemaker.describe_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name
    )
    return described if described["HyperParameterTuningJobStatus"] in OVER else None
