"""The best of a run's search, combined: what reaches Confirm, and what comes out of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.deployed import Deployment
from tests.support.runs import Tuned


@pytest.fixture(scope="module")
def request_of_confirm(wine: Tuned) -> Any:
    plan = wine.runs.read(wine.run_id, "plan.json")
    return wine.runs.read(wine.run_id, f"jobs/{plan['confirm']['name']}-1.request.json")


def test_the_best_training_jobs_and_their_outputs_reach_confirm(
    deployment: Deployment, wine: Tuned, request_of_confirm: Any
) -> None:
    channels = {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]
        for channel in request_of_confirm["InputDataConfig"]
    }
    folder = f"s3://{deployment.bucket}/runs/{wine.runs.dataset}/{wine.run_id}/"
    assert channels["candidates"]["S3Uri"] == f"{folder}candidates.json"
    assert channels["predictions"]["S3Uri"] == f"{folder}predictions.manifest"

    listed = wine.runs.read(wine.run_id, "candidates.json")["candidates"]
    scored = sorted(
        (job for job in wine.results["training_jobs"] if job["status"] == "Completed"),
        key=lambda job: -job["objective"],
    )
    assert [each["objective"] for each in listed] == [job["objective"] for job in scored[:20]]
    (prefix, *outputs) = wine.runs.read(wine.run_id, "predictions.manifest")
    below = prefix["prefix"].removeprefix(f"s3://{deployment.bucket}/")
    assert {below + output for output in outputs} <= set(deployment.keys(below))
    assert [output.split("/")[1] for output in outputs] == [each["training_job"] for each in listed]


def test_the_ensemble_is_a_contender_made_of_training_jobs_of_the_list(wine: Tuned) -> None:
    confirm = wine.results["confirm"]
    [ensemble] = [each for each in confirm["contenders"] if each["name"] == "ensemble"]
    assert ensemble["status"] == "scored"
    others = [each for each in confirm["contenders"] if each["name"] != "ensemble"]
    assert all(len(each["scores"]) == len(ensemble["scores"]) for each in others)
    made_of = confirm["explanation"]["ensemble"]
    listed = wine.runs.read(wine.run_id, "candidates.json")["candidates"]
    names = {each["training_job"] for each in listed}
    assert {member["training_job"] for member in made_of["members"]} <= names
    assert sum(member["weight"] for member in made_of["members"]) == pytest.approx(1)
