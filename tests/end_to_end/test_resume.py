"""Confirm is killed: the run goes on with the next attempt, and after the last one by a resume."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.workspace import Workspace
from tests.support.bursts import SMALLEST
from tests.support.deployed import Deployment, run_command, up
from tests.support.runs import IRIS, Runs

# State transitions of a run with one tuning job, and of each further attempt at a job.
TRANSITIONS = 8 + 2
FURTHER_ATTEMPT = 3


@pytest.fixture(scope="module")
def on_spot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment whose training jobs run on spot machines."""
    workspace = Workspace(Path(tmp_path_factory.mktemp("on-spot")))
    try:
        yield up(workspace, spot=True)
    finally:
        run_command(workspace, "down")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "cause"),
    [("capacity", "capacity"), ("spot_wait", "spot wait"), ("memory", "memory")],
)
def test_a_confirm_that_was_killed_is_tried_again_and_the_report_says_so(
    on_spot: Deployment, fault: str, cause: str
) -> None:
    runs = Runs(on_spot, f"without {cause}")
    with on_spot.conditions(faults=[{"kind": fault, "name": "tc-", "first": 1}], instant_jobs=True):
        runs.drop(tuning_yaml=SMALLEST, train_csv=IRIS)
        results = runs.succeeded()
    attempts = [each for each in results["attempts"] if each["job"].startswith("tc-")]
    assert [each["cause"] for each in attempts] == [cause, ""]
    machines = [(each["instance_type"], each["spot"]) for each in attempts]
    assert machines[0] == ("ml.m5.large", True)
    assert machines[1] != machines[0]
    [run_id] = runs.ids()
    report = on_spot.clients.s3.get_object(
        Bucket=on_spot.bucket, Key=f"runs/{runs.dataset}/{run_id}/report.html"
    )["Body"].read()
    assert b"Confirm took 2 attempts" in report
    assert len(runs.states(run_id)) <= TRANSITIONS + FURTHER_ATTEMPT


@pytest.mark.slow
def test_a_run_whose_confirm_was_killed_three_times_is_resumed_without_tuning_again(
    on_spot: Deployment,
) -> None:
    runs = Runs(on_spot, "resumed")
    with on_spot.conditions(faults=[{"kind": "memory", "name": "tc-"}], instant_jobs=True):
        runs.drop(tuning_yaml=SMALLEST, train_csv=IRIS)
        failure = runs.failure()
    [failed] = runs.ids()
    [told] = failure["attempts"]
    assert told.count("out of memory") == 3
    tuned = tuning_jobs(on_spot)

    on_spot.invoke("Admit", resume=f"{runs.dataset}/{failed}")
    [_, resumed] = runs.ended(2)
    assert "report.html" in runs.files(resumed), runs.read(resumed, "failure.json")["message"]
    assert tuning_jobs(on_spot) == tuned
    planned = runs.read(resumed, "plan.json")["tuning_jobs"]
    assert [job["finished_job"] for job in planned] == runs.tuning_jobs(failed)
    results = runs.read(resumed, "results.json")
    assert len(results["training_jobs"]) == 10
    assert runs.read(resumed, "run.json")["trigger"]["resume"] == failed


def tuning_jobs(deployment: Deployment) -> set[str]:
    """All tuning jobs that were ever created."""
    pages = deployment.clients.sagemaker.get_paginator(
        "list_hyper_parameter_tuning_jobs"
    ).paginate()
    return {
        job["HyperParameterTuningJobName"]
        for page in pages
        for job in page["HyperParameterTuningJobSummaries"]
    }
