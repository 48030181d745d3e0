"""Which run's model is in use, whatever runs and users do and in whatever order they end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.damage import damages, restore
from tests.support.fakes import FakeS3
from tests.support.plans import champion
from tunedrop.champions.record import ChampionRecord, change_champion, read_champion
from tunedrop.errors import UnreadableState, UserInputError
from tunedrop.storage import Bucket

KEY = "models/iris/champion.json"
TIME = datetime(2026, 11, 23, tzinfo=UTC)
A, B, C = (f"2026112{day}T000000Z-{day}aaaaaaa" for day in (1, 2, 3))
EMPTY = ChampionRecord(dataset="iris")


def after_run(
    record: ChampionRecord, run_id: str, replaces: str | None = None, *, manual: bool = False
) -> ChampionRecord:
    return record.with_run(champion(run_id), replaces=replaces, manual=manual, time=TIME)


def use(record: ChampionRecord, run_id: str) -> ChampionRecord:
    return record.with_use(champion(run_id), time=TIME, stated_by="ada")


def test_a_run_replaces_the_model_that_its_plan_names_and_no_other() -> None:
    first = after_run(EMPTY, A)
    assert after_run(first, B, replaces=A).run_in_use == B
    assert after_run(first, B, replaces=None).run_in_use == A
    assert after_run(use(first, C), B, replaces=A).run_in_use == C


def test_what_a_user_decided_while_a_run_was_active_stays_when_its_report_is_repeated() -> None:
    second = after_run(after_run(EMPTY, A), B, replaces=A)
    back = use(second, A)
    assert after_run(back, B, replaces=A) == back
    assert [change.made_by for change in back.history] == ["run", "run", "use"]


def test_the_event_of_a_run_is_its_last_change_and_names_what_it_replaced() -> None:
    record = use(after_run(after_run(EMPTY, A), B, replaces=A), A)
    [first], [last] = record.events_of(B), record.events_of(A)
    assert (first.replaced_run_id, first.made_by) == (A, "run")
    assert (last.replaced_run_id, last.made_by) == (B, "use")
    assert record.events_of(C) == []


def test_a_pin_keeps_the_model_in_use_from_runs_and_not_from_users() -> None:
    pinned = after_run(EMPTY, A).with_pin(True)
    assert after_run(pinned, B, replaces=A).run_in_use == A
    assert use(pinned, B).run_in_use == B
    assert after_run(pinned.with_pin(False), B, replaces=A).run_in_use == B


def test_with_manual_promotion_the_newest_run_waits_until_it_is_approved() -> None:
    waiting = after_run(after_run(EMPTY, A), B, replaces=A, manual=True)
    assert (waiting.run_in_use, waiting.pending and waiting.pending.run_id) == (A, B)
    later = after_run(waiting, C, replaces=A, manual=True)
    with pytest.raises(UserInputError, match=C):
        later.with_approval(B, time=TIME, stated_by="ada")
    approved = later.with_approval(C, time=TIME, stated_by="ada")
    assert (approved.run_in_use, approved.pending) == (C, None)
    assert approved.with_approval(C, time=TIME, stated_by="ada") == approved
    assert approved.history[-1].stated_by == "ada"


def test_a_change_is_written_once(s3: FakeS3, bucket: Bucket) -> None:
    for _ in range(2):
        change_champion(bucket, "iris", lambda record: after_run(record, A))
    assert len(s3.versions[KEY]) == 1
    assert read_champion(bucket, "iris").run_in_use == A


@damages
def test_a_champion_that_nobody_can_read_is_left_alone_until_it_is_restored(
    s3: FakeS3, bucket: Bucket, body: bytes
) -> None:
    change_champion(bucket, "iris", lambda record: after_run(record, A))
    s3.put(KEY, body)
    with pytest.raises(UnreadableState) as raised:
        change_champion(bucket, "iris", lambda record: after_run(record, B, replaces=A))
    assert s3.body(KEY) == body
    restore(s3, str(raised.value), KEY)
    record = change_champion(bucket, "iris", lambda record: after_run(record, B, replaces=A))
    assert record.run_in_use == B


class Histories(RuleBasedStateMachine):
    """Runs that start and end at any time, and users who use, pin and approve in between."""

    def __init__(self) -> None:
        super().__init__()
        self.s3 = FakeS3()
        self.bucket = Bucket(self.s3, "bucket", pause=lambda _: None)  # type: ignore[arg-type]
        self.active: dict[str, str | None] = {}
        self.ended: list[str] = []
        self.put_into_use: list[str] = []
        self.count = 0

    def run_id(self) -> str:
        self.count += 1
        return f"20261123T{self.count:06d}Z-aaaaaaaa"

    @rule()
    def start(self) -> None:
        self.active[self.run_id()] = read_champion(self.bucket, "iris").run_in_use

    @precondition(lambda self: self.active)
    @rule(data=st.data(), manual=st.booleans(), at_once=st.booleans())
    def end(self, data: st.DataObject, manual: bool, at_once: bool) -> None:
        run_id = data.draw(st.sampled_from(sorted(self.active)))
        self._end(run_id, manual, at_once)

    def _end(self, run_id: str, manual: bool, at_once: bool) -> None:
        replaces = self.active.pop(run_id)
        others = sorted(self.active)[:1] if at_once else []

        def change(record: ChampionRecord) -> ChampionRecord:
            if others:  # ends between the reading and the writing of this one
                self._end(others.pop(), manual, at_once=False)
            return after_run(record, run_id, replaces, manual=manual)

        after = change_champion(self.bucket, "iris", change)
        self.ended.append(run_id)
        if after.run_in_use == run_id:
            assert not after.pinned
            self.put_into_use.append(run_id)

    @precondition(lambda self: self.ended)
    @rule(data=st.data())
    def use(self, data: st.DataObject) -> None:
        run_id = data.draw(st.sampled_from(self.ended))
        if read_champion(self.bucket, "iris").run_in_use != run_id:
            self.put_into_use.append(run_id)
        change_champion(self.bucket, "iris", lambda record: use(record, run_id))

    @rule(pinned=st.booleans())
    def pin(self, pinned: bool) -> None:
        change_champion(self.bucket, "iris", lambda record: record.with_pin(pinned))

    @rule()
    def approve(self) -> None:
        pending = read_champion(self.bucket, "iris").pending
        if pending is not None:
            self.put_into_use.append(pending.run_id)
            change_champion(
                self.bucket,
                "iris",
                lambda record: record.with_approval(pending.run_id, time=TIME, stated_by="ada"),
            )

    @invariant()
    def the_history_has_every_change_and_ends_with_the_model_in_use(self) -> None:
        record = read_champion(self.bucket, "iris")
        assert [change.run_id for change in record.history] == self.put_into_use
        assert record.run_in_use == (self.put_into_use[-1] if self.put_into_use else None)
        assert record.pending is None or record.pending.run_id != record.run_in_use


TestHistories = Histories.TestCase
