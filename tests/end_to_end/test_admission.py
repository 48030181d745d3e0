"""What one dataset's files start: one run of all of them, of each contents once, or one message."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise

import pytest

from tests.support.conformance.functions import eventually
from tests.support.deployed import QUIET_PERIOD_SECONDS, Deployment
from tests.support.mailbox import subscribed
from tests.support.runs import IRIS, ONE, Runs
from tunedrop import keys

PARTS = 1_000
ROWS_OF_A_PART = 3


def test_a_folder_with_a_bad_name_and_fifty_files_is_one_message(deployment: Deployment) -> None:
    name = "month=july"
    with subscribed(deployment) as mailbox:
        for number in range(50):
            deployment.clients.s3.put_object(
                Bucket=deployment.bucket,
                Key=f"{keys.DATASETS}{name}/part-{number:02}.csv",
                Body=IRIS.encode(),
            )
        eventually(lambda: mailbox.about(name), bool, 60)
        eventually(deployment.nothing_arrives, bool, 60)
        assert len(mailbox.about(name)) == 1
    [key] = deployment.keys(keys.rejection(name, "").removesuffix(".json"))
    record = deployment.json_of(key)
    assert record["dataset"] == name
    assert record["to_do"]
    assert deployment.keys(keys.runs_of(name)) == []


def test_a_return_to_older_contents_is_a_run_of_its_own(deployment: Deployment) -> None:
    runs = Runs(deployment, "to and fro")
    changed_table = IRIS.replace("5.1,", "5.2,")
    with deployment.conditions(instant_jobs=True):
        for count, table in enumerate([IRIS, changed_table, IRIS], start=1):
            runs.drop(tuning_yaml=ONE, train_csv=table)
            runs.ended(count)
        eventually(deployment.nothing_arrives, bool, 60)
    first, second, third = runs.ids()
    digests = [runs.read(run_id, "run.json")["digest"] for run_id in (first, second, third)]
    assert digests[0] == digests[2] != digests[1]
    for run_id in (first, second, third):
        assert "report.html" in runs.files(run_id)


@pytest.mark.slow
def test_a_thousand_part_files_with_a_pause_in_the_middle_are_one_run_of_all(
    deployment: Deployment,
) -> None:
    runs = copied_with_a_pause(deployment)
    results = runs.succeeded(seconds=600)
    eventually(deployment.nothing_arrives, bool, 300)
    [run_id] = runs.ids()
    names = {object_["key"] for object_ in runs.read(run_id, "run.json")["objects"]}
    assert len([name for name in names if "/part-" in name]) == PARTS
    plan = runs.read(run_id, "plan.json")
    assert len(plan["data"]["train"]["files"]) == PARTS
    rows = results["confirm"]["rows"]
    assert rows["train"] + rows["test"] == PARTS * ROWS_OF_A_PART


def copied_with_a_pause(deployment: Deployment) -> Runs:
    """Copy a dataset in random order; once more where this machine itself paused for too long."""
    header, *rows = IRIS.splitlines(keepends=True)
    draw = random.Random(1)  # noqa: S311 - any order will do
    files = {
        f"part-{number:05}.csv": header + "".join(draw.choices(rows, k=ROWS_OF_A_PART))
        for number in range(PARTS)
    }
    names = list(files)
    draw.shuffle(names)
    for attempt in range(3):
        runs = Runs(deployment, f"parts {attempt}")
        folder = f"{keys.DATASETS}{runs.dataset}/"

        def put(name: str, folder: str = folder) -> None:
            deployment.clients.s3.put_object(
                Bucket=deployment.bucket, Key=folder + name, Body=files[name].encode()
            )

        runs.drop(tuning_yaml=ONE)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(put, names[: PARTS // 2]))
            time.sleep(0.8 * QUIET_PERIOD_SECONDS)
            list(pool.map(put, names[PARTS // 2 :]))
        if longest_pause(deployment, folder) < QUIET_PERIOD_SECONDS:
            return runs
    raise AssertionError("This machine pauses on its own for longer than quiet_period_seconds.")


def longest_pause(deployment: Deployment, folder: str) -> float:
    pages = deployment.clients.s3.get_paginator("list_objects_v2").paginate(
        Bucket=deployment.bucket, Prefix=folder
    )
    times: list[datetime] = sorted(
        entry["LastModified"] for page in pages for entry in page["Contents"]
    )
    pauses = pairwise(times)
    return max((later - earlier).total_seconds() for earlier, later in pauses)
