"""kill -9 of the server in the middle of a run, then `up` again, as often as it takes."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws import daemon
from local_aws.workspace import Workspace
from tests.end_to_end.conftest import Deployment, run_command, up
from tests.end_to_end.test_failures import sweep
from tests.end_to_end.test_runs import iris
from tests.support.conformance.functions import eventually
from tests.support.conformance.servers import processes_of
from tests.support.runs import QUICK, Runs


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Deployment]:
    workspace = Workspace(tmp_path / "aws")
    try:
        yield up(workspace)
    finally:
        run_command(workspace, "down")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_run_that_a_kill_interrupts_is_told_of_and_can_be_started_again(
    own: Deployment, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - any moment will do
    runs = Runs(own, "interrupted")
    runs.drop(tuning_yaml=QUICK, train_csv=iris())
    eventually(runs.ids, bool, 60)
    time.sleep(dice.uniform(0, 8))
    server = daemon.find(own.workspace)
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: processes_of(own.workspace), lambda found: not found, 30)

    again = up(own.workspace)
    runs = Runs(again, "interrupted")
    assert len(runs.ended()) == 1
    # What the hourly sweep is for: a wait whose end nobody was left to tell of.
    sweep(again)
    eventually(lambda: left_over(again), lambda left: not left, 60)
    objects_are_whole(again)
    runs.start()
    [_, second] = runs.ended(2)
    assert "report.html" in runs.files(second)


def left_over(deployment: Deployment) -> list[str]:
    """Name what still runs, and who is still waited for."""
    listed = deployment.clients.sagemaker.list_training_jobs(StatusEquals="InProgress")
    running = [job["TrainingJobName"] for job in listed["TrainingJobSummaries"]]
    return [*running, *deployment.keys("callbacks/")]


def objects_are_whole(deployment: Deployment) -> None:
    s3 = deployment.clients.s3
    for key in deployment.keys(""):
        found = s3.get_object(Bucket=deployment.bucket, Key=key)
        etag, body = found["ETag"].strip('"'), found["Body"].read()
        assert "-" in etag or hashlib.md5(body, usedforsecurity=False).hexdigest() == etag, key
