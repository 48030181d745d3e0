from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import client_error
from tests.support.workflow_world import (
    CONFIRM_1,
    EXECUTION,
    OTHER_TUNING_1,
    TUNING_1,
    Crash,
    World,
    assert_survives_every_crash,
    job,
    make_plan,
    start_job,
)
from tunedrop.errors import Throttled, TransientAwsError, UnreadableState
from tunedrop.records import read_record
from tunedrop.running.callbacks import Callback, Resumption, resume, wait_for
from tunedrop.running.jobs import base_of
from tunedrop_common.plan import FallbackInstance

KEY = f"callbacks/{TUNING_1}.json"


def item_of(attempt: str) -> dict[str, str]:
    return job(base_of(attempt), attempt).item()


ITEM = item_of(TUNING_1)
COMPLETED = {**ITEM, "status": "Completed"}


def running(name: str = TUNING_1) -> World:
    world = World()
    world.sagemaker.add(name, execution=EXECUTION)
    return world


def await_job(world: World, entry: int = 1, attempt: str = TUNING_1) -> str:
    """Do as Step Functions does when it enters the state: a new token, then AwaitJob."""
    token = f"token-{entry}"
    world.stepfunctions.live_tokens.add(token)
    callback = read_record(Callback, {**item_of(attempt), "token": token, "execution": EXECUTION})
    return wait_for(world.bucket, world.jobs, world.executions, callback)


def on_event(world: World, name: str = TUNING_1) -> Resumption:
    return resume(world.bucket, world.jobs, world.executions, name)


def answers(world: World) -> list[Any]:
    return [answer for _, answer in world.stepfunctions.answers]


def test_the_token_is_there_before_the_job_is_looked_at() -> None:
    world = running()
    world.sagemaker.fail_next("DescribeHyperParameterTuningJob", client_error("Throttling"))
    with pytest.raises(Throttled):
        await_job(world)
    assert world.has(KEY)


@pytest.mark.parametrize("name", [TUNING_1, CONFIRM_1])
@pytest.mark.parametrize(("ended", "status"), [("Stopped", "Stopped"), ("Deleting", "Failed")])
def test_awaiting_a_job_that_is_over_answers_at_once(name: str, ended: str, status: str) -> None:
    world = running(name)
    world.sagemaker.end(name, ended, reason="No training job succeeded after 5 attempts.")
    assert await_job(world, attempt=name) == "resumed"
    assert answers(world) == [{**item_of(name), "status": status}]
    assert not world.s3.keys("callbacks/")
    result = world.result(name)
    assert result["status"] == status
    assert result["failure_reason"] == "No training job succeeded after 5 attempts."
    assert result["description"]["CreationTime"] == "2026-11-23T12:00:00Z"


def test_a_job_that_sagemaker_does_not_know_yet_is_looked_at_again() -> None:
    with pytest.raises(TransientAwsError, match=TUNING_1):
        await_job(World())


@pytest.mark.parametrize(
    "name", ["", "td-0a1b2c3d-0123456789", "tc-0a1b2c3d-0123456789-0", f"{TUNING_1}-001-1a2b3c4d"]
)
def test_an_event_of_a_foreign_job_is_harmless(name: str) -> None:
    world = World()
    assert on_event(world, name) == "not ours"
    assert not world.s3.calls


@pytest.mark.parametrize(
    "changes",
    [
        {"run_id": "../../x"},
        {"kind": "confirm"},
        {"execution": "me"},
        {"attempt": OTHER_TUNING_1},
        {"token": ""},
    ],
)
def test_a_callback_that_awaitjob_cannot_have_written_wakes_nobody(changes: dict[str, str]) -> None:
    world = running()
    world.sagemaker.end(TUNING_1)
    world.put_json(KEY, {**ITEM, "token": "token-1", "execution": EXECUTION, **changes})
    with pytest.raises(UnreadableState):
        on_event(world)
    assert not world.stepfunctions.calls


def test_an_event_of_a_job_that_is_gone_is_harmless() -> None:
    world = running()
    await_job(world)
    world.sagemaker.tuning_jobs.clear()
    assert on_event(world) == "not ours"


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_an_expired_token_is_swallowed_and_forgotten(code: str) -> None:
    world = running()
    await_job(world)
    world.sagemaker.end(TUNING_1)
    world.stepfunctions.fail_next("SendTaskSuccess", client_error(code))
    assert on_event(world) == "stale"
    assert not world.has(KEY)
    assert world.result(TUNING_1)["status"] == "Completed"


def test_other_errors_of_step_functions_are_not_swallowed() -> None:
    world = running()
    await_job(world)
    world.sagemaker.end(TUNING_1)
    world.stepfunctions.fail_next("SendTaskSuccess", client_error("ThrottlingException"))
    with pytest.raises(Throttled):
        on_event(world)
    assert world.has(KEY)
    assert on_event(world) == "resumed"


def before_answers(world: World, action: Callable[[str], None]) -> None:
    """Let something happen, with the token, whenever Step Functions is about to be answered."""
    sent = world.stepfunctions.send_task_success

    def send(**parameters: Any) -> Any:
        action(parameters["taskToken"])
        return sent(**parameters)

    world.stepfunctions.send_task_success = send  # type: ignore[method-assign]


def test_a_token_that_comes_while_an_old_one_is_tried_is_used_in_its_place() -> None:
    """ResumeRun holds an expired token when AwaitJob, entered again, leaves the next one."""
    world = running()
    await_job(world, 1)
    world.stepfunctions.live_tokens.clear()
    world.sagemaker.end(TUNING_1)

    def renew(token: str) -> None:
        if token == "token-1":
            world.stepfunctions.live_tokens.add("token-2")
            world.put_json(KEY, {**ITEM, "token": "token-2", "execution": EXECUTION})

    before_answers(world, renew)
    assert on_event(world) == "resumed"
    assert world.stepfunctions.answers == [("token-2", COMPLETED)]
    assert not world.has(KEY)


def test_two_events_at_once_wake_the_execution_once() -> None:
    world = running()
    await_job(world)
    world.sagemaker.end(TUNING_1)
    events: list[str] = []

    def resume_once(token: str) -> None:
        if not events:
            events.append("first")
            events.append(on_event(world))

    before_answers(world, resume_once)
    events.append(on_event(world))
    assert events == ["first", "resumed", "stale"]
    assert answers(world) == [COMPLETED]


happenings = st.tuples(
    st.sampled_from(["event", "heartbeat", "end"]), st.none() | st.integers(0, 8), st.booleans()
)


@given(st.lists(happenings, max_size=12))
def test_whatever_happens_in_whatever_order_the_execution_is_woken_exactly_once(
    story: list[tuple[str, int | None, bool]],
) -> None:
    """Events early, late, twice or never, heartbeats, and Lambdas killed at any call."""
    world = running()
    entries = 0

    def happen(event: str) -> None:
        nonlocal entries
        if event == "end":
            world.sagemaker.end(TUNING_1)
        elif event == "event":
            on_event(world)
        elif not answers(world):  # the heartbeat expires: the old token is dead, a new one comes
            entries += 1
            world.stepfunctions.live_tokens.clear()
            await_job(world, entries)

    happen("heartbeat")
    for event, calls, after in story:
        world.power.calls, world.power.calls_left, world.power.after = 0, calls, after
        try:
            happen(event)
        except Crash:
            continue
    world.power.calls_left = None
    for event in ("end", "heartbeat", "event"):
        happen(event)
    assert answers(world) == [COMPLETED]
    assert world.result(TUNING_1)["status"] == "Completed"
    assert not world.s3.keys("callbacks/")


def test_a_token_that_never_stops_changing_is_left_to_the_next_attempt() -> None:
    world = running()
    await_job(world)
    world.sagemaker.end(TUNING_1)
    world.stepfunctions.live_tokens.clear()
    before_answers(
        world,
        lambda token: world.put_json(KEY, {**ITEM, "token": f"{token}+", "execution": EXECUTION}),
    )
    with pytest.raises(TransientAwsError, match="kept changing"):
        on_event(world)


CAPACITY = "CapacityError: Unable to provision requested ML compute capacity."
NEXT = ("NextAttempt", "on ml.m5.large: AWS had no capacity of this instance type")


def without_capacity(machines: int = 2) -> World:
    """Make the world after a tuning job found no machine; its plan has so many."""
    world = World()
    types = ["ml.m5.xlarge", "ml.m5.2xlarge"][: machines - 1]
    fallbacks = [FallbackInstance(type=instance, spot=False) for instance in types]
    world.put_plan(make_plan(fallback_instances=fallbacks))
    start_job(world)
    world.sagemaker.end(TUNING_1, "Failed", CAPACITY)
    world.power.calls = 0
    return world


def failures(world: World) -> list[tuple[str, str]]:
    return [(error, cause) for _, error, cause in world.stepfunctions.failures]


def test_an_attempt_that_another_machine_may_finish_is_answered_by_an_error_of_its_own() -> None:
    world = without_capacity()
    assert await_job(world) == "resumed"
    assert failures(world) == [NEXT]
    assert not answers(world)
    assert world.result(TUNING_1)["cause"] == "capacity"
    assert not world.s3.keys("callbacks/")


def test_the_last_machines_end_is_an_answer_like_any_other() -> None:
    world = without_capacity(machines=1)
    await_job(world)
    assert answers(world) == [{**ITEM, "status": "Failed"}]
    assert not failures(world)


def test_a_first_attempts_callback_that_stayed_is_stale_and_asks_for_no_third_one() -> None:
    """ResumeRun answered, and was killed before it deleted the callback."""
    world = without_capacity()
    callback = ITEM | {"token": "token-1", "execution": EXECUTION}
    world.put_json(f"callbacks/{TUNING_1}.json", callback)
    world.put_result(TUNING_1, status="Failed", cause="memory")
    second = start_job(world).attempt
    assert on_event(world, TUNING_1) == "stale"
    assert world.s3.keys("callbacks/") == []
    assert start_job(world).attempt == second


def test_an_answer_that_another_attempt_follows_killed_at_any_call_ends_the_same() -> None:
    def enter(world: World, attempt: int) -> None:
        if failures(world):
            on_event(world, TUNING_1)
        else:
            world.stepfunctions.live_tokens.clear()
            await_job(world, attempt)

    assert_survives_every_crash(without_capacity, enter)
