"""What may become of the door: pure changes of its state, and who is admitted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import START
from tunedrop import keys
from tunedrop.door import Door, Slot, check_admitted, holds_slot, read_door
from tunedrop.errors import NotAdmitted
from tunedrop.storage import Bucket
from tunedrop.trigger import ForcedStart, Trigger

LATER = START + timedelta(hours=1)
RUN_ID = "20261123T120000Z-1a2b3c4d"
TRIGGER = Trigger(kind="object", time=START)
EMPTY = Door(since=START)


def slot(run_id: str = RUN_ID) -> Slot:
    return Slot(run_id=run_id, since=LATER, trigger=TRIGGER)


def request(name: str, resume: str = "") -> ForcedStart:
    return ForcedStart(id=name, by="kim", resume=resume)


def test_a_write_that_is_repeated_changes_nothing() -> None:
    door = EMPTY.ticked(["iris"], START, START).taken("iris", slot(), limit=1)
    assert door.taken("iris", slot(), limit=1) is door
    started = door.started("iris", RUN_ID)
    assert started.started("iris", RUN_ID) is started
    freed = started.freed("iris", RUN_ID)
    assert freed.freed("iris", RUN_ID) is freed
    assert freed.pausing(None) is freed


def test_only_the_run_that_has_a_slot_frees_it() -> None:
    door = EMPTY.taken("iris", slot(), limit=1)
    assert door.freed("iris", "20261123T110000Z-00000000") is door
    assert door.started("iris", "20261123T110000Z-00000000") is door
    assert not door.freed("iris", RUN_ID).slots


def test_how_long_a_dataset_has_waited_stays_when_the_reason_changes() -> None:
    door = EMPTY.waits("iris", "rest", START).waits("iris", "run", LATER)
    entry = door.waiting["iris"]
    assert (entry.since, entry.reason, entry.reason_since) == (START, "run", LATER)


def test_what_came_after_the_look_waits_on() -> None:
    seen = EMPTY.ticked(["iris"], START, START).asked("iris", request("1"), START)
    now = seen.ticked(["iris"], LATER, LATER).asked("iris", request("2"), LATER)
    left = now.settled("iris", seen.waiting["iris"]).waiting["iris"]
    assert (left.tick, left.requests) == (LATER, (request("2"),))
    assert not seen.settled("iris", seen.waiting["iris"]).waiting


def test_a_run_that_resumes_serves_its_own_request_alone() -> None:
    door = EMPTY.ticked(["iris"], START, START)
    for each in (request("plain"), request("again", RUN_ID), request("later")):
        door = door.asked("iris", each, START)
    taken = door.taken("iris", slot(), limit=1)
    trigger = taken.slots["iris"].trigger
    assert (trigger.kind, trigger.tick, trigger.resume) == ("resume", None, RUN_ID)
    left = taken.waiting["iris"]
    assert [r.id for r in left.requests] == ["plain", "later"]
    assert left.tick == START


def test_a_slot_that_is_given_back_lets_all_of_it_wait_again() -> None:
    door = EMPTY.ticked(["iris"], START, START).asked("iris", request("r"), START)
    back = door.taken("iris", slot(), limit=1).given_back("iris", RUN_ID, "rest", LATER)
    entry = back.waiting["iris"]
    assert (entry.reason, entry.tick, entry.requests) == ("rest", START, (request("r"),))
    assert not back.slots
    assert not door.taken("iris", slot(), limit=1).given_back("iris", RUN_ID, None, LATER).waiting


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("tfwrk")), max_size=30))
def test_no_change_gives_a_dataset_two_places_or_more_slots_than_there_are(
    changes: list[tuple[str, str]],
) -> None:
    door = EMPTY
    for number, (name, change) in enumerate(changes):
        door = changed(door, name, change, f"20261123T12{number:04}Z-00000000")
        assert len(door.slots) <= 2
        assert Door.model_validate_json(door.to_bytes()) == door


def changed(door: Door, name: str, change: str, run_id: str) -> Door:
    if change == "t":
        return door.taken(name, slot(run_id), limit=2)
    if change == "f":
        held = door.slots.get(name)
        return door.freed(name, held.run_id if held else "")
    if change == "w":
        return door.waits(name, "rest", START)
    if change == "r":
        return door.asked(name, request("r"), START)
    return door.ticked([name], START, START)


def test_the_door_is_read_as_it_was_written(bucket: Bucket) -> None:
    assert read_door(bucket) is None
    door = EMPTY.taken("iris", slot(), limit=1).ticked(["wine"], START, START)
    bucket.put(keys.DOOR, door.told("wine", "rest").swept_at(LATER).to_bytes())
    assert read_door(bucket) == door.told("wine", "rest").swept_at(LATER)
    assert holds_slot(bucket, "iris", RUN_ID)
    assert not holds_slot(bucket, "wine", RUN_ID)


def test_only_the_run_under_way_is_admitted(bucket: Bucket) -> None:
    with pytest.raises(NotAdmitted):
        check_admitted(bucket, "iris", RUN_ID)
    bucket.put(keys.DOOR, EMPTY.taken("iris", slot(), limit=1).to_bytes())
    check_admitted(bucket, "iris", RUN_ID)
    bucket.put(keys.DOOR, EMPTY.to_bytes())
    with pytest.raises(NotAdmitted, match=f"iris/{RUN_ID}"):
        check_admitted(bucket, "iris", RUN_ID)
