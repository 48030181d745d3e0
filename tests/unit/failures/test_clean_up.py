from datetime import timedelta
from typing import Any

import pytest

from tests.support.fake_sagemaker import WorkflowSageMaker
from tests.support.fakes import START, client_error
from tests.support.workflow_world import (
    CONFIRM_JOB,
    EXECUTION,
    FOLDER,
    GIVEN,
    NOW,
    OTHER_EXECUTION,
    OTHER_TUNING_JOB,
    PREFIX,
    STATE_MACHINE,
    TUNING_JOB,
    World,
    assert_survives_every_crash,
    claimed,
)
from tunedrop.errors import CleanUpIncomplete
from tunedrop.failures.clean_up import LOOK_BACK, CleanUp

FAILURE = f"{FOLDER}failure.json"


def running(*jobs: str) -> World:
    """Make the world of a run whose execution and jobs are in progress."""
    world = claimed(*(jobs or (TUNING_JOB,)))
    world.stepfunctions.add(EXECUTION, given=GIVEN)
    return world


def ended(status: str, *jobs: str, **how: Any) -> World:
    world = running(*jobs)
    world.stepfunctions.add(EXECUTION, status, given=GIVEN, **how)
    return world


def clean_up(world: World) -> CleanUp:
    return CleanUp(world.bucket, world.jobs, world.executions, world.bus, time=NOW)


def on_event(world: World, execution: str = EXECUTION) -> dict[str, int]:
    return clean_up(world).after_execution(execution)


def reconcile(world: World) -> dict[str, int]:
    return clean_up(world).reconcile(STATE_MACHINE, PREFIX)


BOTH = pytest.mark.parametrize("act", [on_event, reconcile])
QUOTA = '{"errorType": "QuotaTooSmall", "errorMessage": "The quota is 0"}'
DEEP = "[" * 50_000 + "]" * 50_000


@BOTH
@pytest.mark.parametrize(
    ("status", "how", "error", "words"),
    [
        ("ABORTED", {"cause": "wrong file, sorry"}, "Aborted", "wrong file, sorry"),
        ("TIMED_OUT", {}, "States.Timeout", "tuning.yaml"),
        ("FAILED", {"error": "QuotaTooSmall", "cause": QUOTA}, "QuotaTooSmall", "The quota is 0"),
    ],
)
def test_an_ended_execution_without_a_failure_gets_one_and_its_jobs_are_stopped(
    act: Any, status: str, how: dict[str, str], error: str, words: str
) -> None:
    world = ended(status, TUNING_JOB, CONFIRM_JOB, **how)
    assert act(world)["stopped"] == 2
    failure = world.failure()
    assert (failure["error"], failure["stopped_jobs"]) == (error, [CONFIRM_JOB, TUNING_JOB])
    assert words in failure["message"]
    assert world.sagemaker.status(TUNING_JOB) == "Stopping"
    assert [(kind, detail["error"]) for kind, detail in world.events.taken] == [
        ("Run Failed", error)
    ]


def test_a_failure_that_record_failure_recorded_is_announced_once() -> None:
    for status, announced in (("FAILED", 0), ("ABORTED", 1)):
        world = ended(status)
        world.put_json(FAILURE, {})
        on_event(world)
        assert len(world.events.taken) == announced


def test_an_event_that_was_not_taken_is_put_when_the_end_is_delivered_again() -> None:
    world = ended("ABORTED")
    world.events.refuse_next = ["InternalFailure"]
    with pytest.raises(CleanUpIncomplete, match="TransientAwsError"):
        on_event(world)
    on_event(world)
    assert len(world.events.taken) == 1


@BOTH
@pytest.mark.parametrize("given", [None, {"x": 1}, DEEP, GIVEN])
def test_an_execution_that_has_no_run_of_its_own_changes_nothing(act: Any, given: Any) -> None:
    world = running()
    world.stepfunctions.add(OTHER_EXECUTION, "FAILED", given=given)
    before = world.state()
    act(world)
    assert world.state() == before


@BOTH
@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE", "SUCCEEDED"])
def test_an_event_that_is_not_true_any_more_changes_nothing(act: Any, status: str) -> None:
    world = running() if status == "RUNNING" else ended(status)
    world.sagemaker.end(TUNING_JOB)
    before = world.state()
    act(world)
    assert world.state() == before


def test_a_job_that_was_started_after_the_failure_was_recorded_is_stopped() -> None:
    for act in (on_event, reconcile):
        world = ended("FAILED", CONFIRM_JOB)
        world.put_json(FAILURE, {})
        act(world)
        assert world.sagemaker.status(CONFIRM_JOB) == "Stopping"


def test_reconciliation_looks_back_some_hours_only() -> None:
    world = ended("ABORTED", stopped=NOW - LOOK_BACK - timedelta(minutes=1))
    world.sagemaker.end(TUNING_JOB)
    assert reconcile(world)["executions"] == 0
    world = ended("ABORTED", started=START, stopped=NOW - LOOK_BACK + timedelta(minutes=1))
    assert reconcile(world)["executions"] == 1


@pytest.mark.parametrize("over", ["ABORTED", "SUCCEEDED", "forgotten"])
def test_reconciliation_stops_jobs_whose_execution_is_over(over: str) -> None:
    world = running(TUNING_JOB, CONFIRM_JOB)
    if over == "forgotten":
        world.stepfunctions.executions.clear()
    else:
        world.stepfunctions.add(EXECUTION, over, given={})
    assert reconcile(world)["stopped"] == 2
    assert world.sagemaker.status(TUNING_JOB) == "Stopping"
    assert world.sagemaker.status(CONFIRM_JOB) == "Stopping"


def test_reconciliation_leaves_jobs_of_executions_that_go_on() -> None:
    world = running(TUNING_JOB, CONFIRM_JOB)
    before = world.state()
    counts = reconcile(world)
    assert world.state() == before
    assert (counts["jobs"], counts["stopped"]) == (2, 0)


def test_reconciliation_sees_jobs_beyond_the_first_page() -> None:
    world = World(sagemaker=WorkflowSageMaker(page_size=3))
    for number in range(10):
        world.sagemaker.add(f"td-{PREFIX}-0123456789-{number}", execution=EXECUTION)
    assert reconcile(world)["stopped"] == 10


def test_one_runs_error_keeps_no_other_from_being_handled_and_is_told_in_the_end() -> None:
    world = ended("ABORTED")
    newer = START + timedelta(minutes=1)
    world.stepfunctions.add(OTHER_EXECUTION, "ABORTED", given=GIVEN, started=newer)
    world.stepfunctions.fail_next("DescribeExecution", client_error("InternalFailure", 500))
    with pytest.raises(CleanUpIncomplete) as caught:
        reconcile(world)
    assert f"{OTHER_EXECUTION} (TransientAwsError)" in str(caught.value)
    assert EXECUTION + " (" not in str(caught.value)
    assert world.has(FAILURE)
    assert world.sagemaker.status(TUNING_JOB) == "Stopping"


FOREIGN = EXECUTION.replace(":Tunedrop:", ":Other:")


def test_jobs_of_others_are_left_alone_and_those_with_our_names_reported() -> None:
    world = World()
    for name in ("td-ffffffff-0123456789-0", f"x-td-{PREFIX}-0", f"tc-{PREFIX}-of-a-stranger"):
        world.sagemaker.add(name)
    for number, execution in enumerate(("me", FOREIGN)):
        world.sagemaker.add(f"td-{PREFIX}-0123456789-{number}", execution=execution)
    counts = reconcile(world)
    assert (counts["skipped"], counts["stopped"]) == (2, 0)
    assert not world.stepfunctions.calls_of("DescribeExecution")


@pytest.mark.parametrize(
    "operation", ["ListExecutions", "ListHyperParameterTuningJobs", "ListTrainingJobs"]
)
def test_a_listing_that_fails_does_not_keep_the_rest_from_being_done(operation: str) -> None:
    world = ended("ABORTED", TUNING_JOB, CONFIRM_JOB)
    for client in (world.stepfunctions, world.sagemaker):
        client.fail_next(operation, client_error("AccessDeniedException", 403))
    with pytest.raises(CleanUpIncomplete, match="ClientError"):
        reconcile(world)
    assert world.sagemaker.status(TUNING_JOB) == "Stopping"


def test_a_job_that_must_not_be_stopped_is_told_and_the_others_are_stopped() -> None:
    world = ended("ABORTED", TUNING_JOB, OTHER_TUNING_JOB)
    denied = client_error("AccessDeniedException", 403)
    world.sagemaker.fail_next("StopHyperParameterTuningJob", denied)
    with pytest.raises(CleanUpIncomplete):
        on_event(world)
    assert world.failure()["stopped_jobs"] == [OTHER_TUNING_JOB]


@BOTH
def test_cleaning_up_killed_at_any_call_and_repeated_ends_the_same(act: Any) -> None:
    def left_behind() -> World:
        world = ended("ABORTED", TUNING_JOB, CONFIRM_JOB)
        world.sagemaker.end(CONFIRM_JOB)
        return world

    assert_survives_every_crash(left_behind, lambda world, _: act(world))
