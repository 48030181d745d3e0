"""What may become of the admission state: pure changes of its state, and who is admitted."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.support.fakes import START
from tunedrop.admission_state import (
    AdmissionState,
    Pause,
    RunsOfDay,
    Slot,
)
from tunedrop.environment import AdmissionSettings
from tunedrop.trigger import ForcedStart, ScheduledStart, Trigger, When

LATER = START + timedelta(hours=1)
RUN_ID = "20261123T120000Z-1a2b3c4d"
TRIGGER = Trigger(kind="object", time=START)
EMPTY = AdmissionState(since=START)
LIMITS = AdmissionSettings(60, 1, 6, 2)


def slot(run_id: str = RUN_ID) -> Slot:
    return Slot(run_id=run_id, since=LATER, trigger=TRIGGER)


def due(time: datetime, schedule: str = "", when: When = "always") -> ScheduledStart:
    return ScheduledStart(time=time, schedule=schedule, when=when)


def request(name: str, resume: str = "") -> ForcedStart:
    return ForcedStart(id=name, stated_by="kim", resume=resume)


def test_what_came_after_the_look_waits_on() -> None:
    seen = EMPTY.add_scheduled_start(["iris"], due(START), START).add_request(
        "iris", request("1"), START
    )
    now = seen.add_scheduled_start(["iris"], due(LATER), LATER).add_request(
        "iris", request("2"), LATER
    )
    left = now.remove_served("iris", seen.waiting["iris"]).waiting["iris"]
    assert (left.scheduled_starts, left.requests) == ((due(LATER),), (request("2"),))
    assert not seen.remove_served("iris", seen.waiting["iris"]).waiting


def test_the_newest_start_of_each_schedule_waits() -> None:
    state = EMPTY.add_scheduled_start(["iris"], due(LATER, "nightly", "changed"), START)
    state = state.add_scheduled_start(["iris"], due(START, "weekly"), START)
    assert state.add_scheduled_start(["iris"], due(START, "nightly"), LATER) is state
    state = state.add_scheduled_start(["iris"], due(LATER, "weekly", "worse"), LATER)
    starts = (due(LATER, "nightly", "changed"), due(LATER, "weekly", "worse"))
    assert state.waiting["iris"].scheduled_starts == starts


def test_a_slot_that_is_given_back_lets_all_of_it_wait_again() -> None:
    state = EMPTY.add_scheduled_start(["iris"], due(START), START).add_request(
        "iris", request("r"), START
    )
    back = state.take_slot("iris", slot(), LIMITS).give_back_slot(
        "iris", RUN_ID, "quiet_period", LATER
    )
    entry = back.waiting["iris"]
    assert (entry.reason, entry.scheduled_starts, entry.requests) == (
        "quiet_period",
        (due(START),),
        (request("r"),),
    )
    assert not back.slots
    assert (
        not state.take_slot("iris", slot(), LIMITS)
        .give_back_slot("iris", RUN_ID, None, LATER)
        .waiting
    )


def test_a_run_counts_once_for_its_day_unless_its_slot_is_given_back() -> None:
    state = EMPTY.take_slot("iris", slot(), LIMITS)
    assert state.take_slot("iris", slot(), LIMITS) is state
    back = state.give_back_slot("iris", RUN_ID, None, LATER)
    assert (state.count_runs(LATER).count, back.count_runs(LATER).count) == (1, 0)
    freed = state.free_slot("iris", RUN_ID).take_slot("iris", slot("20261123T130000Z-2"), LIMITS)
    freed = freed.free_slot("iris", "20261123T130000Z-2")
    assert AdmissionState.model_validate_json(freed.to_bytes()) == freed
    assert freed.blocked("wine", LIMITS, LATER) == "day"
    next_day = LATER + timedelta(days=1)
    assert freed.blocked("wine", LIMITS, next_day) is None
    tomorrow = freed.take_slot("wine", slot().model_copy(update={"since": next_day}), LIMITS)
    # A clock that is behind counts for the newer day, and does not take it back.
    assert tomorrow.count_runs(LATER).count == 1
    assert tomorrow.runs_of_day == RunsOfDay(day=next_day.date(), count=1)


def test_an_earlier_pause_stays_until_new_runs_are_resumed() -> None:
    first, second = (Pause(since=time, stated_by="kim") for time in (START, LATER))
    state = EMPTY.set_pause(first)
    assert state.set_pause(second) is state
    assert state.set_pause(None).paused is None
