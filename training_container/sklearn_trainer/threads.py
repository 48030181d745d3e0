"""Uses all vCPUs, with no more threads than there are, and one where the data is small.

Folds run one after the other. Inside a fit the estimator's own parallelism is used: OpenMP and BLAS
take all vCPUs by themselves, forests by n_jobs, which are threads too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_FOREST = "sklearn.ensemble._forest"

VALUES_PER_THREAD = 50_000
"""Below this, threads wait for one another longer than they work, above all on a busy machine."""


def available() -> int:
    """Return the number of threads to use: this process's vCPUs, or OMP_NUM_THREADS if fewer."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(cpus(), int(asked)) if asked.isdigit() and int(asked) > 0 else cpus()


def cpus() -> int:
    """Return the number of vCPUs that this process may use."""
    import joblib

    return int(joblib.cpu_count())


def useful(values: int) -> int:
    """Return how many threads a table of that many values keeps busy."""
    return max(1, min(available(), values // VALUES_PER_THREAD))


def limit_threads(values: int) -> None:
    """Give the libraries which are loaded now as many threads as the data keeps busy.

    They read the environment when they are loaded, which may have been in a parent process.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=useful(values))


@contextmanager
def all_cpus(pipeline: Any, values: int) -> Iterator[None]:
    """Let a forest grow its trees in parallel inside, unless its n_jobs was set.

    It predicts with one thread: adding up the trees' votes in the order in which threads finish
    changes the last bits of a score.
    """
    model = pipeline[-1]
    is_forest = any(kind.__module__ == _FOREST for kind in type(model).__mro__)
    if not is_forest or model.n_jobs is not None:
        yield
        return
    model.n_jobs = useful(values)
    try:
        yield
    finally:
        model.n_jobs = None
