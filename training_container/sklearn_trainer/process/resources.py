"""How much memory and how many vCPUs a process may use, and how the job shares them.

Memory limits and kills are read from cgroup files, version 2 or 1; where there are none, the
machine's own memory is the limit.

Folds run side by side in processes, as many as there are vCPUs, and share the vCPUs: most
estimators have one thread, and threads of the others wait for one another. A process with several
vCPUs uses them by the estimator's own parallelism: OpenMP and BLAS, and for ensembles of other
models joblib's threads, each with one for its BLAS. Libraries are imported where they are needed,
for the supervisor reads the memory without them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CGROUP = Path("/sys/fs/cgroup")
_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")
_EVENTS = ("memory.events", "memory/memory.oom_control")
_GIB = 2**30

# What scoring a fold takes beside the data: its rows, copies of them, the model. Of the memory.
BYTES_PER_VALUE, MEMORY_SHARE = 32, 0.5

# Below this, threads wait for one another longer than they work, above all on a busy machine.
VALUES_PER_THREAD = 50_000

_ENSEMBLES = ("sklearn.ensemble", "sklearn.multiclass", "sklearn.calibration")
_VARIABLE = "OMP_NUM_THREADS"


@dataclass(frozen=True)
class Memory:
    """The container's memory limit in bytes, and how often the kernel has killed for lack of it."""

    limit: int
    kills: int

    @classmethod
    def read(cls, cgroup: Path = CGROUP) -> Memory:
        """Read the memory limit (bytes) and the OOM-kill count from cgroup files."""
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        limits = [int(word) for word in _read_words(cgroup, _LIMITS) if word.isdigit()]
        events = _read_words(cgroup, _EVENTS)
        kills = events[events.index("oom_kill") + 1] if "oom_kill" in events[:-1] else "0"
        return cls(min([machine, *limits]), int(kills))


def limit_growth(more_bytes: int) -> None:
    """Limit this process to so many bytes of memory beyond those it has; on Linux only."""
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limit = pages * resource.getpagesize() + more_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def format_memory(size: int) -> str:
    """Return an amount of memory (bytes) for people."""
    return f"{size / _GIB:.1f} GiB"


def _read_words(cgroup: Path, names: tuple[str, ...]) -> list[str]:
    for name in names:
        try:
            return (cgroup / name).read_text(encoding="ascii").split()
        except OSError:
            continue
    return []


def count_threads(values: int | None = None) -> int:
    """Return the number of threads to use: this process's vCPUs, or OMP_NUM_THREADS if fewer.

    Parameters
    ----------
    values
        Of a table, which keeps only so many threads busy; None: as many as there are.
    """
    import joblib

    text = os.environ.get(_VARIABLE, "")
    threads = int(joblib.cpu_count())
    if text.isdigit() and int(text) > 0:
        threads = min(threads, int(text))
    return threads if values is None else max(1, min(threads, values // VALUES_PER_THREAD))


def count_processes(folds: int, values: int) -> int:
    """Return how many folds to score at a time, by what does not change from job to job.

    One where the data is small, or where memory may not do.
    """
    if values < VALUES_PER_THREAD:
        return 1
    room = int(Memory.read().limit * MEMORY_SHARE) // (values * BYTES_PER_VALUE)
    return max(1, min(folds, count_threads(), room))


def take_share(processes: int) -> None:
    """Limit this process to its share of the vCPUs; called in each of the processes."""
    os.environ[_VARIABLE] = str(max(1, count_threads() // processes))


def limit_threads(values: int) -> None:
    """Limit the libraries that are loaded now to as many threads as the data keeps busy.

    They read the environment when they are loaded, which may have been in a parent process.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=count_threads(values))


@contextmanager
def all_cpus(pipeline: Any, values: int) -> Iterator[None]:
    """Fit the models of an ensemble in parallel inside.

    Nothing is predicted inside: adding up votes in the order in which threads finish changes the
    last bits of a score.
    """
    import joblib
    from threadpoolctl import threadpool_limits

    last = pipeline[-1]
    model = getattr(last, "regressor", last)  # inside of a target that is scaled
    is_ensemble = type(model).__module__.startswith(_ENSEMBLES) and hasattr(model, "n_jobs")
    threads = count_threads(values)
    if threads == 1 or not is_ensemble:
        yield
        return
    with joblib.parallel_config("threading", n_jobs=threads), threadpool_limits(limits=1):
        yield
