"""What may become of the admission state: pure changes of its state, and who is admitted."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import START
from tunedrop.admission_state import (
    AdmissionState,
    Slot,
)
from tunedrop.trigger import ForcedStart, Trigger

LATER = START + timedelta(hours=1)
RUN_ID = "20261123T120000Z-1a2b3c4d"
TRIGGER = Trigger(kind="object", time=START)
EMPTY = AdmissionState(since=START)


def slot(run_id: str = RUN_ID) -> Slot:
    return Slot(run_id=run_id, since=LATER, trigger=TRIGGER)


def request(name: str, resume: str = "") -> ForcedStart:
    return ForcedStart(id=name, stated_by="kim", resume=resume)


def test_a_write_that_is_repeated_changes_nothing() -> None:
    state = EMPTY.add_scheduled_start(["iris"], START, START).take_slot("iris", slot(), limit=1)
    assert state.take_slot("iris", slot(), limit=1) is state
    started = state.mark_started("iris", RUN_ID)
    assert started.mark_started("iris", RUN_ID) is started
    free_slot = started.free_slot("iris", RUN_ID)
    assert free_slot.free_slot("iris", RUN_ID) is free_slot
    assert free_slot.set_pause(None) is free_slot


def test_what_came_after_the_look_waits_on() -> None:
    seen = EMPTY.add_scheduled_start(["iris"], START, START).add_request(
        "iris", request("1"), START
    )
    now = seen.add_scheduled_start(["iris"], LATER, LATER).add_request("iris", request("2"), LATER)
    left = now.remove_served("iris", seen.waiting["iris"]).waiting["iris"]
    assert (left.scheduled_time, left.requests) == (LATER, (request("2"),))
    assert not seen.remove_served("iris", seen.waiting["iris"]).waiting


def test_a_run_that_resumes_serves_its_own_request_alone() -> None:
    state = EMPTY.add_scheduled_start(["iris"], START, START)
    for each in (request("plain"), request("again", RUN_ID), request("later")):
        state = state.add_request("iris", each, START)
    taken = state.take_slot("iris", slot(), limit=1)
    trigger = taken.slots["iris"].trigger
    assert (trigger.kind, trigger.scheduled_time, trigger.resume) == ("resume", None, RUN_ID)
    left = taken.waiting["iris"]
    assert [r.id for r in left.requests] == ["plain", "later"]
    assert left.scheduled_time == START


def test_a_slot_that_is_given_back_lets_all_of_it_wait_again() -> None:
    state = EMPTY.add_scheduled_start(["iris"], START, START).add_request(
        "iris", request("r"), START
    )
    back = state.take_slot("iris", slot(), limit=1).give_back_slot(
        "iris", RUN_ID, "quiet_period", LATER
    )
    entry = back.waiting["iris"]
    assert (entry.reason, entry.scheduled_time, entry.requests) == (
        "quiet_period",
        START,
        (request("r"),),
    )
    assert not back.slots
    assert (
        not state.take_slot("iris", slot(), limit=1)
        .give_back_slot("iris", RUN_ID, None, LATER)
        .waiting
    )


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("tfwrk")), max_size=30))
def test_no_change_gives_a_dataset_two_places_or_more_slots_than_there_are(
    changes: list[tuple[str, str]],
) -> None:
    state = EMPTY
    for number, (name, change) in enumerate(changes):
        state = changed(state, name, change, f"20261123T12{number:04}Z-00000000")
        assert len(state.slots) <= 2
        assert AdmissionState.model_validate_json(state.to_bytes()) == state


def changed(state: AdmissionState, name: str, change: str, run_id: str) -> AdmissionState:
    if change == "t":
        return state.take_slot(name, slot(run_id), limit=2)
    if change == "f":
        held = state.slots.get(name)
        return state.free_slot(name, held.run_id if held else "")
    if change == "w":
        return state.add_waiting(name, "quiet_period", START)
    if change == "r":
        return state.add_request(name, request("r"), START)
    return state.add_scheduled_start([name], START, START)
