"""Uses all vCPUs, with no more threads than there are, and one where the data is small.

Folds run side by side in processes, as many as there are vCPUs, and share the vCPUs: most
estimators have one thread, and threads of the others wait for one another. A process with several
vCPUs uses them by the estimator's own parallelism: OpenMP and BLAS, and for ensembles of other
models joblib's threads, each with one for its BLAS.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import joblib
from threadpoolctl import threadpool_limits

from sklearn_trainer.process.memory import Memory

# What scoring a fold takes beside the data: its rows, copies of them, the model. Of the memory.
BYTES_PER_VALUE, MEMORY_SHARE = 32, 0.5

# Below this, threads wait for one another longer than they work, above all on a busy machine.
VALUES_PER_THREAD = 50_000

_ENSEMBLES = ("sklearn.ensemble", "sklearn.multiclass", "sklearn.calibration")
_VARIABLE = "OMP_NUM_THREADS"


def available() -> int:
    """Return the number of threads to use: this process's vCPUs, or OMP_NUM_THREADS if fewer."""
    asked = os.environ.get(_VARIABLE, "")
    cpus = int(joblib.cpu_count())
    return min(cpus, int(asked)) if asked.isdigit() and int(asked) > 0 else cpus


def useful(values: int) -> int:
    """Return how many threads a table of that many values keeps busy."""
    return max(1, min(available(), values // VALUES_PER_THREAD))


def processes(folds: int, values: int, pipeline: Any) -> int:
    """Return how many folds to score at a time, by what does not change from job to job.

    One where the data is small, where memory may not do, or where an n_jobs was set.
    """
    taken = any(
        value not in (None, 1)
        for name, value in pipeline.get_params().items()
        if name.rpartition("__")[2] == "n_jobs"
    )
    if taken or values < VALUES_PER_THREAD:
        return 1
    room = int(Memory.now().limit * MEMORY_SHARE) // (values * BYTES_PER_VALUE)
    return max(1, min(folds, available(), room))


def take_share(count: int) -> None:
    """Leave the other processes their part of the vCPUs; called in each of `count`."""
    os.environ[_VARIABLE] = str(max(1, available() // count))


def limit_threads(values: int) -> None:
    """Give the libraries which are loaded now as many threads as the data keeps busy.

    They read the environment when they are loaded, which may have been in a parent process.
    """
    threadpool_limits(limits=useful(values))


@contextmanager
def all_cpus(pipeline: Any, values: int) -> Iterator[None]:
    """Let an ensemble fit its models in parallel inside, unless its n_jobs was set.

    Nothing is predicted inside: adding up votes in the order in which threads finish changes the
    last bits of a score.
    """
    last = pipeline[-1]
    model = getattr(last, "regressor", last)  # inside of a target that is scaled
    is_ensemble = type(model).__module__.startswith(_ENSEMBLES) and hasattr(model, "n_jobs")
    threads = useful(values)
    if threads == 1 or not is_ensemble:
        yield
        return
    with joblib.parallel_config("threading", n_jobs=threads), threadpool_limits(limits=1):
        yield
