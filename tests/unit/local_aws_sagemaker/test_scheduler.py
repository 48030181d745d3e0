"""Many tuning jobs on one small machine: bounded by its cores and memory, and fair."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_aws.sagemaker.jobs.scheduler import MemoryBound, Scheduler, available_memory
from local_aws.sagemaker.jobs.training_job import TrainingJob

GIGABYTE = 1 << 30


class Bench:
    """A scheduler whose training jobs run until they are told to end."""

    def __init__(self, slots: int, memory: int = 64 * GIGABYTE) -> None:
        self.running: list[TrainingJob] = []
        self.most = 0
        self.started: Counter[str] = Counter()
        self._changed = threading.Condition()
        self.bound = MemoryBound(lambda: memory - len(self.running) * GIGABYTE)
        self.scheduler = Scheduler(slots, self.bound, self._run)

    def _run(self, job: TrainingJob, threads: int, on_objective: Callable[[], None]) -> None:
        with self._changed:
            self.running.append(job)
            self.started[job.name] += 1
            self.most = max(self.most, len(self.running))
            self._changed.notify_all()
            self._changed.wait_for(lambda: job not in self.running)

    def end_one(self) -> None:
        with self._changed:
            self.running.pop(0)
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.running) >= count, timeout=10)

    def close(self) -> None:
        with self._changed:
            self.running.clear()
            self._changed.notify_all()
        self.scheduler.close(timeout=5)


class Endless:
    """Work that always wants more."""

    def __init__(self, name: str, parallel: int) -> None:
        self.name, self.parallel, self.current = name, parallel, 0
        self.is_over = False

    def demand(self) -> int:
        return self.parallel - self.current

    def launch(self) -> TrainingJob:
        self.current += 1
        return TrainingJob(self.name, {}, {})

    def ended(self, job: TrainingJob) -> None:
        self.current -= 1

    def objective_emitted(self, job: TrainingJob) -> None: ...

    def tick(self) -> None: ...

    def fail(self, reason: str) -> None:
        raise AssertionError(reason)


@pytest.fixture
def benches() -> Iterator[list[Bench]]:
    benches: list[Bench] = []
    yield benches
    for bench in benches:
        bench.close()


def test_no_more_run_than_there_are_slots_and_all_get_their_turn(benches: list[Bench]) -> None:
    bench = Bench(slots=4)
    benches.append(bench)
    for number in range(50):
        bench.scheduler.add(Endless(f"w{number}", parallel=10))
    for _ in range(150):
        bench.wait_for(4)
        bench.end_one()
    bench.wait_for(4)
    assert bench.most == 4
    # 154 launches of 50 tuning jobs: nobody is more than one ahead of anybody.
    assert set(bench.started.values()) <= {3, 4}
    assert len(bench.started) == 50


def test_no_more_start_than_the_memory_holds_but_one_always_does(benches: list[Bench]) -> None:
    bench = Bench(slots=8, memory=3 * GIGABYTE)
    benches.append(bench)
    bench.bound.learn(GIGABYTE)
    bench.scheduler.add(Endless("large", parallel=8))
    bench.wait_for(3)
    time.sleep(0.2)
    assert bench.most == 3
    tiny = Bench(slots=8, memory=0)
    benches.append(tiny)
    tiny.scheduler.add(Endless("large", parallel=8))
    tiny.wait_for(1)
    time.sleep(0.2)
    assert tiny.most == 1


def test_a_container_has_less_memory_than_its_machine(tmp_path: Path) -> None:
    of_machine = available_memory(tmp_path / "none")
    assert of_machine > 400_000
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("600000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 200000\n")
    assert available_memory(tmp_path) == 600_000
    (tmp_path / "memory.max").write_text("max\n")
    assert available_memory(tmp_path) > 600_000
