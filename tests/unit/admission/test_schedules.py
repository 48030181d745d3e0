"""Schedules: which datasets they start, under which condition, and why a start was skipped."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.admission_harness import AdmissionHarness, kills
from tests.support.fakes import START
from tests.support.plans import in_use
from tunedrop import keys
from tunedrop.checks import Check
from tunedrop_common.checks import CheckVerdict
from tunedrop_common.estimates import IntervalEstimate

HOUR = 3600
TIME = "2026-11-23T13:00:00Z"


def tuned(*names: str, **more: Any) -> AdmissionHarness:
    """Make a world in which each dataset has a run with a report."""
    world = AdmissionHarness(**more)
    for name in names or ("iris",):
        world.drop(f"{name}/train.csv")
    world.clock.advance(100)
    if "drop" not in world.start_on:
        world.schedule()
    world.finish_all()
    world.clock.advance(HOUR)
    return world


def skipped(world: AdmissionHarness, dataset: str = "iris") -> dict[str, str]:
    """Return the record of a dataset's latest skipped start; {} if there is none."""
    key = keys.skipped_start(dataset)
    return dict(json.loads(world.s3.body(key))) if world.s3.keys(key) else {}


def put_check(
    world: AdmissionHarness, verdict: CheckVerdict, run_id: str, file: str = "may.csv"
) -> None:
    estimate = IntervalEstimate(value=0.9, interval=(0.8, 0.95))
    check = Check(
        dataset="iris",
        run_id=run_id,
        file=file,
        version_id="1",
        time=START,
        metric="balanced_accuracy",
        rows=200,
        of_rows=200,
        score=estimate,
        promised=estimate,
        promised_by="fresh folds",
        verdict=verdict,
    )
    world.s3.put(keys.check("iris", file, "1"), check.model_dump_json())
    world.clock.advance(1)


def put_champion(world: AdmissionHarness, run_id: str) -> None:
    world.s3.put(keys.champion("iris"), in_use(run_id).model_dump_json())


def test_a_skipped_start_is_recorded_once_and_no_older_one_replaces_it() -> None:
    world = tuned()
    ticks = []
    for name in ("early", "late"):
        ticks.append(world.schedule("iris", name=name, when="changed"))
        world.clock.advance(HOUR)
    world.queue.messages.clear()
    early, late = ticks
    for tick in (late, late, early, late):
        assert world.deliver(tick) == []
    record = skipped(world)
    assert (record["schedule"], record["time"]) == ("late", json.loads(late)["scheduled_start"])
    writes = [c for c in world.s3.calls_of("PutObject") if c["Key"].endswith("skipped.json")]
    assert len(writes) == 1
    assert not world.state.waiting


def test_killed_at_any_call_and_delivered_again_a_start_is_skipped_once() -> None:
    message = json.dumps(
        {"scheduled_start": TIME, "schedule": "nightly", "datasets": None, "when": "changed"}
    )
    kill_count = 0
    for world in kills(tuned, lambda world: world.deliver(message)):
        kill_count += 1
        assert world.deliver(message) == []
        assert "has a report" in skipped(world)["reason"]
        assert len(world.runs("iris")) == 1
        assert not world.state.waiting
    assert kill_count >= 8


def test_a_start_that_always_runs_is_not_replaced_by_a_later_one_under_a_condition() -> None:
    world = AdmissionHarness()
    world.drop("iris/train.csv")
    world.wait(100)
    for name, when in (("weekly", "always"), ("nightly", "changed")):
        world.wait(HOUR, step=HOUR)
        world.schedule("iris", name=name, when=when)
    world.pump()
    world.end("iris")
    world.wait(60)
    served = world.runs("iris")[1]["trigger"]["scheduled_starts"]
    assert "weekly" in [start["schedule"] for start in served]
    world.finish_all()
    assert len(world.runs("iris")) == 2


@pytest.mark.parametrize(
    ("checks", "reason"),
    [
        (["worse"], ""),
        (["as promised", "worse"], ""),
        (["worse", "as promised"], "The latest check says of the model: as promised."),
        (["too few rows"], "The latest check says of the model: too few rows."),
        ([], "No check of the model in use is known."),
    ],
)
def test_a_schedule_for_worse_models_follows_the_latest_check_of_the_one_in_use(
    checks: list[CheckVerdict], reason: str
) -> None:
    world = tuned()
    [run] = world.runs("iris")
    put_champion(world, run["run_id"])
    for number, verdict in enumerate(checks):
        put_check(world, verdict, run["run_id"], f"{9 - number}.csv")
    # The check of another model is newer, and says the opposite.
    put_check(world, "as promised" if not reason else "worse", "20261123T000000Z-aaaaaaaa", "x.csv")
    world.schedule(when="worse")
    world.finish_all()
    assert len(world.runs("iris")) == (1 if reason else 2)
    assert skipped(world).get("reason", "") == reason


def test_a_damaged_record_of_the_model_in_use_is_announced_and_harms_no_other_dataset() -> None:
    world = tuned("iris", "wine")
    for name in ("iris", "wine"):
        world.s3.put(keys.champion(name), "{")
    world.drop("wine/train.csv", lost=True)
    world.clock.advance(100)
    world.schedule(when="worse")
    world.schedule(name="often", when="changed")
    world.finish_all()
    assert len(world.runs("wine")) == 2
    assert skipped(world)["reason"] == "models/iris/champion.json cannot be read."
    assert any("models/iris/champion.json" in subject for subject in world.topic.subjects)
    assert not world.state.waiting


def test_a_damaged_record_of_a_skipped_start_is_replaced() -> None:
    world = tuned()
    world.s3.put(keys.skipped_start("iris"), "{")
    world.schedule(when="changed")
    world.pump()
    assert "has a report" in skipped(world)["reason"]


def test_with_schedules_alone_a_drop_waits_for_the_next_one_unless_a_user_forces_a_run() -> None:
    world = tuned(start_on=("schedule",))
    world.drop("iris/train.csv")
    world.wait(200)
    world.reconcile()
    assert len(world.runs("iris")) == 1
    assert not world.state.waiting
    answer = world.ask(evaluate="iris")
    assert (answer["for"], "has no drop" in answer["waiting"]) == ("schedule", True)
    world.schedule(when="changed")
    world.finish_all()
    assert len(world.runs("iris")) == 2
    world.drop("iris/train.csv")
    world.wait(200)
    assert world.ask(dataset="iris")["run_id"] == world.runs("iris")[2]["run_id"]


def test_a_drop_just_before_a_schedule_starts_after_its_quiet_period() -> None:
    world = tuned(start_on=("schedule",))
    world.drop("iris/train.csv")
    world.clock.advance(10)
    world.schedule(when="changed")
    world.pump()
    assert world.state.waiting["iris"].reason == "quiet_period"
    world.wait(61)
    [start] = world.runs("iris")[1]["trigger"]["scheduled_starts"]
    assert (start["schedule"], start["when"]) == ("nightly", "changed")


def test_with_drops_alone_no_schedule_starts_a_run_and_a_user_still_does() -> None:
    world = tuned(start_on=("drop",))
    world.schedule()
    world.finish_all()
    assert len(world.runs("iris")) == 1
    assert "has no schedule" in skipped(world)["reason"]
    world.ask(dataset="iris")
    assert len(world.runs("iris")) == 2


@pytest.mark.parametrize(
    ("of_deployment", "yaml", "starts"),
    [
        (("drop", "schedule"), "start_on: [schedule]", (0, 1)),
        (("schedule",), "start_on: [drop]", (1, 1)),
        (("schedule",), "{complete_when: 3, start_on: [drop]}", (1, 1)),
        # Its faults are left to the run, which follows the deployment's setting.
        (("schedule",), "start_on: [drop, often]", (0, 1)),
        (("schedule",), "start_on: []", (0, 1)),
        (("schedule",), "start_on: drop", (0, 1)),
        (("drop", "schedule"), "start_on: [[schedule]]", (1, 2)),
        (("drop", "schedule"), "start_on: {schedule: [", (1, 2)),
        (("drop", "schedule"), "a: &a {start_on: *a}", (1, 2)),
    ],
)
def test_tuning_yaml_says_what_starts_the_runs_of_its_dataset(
    of_deployment: Any, yaml: str, starts: tuple[int, int]
) -> None:
    world = AdmissionHarness(start_on=of_deployment)
    world.drop("iris/train.csv")
    world.drop("iris/tuning.yaml", yaml)
    world.wait(100)
    world.finish_all()
    after_drop = len(world.runs("iris"))
    world.schedule()
    world.finish_all()
    assert (after_drop, len(world.runs("iris"))) == starts


@pytest.mark.parametrize(
    ("start_on", "when"), [(("drop",), "always"), (("drop", "schedule"), "worse")]
)
def test_a_skipped_start_is_no_drop_of_what_is_older_than_the_deployment(
    start_on: Any, when: str
) -> None:
    world = AdmissionHarness(start_on=start_on)
    world.s3.put("datasets/iris/train.csv", "a,y\n1,2\n", begun=START.replace(year=2025))
    world.schedule(when=when)
    world.finish_all()
    assert not world.steps.states
    assert skipped(world)["reason"]


def test_names_and_globs_choose_the_datasets_and_those_without_one_are_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = tuned("iris", "sales-de", "sales-fr", "Sales-it", "wine")
    world.schedule("sales-*", "sales-de", "w[i]n?", "[!a-z]oo", "irsi")
    world.finish_all()
    counts = {name: len(world.runs(name)) for name in ("iris", "sales-de", "sales-fr", "wine")}
    assert counts == {"iris": 1, "sales-de": 2, "sales-fr": 2, "wine": 2}
    assert len(world.runs("Sales-it")) == 1
    assert "do not exist: [!a-z]oo, irsi" in caplog.text
    assert not world.state.waiting


@given(glob=st.text(st.sampled_from("ab*?[]!^-\\|&~.(){}+$\n"), max_size=60) | st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_glob_fails_or_makes_a_dataset(glob: str) -> None:
    world = AdmissionHarness()
    world.s3.put("datasets/ab/train.csv", "a,y\n1,2\n")
    assert world.deliver(json.dumps({"scheduled_start": TIME, "datasets": [glob]})) == []
    if world.s3.keys(keys.ADMISSION_STATE):
        assert {*world.state.waiting, *world.state.slots} == {"ab"}


def test_a_glob_of_many_stars_takes_no_long_time() -> None:
    world = AdmissionHarness()
    for number in range(200):
        world.s3.put(f"datasets/{number:03}{'a' * 90}/train.csv", "a,y\n1,2\n")
    glob = "*a" * 500 + "b"
    assert world.deliver(json.dumps({"scheduled_start": TIME, "datasets": [glob]})) == []
    assert not world.steps.states
