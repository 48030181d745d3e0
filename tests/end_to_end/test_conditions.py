"""A run on a bad day: what AWS does now and then, on purpose."""

from __future__ import annotations

import json

import pytest

from tests.support.conformance.functions import eventually
from tests.support.deployed import Deployment
from tests.support.rules import disabled
from tests.support.runs import IRIS, ONE, QUICK, Runs, nothing_is_running

# Of three ends of jobs, this seed loses one or two; what is lost costs a heartbeat.
BAD_DAY = {
    "throttled_requests": 0.3,
    "repeated_events": 1,
    "lost_events": 0.3,
    "late_events": 0.3,
    "late_seconds": 2,
    "broken_instances": 0.1,
    "seed": 4,
}


@pytest.mark.slow
def test_a_run_ends_right_with_throttling_and_events_repeated_late_and_lost(
    deployment: Deployment,
) -> None:
    runs = Runs(deployment, "bad day")
    deployment.command("up", "--conditions", json.dumps(BAD_DAY))
    try:
        runs.drop(tuning_yaml=QUICK, train_csv=IRIS)
        results = runs.succeeded()
    finally:
        deployment.command("up", "--conditions", "{}")
    assert len(runs.ids()) == 1
    assert [job["status"] for job in results["tuning_jobs"]] == ["Completed", "Completed"]
    assert len(results["training_jobs"]) == 20
    assert len({job["name"] for job in results["training_jobs"]}) == 20
    assert results["verdict"] == "first model"
    eventually(lambda: nothing_is_running(deployment), bool, 60)


def test_a_dataset_whose_events_were_all_lost_is_found_by_the_hourly_reconciliation(
    deployment: Deployment,
) -> None:
    runs = Runs(deployment, "never announced")
    with disabled(deployment, lambda rule: "aws.s3" in rule.get("EventPattern", "")):
        runs.drop(tuning_yaml=ONE, train_csv=IRIS)
    eventually(deployment.nothing_arrives, bool, 60)
    assert runs.ids() == []
    with deployment.conditions(instant_jobs=True):
        deployment.send({"reconcile": True})
        runs.succeeded()
    deployment.send({"reconcile": True})
    eventually(deployment.nothing_arrives, bool, 60)
    assert len(runs.ids()) == 1
