"""Never two runs of a dataset at once, never a dataset forgotten: Admit killed anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support.admission_harness import AdmissionHarness, kills
from tests.support.fakes import START

HOUR = 3600
EVENT = json.dumps({"evaluate": "iris"})
SCHEDULED_START = json.dumps({"scheduled_start": "2026-11-23T12:03:10Z", "datasets": ["iris"]})


def requests_of(world: AdmissionHarness, dataset: str) -> list[str]:
    runs = world.runs(dataset)
    return [request["id"] for run in runs for request in run["trigger"].get("requests", [])]


def newest_contents(world: AdmissionHarness, dataset: str = "iris") -> set[tuple[str, str]]:
    return {(o["key"], o["version_id"]) for o in world.runs(dataset)[-1]["objects"]}


def dropped() -> AdmissionHarness:
    world = AdmissionHarness(slots=1)
    world.drop("iris/train.csv", lost=True)
    world.drop("iris/test.csv", lost=True)
    world.clock.advance(100)
    return world


def changed_during_its_run() -> AdmissionHarness:
    world = dropped()
    world.deliver(EVENT)
    world.drop("iris/train.csv", lost=True)
    world.clock.advance(100)
    return world


def at_its_end() -> AdmissionHarness:
    world = changed_during_its_run()
    world.deliver(EVENT)
    world.end("iris", lost=True)
    world.clock.advance(30)
    return world


def last_end(world: AdmissionHarness) -> str:
    from tests.support.admission_harness import ended_event

    arn, state = next(iter(world.steps.states.items()))
    return ended_event(arn, "SUCCEEDED", state["input"])


@pytest.mark.parametrize(
    ("make", "message", "runs"),
    [
        (dropped, lambda world: EVENT, 1),
        (dropped, lambda world: SCHEDULED_START, 1),
        (dropped, lambda world: '{"reconcile": true}', 1),
        (changed_during_its_run, lambda world: EVENT, 2),
        (changed_during_its_run, lambda world: SCHEDULED_START, 2),
        (at_its_end, last_end, 2),
        (at_its_end, lambda world: '{"reconcile": true}', 2),
    ],
)
def test_killed_at_any_call_and_delivered_again_nothing_is_doubled_or_forgotten(
    make: Callable[[], AdmissionHarness], message: Callable[[AdmissionHarness], str], runs: int
) -> None:
    kill_count = 0
    for world in kills(make, lambda world: world.deliver(message(world))):
        kill_count += 1
        world.check()
        assert world.deliver(message(world)) == []
        world.finish_all()
        assert len(world.runs("iris")) == runs
        assert world.state.count_runs(world.clock.time).count == runs
        assert newest_contents(world) == world.versions("iris")
        assert not world.state.waiting
        assert not world.state.slots
    assert kill_count >= 8


@pytest.mark.parametrize("make", [dropped, changed_during_its_run, at_its_end])
def test_killed_at_any_call_and_never_delivered_again_reconciliation_mends_it(
    make: Callable[[], AdmissionHarness],
) -> None:
    for world in kills(make, lambda world: world.deliver(EVENT)):
        world.check()
        world.clock.advance(HOUR)
        world.reconcile()
        world.finish_all()
        world.clock.advance(HOUR)
        world.reconcile()
        world.finish_all()
        assert newest_contents(world) == world.versions("iris")
        assert len(world.runs("iris")) == len({run["digest"] for run in world.runs("iris")})
        assert world.state.count_runs(world.clock.time).count == len(world.runs("iris"))
        assert not world.state.waiting
        assert not world.state.slots


@pytest.mark.parametrize("make", [dropped, changed_during_its_run, at_its_end])
def test_a_request_killed_at_any_call_and_sent_again_is_served_once(
    make: Callable[[], AdmissionHarness],
) -> None:
    def ask(world: AdmissionHarness) -> None:
        world.ask(dataset="iris", request="r")

    for world in kills(make, ask):
        world.check()
        answer = world.ask(dataset="iris", request="r")
        assert ("run_id" in answer) != ("waiting" in answer)
        world.reconcile()
        world.finish_all()
        answer = world.ask(dataset="iris", request="r")
        world.finish_all()
        assert requests_of(world, "iris") == ["r"]
        assert answer["run_id"] == world.runs("iris")[-1]["run_id"]


def test_a_refusal_killed_at_any_call_is_announced_at_most_once_and_recorded() -> None:
    def make() -> AdmissionHarness:
        world = AdmissionHarness()
        world.drop("a&b/train.csv", lost=True)
        world.clock.advance(100)
        return world

    message = json.dumps({"evaluate": "a&b"})
    for world in kills(make, lambda world: world.deliver(message)):
        world.deliver(message)
        assert len(world.s3.keys("rejections/")) == 1
        assert len(world.topic.subjects) <= 1


def test_a_run_that_has_ended_is_not_started_again_when_its_start_was_not_noted() -> None:
    for world in kills(dropped, lambda world: world.deliver(EVENT)):
        if world.running("iris") and not world.state.slots["iris"].started:
            break
    else:
        raise AssertionError("never killed between the start and its note")
    arn, state = next(iter(world.steps.states.items()))
    world.end("iris")
    world.steps.states.clear()  # Step Functions forgets executions after 90 days
    world.deliver(EVENT)
    assert not world.steps.states
    world.steps.states[arn] = state


class EverythingGoesWrong(RuleBasedStateMachine):
    """Drops, events in any order, lost, late and twice, crashes, schedules, users, the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.world = AdmissionHarness(slots=2, lag=20)
        self.last_scheduled: dict[str, str] = {}
        self.requests: dict[str, set[str]] = {name: set() for name in NAMES}
        self.ends: list[str] = []

    @initialize()
    def begin(self) -> None:
        self.world.clock.time = START

    @rule(name=st.sampled_from("abc"), body=st.sampled_from("123"), lost=st.booleans())
    def drop(self, name: str, body: str, lost: bool) -> None:
        self.world.drop(f"{name}/train.csv", f"a,y\n{body},1\n", lost=lost)

    @rule(seconds=st.sampled_from([1, 30, 61, 400, 4000]))
    def pass_time(self, seconds: float) -> None:
        self.world.clock.advance(seconds)

    @rule(seconds=st.sampled_from([1, 90]))
    def jump_back(self, seconds: float) -> None:
        """Only a Lambda's own clock does; S3 and SQS have others."""
        self.world.clock.advance(-seconds)
        for name in NAMES:
            self._deliver(json.dumps({"evaluate": name}), None, False)
        self.world.clock.advance(seconds)

    @rule(
        data=st.data(),
        kill=st.none() | st.integers(0, 60),
        after=st.booleans(),
        twice=st.booleans(),
        count=st.integers(1, 3),
    )
    def deliver(self, data: Any, kill: int | None, after: bool, twice: bool, count: int) -> None:
        """Take messages from the queue, in any order, and deliver them; the killed come again."""
        visible = [m for m in self.world.queue.messages if m[0] <= self.world.clock.time]
        if not visible:
            return
        chosen = data.draw(st.permutations(visible))[:count]
        if not twice:
            for message in chosen:
                self.world.queue.messages.remove(message)
        bodies = [body for _, body in chosen]
        for body in self._deliver_all(bodies, kill, after):
            self.world.queue.add(body, 30)

    @rule(data=st.data())
    def lose(self, data: Any) -> None:
        """Only events are lost, not what SQS has taken from Admit."""
        events = [m for m in self.world.queue.messages if '"evaluate"' not in m[1]]
        if events:
            self.world.queue.messages.remove(data.draw(st.sampled_from(events)))

    @rule(
        name=st.sampled_from("abc"),
        number=st.integers(0, 3),
        kill=st.none() | st.integers(0, 60),
        after=st.booleans(),
    )
    def ask(self, name: str, number: int, kill: int | None, after: bool) -> None:
        if not self.world.s3.keys(f"datasets/{name}/"):
            return
        request = f"{name}-{number}"
        killed = self._with_power(
            lambda: self.world.ask(dataset=name, request=request), kill, after
        )
        if not killed:
            self.requests[name].add(request)

    @rule(kill=st.none() | st.integers(0, 60), after=st.booleans())
    def reconcile(self, kill: int | None, after: bool) -> None:
        self._deliver('{"reconcile": true}', kill, after)

    @rule(when=st.sampled_from(["always", "changed", "worse"]))
    def tick_now(self, when: str) -> None:
        body = self.world.schedule(name=when, when=when)
        self._deliver(body, None, False)
        self.world.queue.messages = [m for m in self.world.queue.messages if m[1] != body]
        for name in NAMES:
            if when == "always" and self.world.s3.keys(f"datasets/{name}/"):
                self.last_scheduled[name] = json.loads(body)["scheduled_start"]

    @rule(data=st.data(), status=st.sampled_from(["SUCCEEDED", "FAILED"]), lost=st.booleans())
    def end_a_run(self, data: Any, status: str, lost: bool) -> None:
        running = [name for name in NAMES if self.world.running(name)]
        if running:
            self.ends.append(self.world.end(data.draw(st.sampled_from(running)), status, lost=lost))

    @rule(data=st.data())
    def an_old_end_again(self, data: Any) -> None:
        if self.ends:
            self._deliver(data.draw(st.sampled_from(self.ends)), None, False)

    @rule(close=st.booleans())
    def pause(self, close: bool) -> None:
        self.world.ask(pause=close)

    @invariant()
    def one_run_of_a_dataset_at_a_time(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        """After two reconciliations and the ends of all runs, nothing is left undone."""
        world = self.world
        world.clock.advance(100)
        world.ask(pause=False)
        for _ in range(3):
            world.clock.advance(HOUR)
            world.reconcile()
            world.finish_all(seconds=70)
        assert not world.state.slots
        assert not world.state.waiting
        for name in NAMES:
            self._is_up_to_date(name)

    def _is_up_to_date(self, name: str) -> None:
        world = self.world
        if not world.s3.keys(f"datasets/{name}/"):
            return
        newest = world.runs(name)[-1]
        [key] = world.s3.keys(f"datasets/{name}/")
        [o] = newest["objects"]
        assert o["etag"] == world.s3.versions[key][-1].etag
        served = requests_of(world, name)
        assert self.requests[name] <= set(served)
        assert len(served) == len(set(served))
        if name in self.last_scheduled:
            stamp = self.last_scheduled[name].replace("-", "").replace(":", "")
            triggers = [run["trigger"] for run in world.runs(name)]
            served = [s["time"] for t in triggers for s in t.get("scheduled_starts", ())]
            assert newest["run_id"] >= stamp or max(served) >= self.last_scheduled[name]

    def _deliver(self, body: str, kill: int | None, after: bool) -> None:
        for again in self._deliver_all([body], kill, after):
            self.world.queue.add(again, 30)

    def _deliver_all(self, bodies: list[str], kill: int | None, after: bool) -> list[str]:
        """Deliver messages; return those that come again."""
        failed: list[str] = []
        killed = self._with_power(lambda: failed.extend(self.world.deliver(*bodies)), kill, after)
        return bodies if killed else failed

    def _with_power(self, act: Callable[[], Any], kill: int | None, after: bool) -> bool:
        """Do something; return whether it was killed."""
        from tests.support.workflow_world import Crash

        power = self.world.power
        power.calls, power.calls_left, power.after = 0, kill, after
        try:
            act()
        except Crash:
            return True
        finally:
            power.calls_left = None
        return False


NAMES = "abc"
TestEverythingGoesWrong = EverythingGoesWrong.TestCase
TestEverythingGoesWrong.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
