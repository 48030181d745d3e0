"""Uses all vCPUs, with no more threads than there are, and one where the data is small.

Folds run side by side in processes, as many as there are vCPUs, and share the vCPUs: most
estimators have one thread, and threads of the others wait for one another. A process with several
vCPUs uses them by the estimator's own parallelism: OpenMP and BLAS, and for forests n_jobs.
Ensembles of other models fit these in as many threads, and let each have one for its BLAS.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from sklearn_trainer.process.memory import Memory

Item = TypeVar("Item")
Found = TypeVar("Found")

_FOREST = "sklearn.ensemble._forest"
_OF_OTHERS = (
    "sklearn.ensemble._bagging", "sklearn.ensemble._voting", "sklearn.ensemble._stacking",
    "sklearn.multiclass", "sklearn.calibration",
)  # fmt: skip
_BOOSTING = "_hist_gradient_boosting"

_VARIABLE = "OMP_NUM_THREADS"

BYTES_PER_VALUE, MEMORY_SHARE = 32, 0.5
"""What scoring a fold takes beside the data: its rows, copies of them, the model. Of the memory."""

VALUES_PER_THREAD = 50_000
"""Below this, threads wait for one another longer than they work, above all on a busy machine."""

VALUES_OF_LONG_FOLDS = 1_000_000
"""From here on, a fold takes longer than it takes to start a process for the next."""


def available() -> int:
    """Return the number of threads to use: this process's vCPUs, or OMP_NUM_THREADS if fewer."""
    asked = os.environ.get(_VARIABLE, "")
    return min(cpus(), int(asked)) if asked.isdigit() and int(asked) > 0 else cpus()


def cpus() -> int:
    """Return the number of vCPUs that this process may use."""
    import joblib

    return int(joblib.cpu_count())


def useful(values: int) -> int:
    """Return how many threads a table of that many values keeps busy."""
    return max(1, min(available(), values // VALUES_PER_THREAD))


def map_in_threads(work: Callable[[Item], Found], items: Iterable[Item]) -> list[Found]:
    """Return work(item) of each item in order; the first error ends it.

    For work that leaves the interpreter's lock to others most of the time.
    """
    from concurrent.futures import ThreadPoolExecutor

    waiting = list(items)
    threads = available() if len(waiting) > 1 else 1
    if threads == 1:
        return [work(item) for item in waiting]
    with ThreadPoolExecutor(min(threads, len(waiting))) as pool:
        return list(pool.map(work, waiting))


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
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=useful(values))


@contextmanager
def all_cpus(pipeline: Any, values: int) -> Iterator[None]:
    """Let an ensemble fit its models in parallel inside, unless its n_jobs was set.

    It predicts with one thread: adding up the trees' votes in the order in which threads finish
    changes the last bits of a score.
    """
    last = pipeline[-1]
    model = getattr(last, "regressor", last)  # inside of a target that is scaled
    modules = {kind.__module__ for kind in type(model).__mro__}
    is_forest, is_of_others = _FOREST in modules, _is_of_others(model, modules)
    if not (is_forest or is_of_others) or getattr(model, "n_jobs", 1) is not None:
        yield
        return
    model.n_jobs = useful(values)
    try:
        with _one_thread_each() if is_of_others and model.n_jobs > 1 else nullcontext():
            yield
    finally:
        for each in (model, getattr(last, "regressor_", model)):
            each.n_jobs = None


def _is_of_others(model: Any, modules: set[str]) -> bool:
    """Tell whether it fits other models side by side, which do not use all vCPUs themselves."""
    if modules.isdisjoint(_OF_OTHERS):
        return False
    return not any(_BOOSTING in type(inside).__module__ for inside in model.get_params().values())


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let joblib use threads, which share the data, and BLAS and OpenMP none besides."""
    from joblib import parallel_config
    from threadpoolctl import threadpool_limits

    with parallel_config(backend="threading"), threadpool_limits(limits=1):
        yield
