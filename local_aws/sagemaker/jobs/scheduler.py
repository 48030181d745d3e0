"""The order of training jobs: those of many tuning jobs on the cores and memory of one machine.

There are as many slots as cores, and fewer when memory gets short. They go one by one to the work
that has the fewest of them, so that many tuning jobs at once move on alike; within a tuning job its
own limit of parallel training jobs holds.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import psutil

from local_aws.sagemaker.jobs.training_job import TrainingJob

# What a small training job and the rest of the machine need in any case.
_LEAST = 256 << 20

_CGROUP = Path("/sys/fs/cgroup")

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.5


def available_memory(cgroup: Path = _CGROUP) -> int:
    """Return the bytes that new processes can take, by the machine and the container."""
    available: int = psutil.virtual_memory().available
    try:
        limit = int((cgroup / "memory.max").read_text("ascii"))
        used = int((cgroup / "memory.current").read_text("ascii"))
        statistics = (cgroup / "memory.stat").read_text("ascii")
    except (OSError, ValueError):
        # No container, an older kernel, or no limit ("max").
        return available
    cache = re.search(r"^inactive_file (\d+)$", statistics, re.MULTILINE)
    return min(available, max(1, limit - used + (int(cache[1]) if cache else 0)))


class MemoryBound:
    """Decides whether another training job fits, by the largest one so far."""

    def __init__(self, measure: Callable[[], int] = available_memory) -> None:
        self._measure = measure
        self._largest = _LEAST
        self._lock = threading.Lock()

    def learn(self, peak: int | None) -> None:
        """Note the peak memory of a training job, in bytes."""
        with self._lock:
            self._largest = max(self._largest, peak or 0)

    def has_room(self, running: int) -> bool:
        """Return whether one may start beside those that run; the first one always may."""
        return running == 0 or self._measure() >= self._largest


class Work(Protocol):
    """Something with training jobs to run: a tuning job, or one plain training job."""

    @property
    def is_over(self) -> bool:
        """Whether it will never run anything again."""

    def demand(self) -> int:
        """Count the further training jobs that it would run at this moment."""

    def launch(self) -> TrainingJob | None:
        """Make the next training job; None when there is none after all."""

    def objective_emitted(self, job: TrainingJob) -> None:
        """Decide from its objective values whether a running training job goes on."""

    def ended(self, job: TrainingJob) -> None:
        """Process the end of a training job."""

    def tick(self) -> None:
        """Check deadlines; called every half second."""

    def fail(self, reason: str) -> None:
        """End, because the service itself has failed."""


Run = Callable[[TrainingJob, int, Callable[[], None]], None]


class Scheduler:
    """Runs training jobs in threads of its own.

    Parameters
    ----------
    slots
        Most training jobs at once.
    memory
        Returns whether another one fits.
    run
        Runs one to its end: the job, its number of threads, what to call after objective values.
    """

    def __init__(self, slots: int, memory: MemoryBound, run: Run) -> None:
        self._slots = slots
        self._memory = memory
        self._run = run
        self._running: dict[Work, int] = {}
        self._served: dict[Work, int] = {}
        self._turn = 0
        self._closed = False
        self._changed = threading.Condition()
        self._workers: set[threading.Thread] = set()
        self._thread = threading.Thread(target=self._loop, name="scheduler", daemon=True)
        self._thread.start()

    def add(self, work: Work) -> None:
        """Take on work."""
        with self._changed:
            self._running[work], self._served[work] = 0, self._turn
            self._changed.notify()

    def wake(self) -> None:
        """Check at once what to start: some work changed its demand."""
        with self._changed:
            self._changed.notify()

    def close(self, timeout: float) -> None:
        """Start nothing more, and wait for all threads together; their processes must be dead."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            workers = list(self._workers)
        deadline = time.monotonic() + timeout
        for worker in [self._thread, *workers]:
            worker.join(max(0.0, deadline - time.monotonic()))

    def _loop(self) -> None:
        while True:
            with self._changed:
                work = self._next()
                if work is None and not self._closed:
                    self._changed.wait(_TICK_SECONDS)
                if self._closed:
                    return
                everything = list(self._running)
            if work is None:
                for item in everything:
                    self._guarded(item, item.tick)
                continue
            # Outside of the lock: asking a sampler takes its time.
            job = self._guarded(work, work.launch)
            if job is not None:
                self._start(work, job)

    def _next(self) -> Work | None:
        for work in [item for item in self._running if item.is_over and not self._running[item]]:
            del self._running[work], self._served[work]
        running = sum(self._running.values())
        if running >= self._slots or not self._memory.has_room(running):
            return None
        willing = [work for work in self._running if work.demand() > 0]
        if not willing:
            return None
        work = min(willing, key=lambda item: (self._running[item], self._served[item]))
        self._turn += 1
        self._served[work] = self._turn
        return work

    def _start(self, work: Work, job: TrainingJob) -> None:
        with self._changed:
            self._running[work] += 1
            jobs = sum(self._running.values()) + sum(item.demand() for item in self._running)
            threads = max(1, self._slots // min(self._slots, jobs))
            worker = threading.Thread(
                target=self._work, args=(work, job, threads), name=job.name, daemon=True
            )
            self._workers.add(worker)
        worker.start()

    def _work(self, work: Work, job: TrainingJob, threads: int) -> None:
        try:
            self._run(job, threads, lambda: work.objective_emitted(job))
            if not self._closed:
                self._guarded(work, lambda: work.ended(job))
        finally:
            with self._changed:
                self._workers.discard(threading.current_thread())
                if work in self._running:
                    self._running[work] -= 1
                self._changed.notify()

    def _guarded(self, work: Work, act: Callable[[], TrainingJob | None]) -> TrainingJob | None:
        try:
            return act()
        except Exception as error:
            log.exception("work %r broke", work)
            work.fail(f"InternalServerError: {error!r}")
            return None
