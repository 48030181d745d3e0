"""What starts a run and what does not, and that waiting costs no state transitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from tests.end_to_end.conftest import AGAIN
from tests.support.conformance.functions import eventually
from tests.support.conformance.inbox import Inbox
from tests.support.deployed import Deployment
from tests.support.mailbox import Mailbox, subscribed
from tests.support.runs import QUICK, Tuned, nothing_is_running


@pytest.fixture(scope="module")
def mailbox(deployment: Deployment) -> Iterator[Mailbox]:
    with subscribed(deployment) as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def inbox(deployment: Deployment) -> Inbox:
    return Inbox(deployment, "events-of-runs", "tunedrop")


@pytest.fixture(scope="module")
def second(wine: Tuned, mailbox: Mailbox, inbox: Inbox) -> str:
    """The id of the run of a changed tuning.yaml: more training jobs, on other folds."""
    changed = QUICK.replace("training_jobs: 10", "training_jobs: 14").replace(
        "folds: 3", "folds: 4"
    )
    wine.runs.drop(tuning_yaml=changed)
    wine.runs.ended(2)
    [second] = set(wine.runs.ids()) - {wine.run_id}
    return second


def test_five_files_by_the_aws_cli_in_any_order_are_one_run(wine: Tuned) -> None:
    assert len(wine.runs.read(wine.run_id, "run.json")["objects"]) == 5
    confirm = wine.results["confirm"]
    assert confirm["rows"] == {"train": 138, "test": 40, "dropped_missing_target": 0}
    [selected] = [
        contender for contender in confirm["contenders"] if contender["name"] == confirm["selected"]
    ]
    assert selected["test_score"] > 0.8


def test_the_same_event_ten_times_is_one_run_and_one_execution(
    deployment: Deployment, wine: Tuned
) -> None:
    assert AGAIN == 10
    eventually(deployment.nothing_arrives, bool, 60)
    assert [run for run in wine.runs.ids() if run <= wine.run_id] == [wine.run_id]
    assert [name for name in wine.runs.executions() if wine.run_id in name] == [
        f"kept-fresh-{wine.run_id}"
    ]


def test_the_same_bytes_again_are_no_run(deployment: Deployment, wine: Tuned) -> None:
    before = wine.runs.ids()
    wine.runs.drop(tuning_yaml=QUICK)
    eventually(deployment.nothing_arrives, bool, 60)
    assert wine.runs.ids() == before
    answer = deployment.invoke("Admit", evaluate=wine.runs.dataset)
    assert answer["run_id"] == before[-1]
    assert answer["nothing"]


def test_a_changed_tuning_yaml_is_a_second_run_that_goes_on_from_the_first(
    wine: Tuned, second: str
) -> None:
    plan = wine.runs.read(second, "plan.json")
    assert plan["cross_validation"]["folds"] == 4
    parents = {job["parents"][0] for job in plan["tuning_jobs"]}
    assert parents == set(wine.runs.tuning_jobs(wine.run_id))
    contenders = wine.runs.read(second, "results.json")["confirm"]["contenders"]
    assert "champion" in [contender["name"] for contender in contenders]


def test_a_message_has_attributes_for_filters_of_subscriptions(
    wine: Tuned, second: str, mailbox: Mailbox
) -> None:
    dataset = wine.runs.dataset
    [attributes] = eventually(lambda: mailbox.attributes(dataset), bool, 60)
    verdict = wine.runs.read(second, "results.json")["verdict"]
    assert attributes == {"dataset": dataset, "status": "finished", "verdict": verdict}


def test_the_end_of_a_run_is_an_event_on_the_default_bus(second: str, inbox: Inbox) -> None:
    events = eventually(inbox.received, bool, 60)
    assert {event["detail"]["run_id"] for event in events} == {second}
    assert events[0]["detail-type"] == "Run Finished"


def test_a_longer_tuning_has_the_same_state_transitions(wine: Tuned, second: str) -> None:
    assert len(wine.results["training_jobs"]) == 20
    assert len(wine.runs.read(second, "results.json")["training_jobs"]) == 28
    # The tuning jobs are waited for side by side.
    assert Counter(wine.runs.states(wine.run_id)) == Counter(wine.runs.states(second))
    assert len(wine.runs.states(second)) <= 8 + 2 * 2


@pytest.mark.parametrize(
    ("when", "reason"),
    [("changed", "of the same contents has a report"), ("worse", "No check of the model in use")],
)
def test_a_schedule_whose_condition_is_not_met_is_skipped_with_its_reason(
    deployment: Deployment, wine: Tuned, second: str, when: str, reason: str
) -> None:
    time = datetime.now(UTC).isoformat()
    message = {"scheduled_start": time, "schedule": when, "datasets": ["kept*"], "when": when}
    deployment.send(message)
    key = f"admission/{wine.runs.dataset}/skipped.json"
    eventually(lambda: key in deployment.keys("admission/"), bool, 60)
    skipped = eventually(lambda: deployment.json_of(key), lambda s: s["schedule"] == when, 60)
    assert reason in skipped["reason"]
    assert wine.runs.ids()[-1] == second


def test_the_schedule_retunes_its_dataset_once_a_tick(deployment: Deployment, wine: Tuned) -> None:
    runs, before = wine.runs, set(wine.runs.ids())
    with schedule_due(deployment):
        [retuned] = eventually(lambda: set(runs.ids()) - before, bool, 90)
    trigger = runs.read(retuned, "run.json")["trigger"]
    assert trigger["kind"] == "schedule"
    # Delivered twice, as the Scheduler may do.
    [served] = trigger["scheduled_starts"]
    assert served["schedule"] == "rarely"
    sent = {"scheduled_start": served["time"], "schedule": "rarely", "datasets": [runs.dataset]}
    deployment.send(sent)
    runs.ended(len(before) + 1)
    eventually(deployment.nothing_arrives, bool, 60)
    eventually(lambda: nothing_is_running(deployment), bool, 60)
    assert set(runs.ids()) - before == {retuned}
    assert retuned >= served["time"].replace("-", "").replace(":", "")
    assert "report.html" in runs.files(retuned)
    index = deployment.read(f"index/{runs.dataset}.html")
    for run_id in runs.ids():
        assert f"../runs/kept%20fresh/{run_id}/report.html" in index
    assert "index/index.html" in deployment.keys("index/")


@contextmanager
def schedule_due(deployment: Deployment) -> Iterator[None]:
    """Make the deployed schedule due now."""
    scheduler = deployment.client("scheduler")
    [listed] = scheduler.list_schedules()["Schedules"]
    schedule = scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
    unchanged = {
        name: schedule[name]
        for name in ("Name", "GroupName", "Description", "FlexibleTimeWindow", "Target")
    }
    scheduler.update_schedule(**unchanged, ScheduleExpression="rate(1 minute)")
    try:
        yield
    finally:
        scheduler.update_schedule(**unchanged, ScheduleExpression=schedule["ScheduleExpression"])
