"""Imports what a job or the server is sure to need, before processes are forked, in a fast way.

Imports are most of what a small training job takes, and of what the server takes to start.
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from sklearn_trainer.contract import Request
from sklearn_trainer.model.estimators import import_estimator
from sklearn_trainer.process import deferred
from tunedrop_common.plan import Plan

FIRST = "scipy.special"
"""skops looks for each of its functions in all modules, in the order of their imports."""

_OF_EVERY_JOB = (
    FIRST,
    "sklearn.impute",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "sklearn.preprocessing",
)

_OF_EVERY_REQUEST = (
    "pandas",
    "pyarrow.compute",
    "pyarrow.pandas_compat",
    "pyarrow.vendored.version",
    "narwhals._interchange.dataframe",
    "narwhals._pandas_like.namespace",
    "narwhals.stable.v2._namespace",
    "encodings.idna",
    "encodings.utf_8_sig",
)


def import_ahead(request: Request, plan: Plan) -> None:
    """Import what the job is sure to need; what cannot be imported is refused where it is used."""
    with uncollected():
        for name in _OF_EVERY_JOB:
            importlib.import_module(name)
        for path in _class_paths(request, plan):
            import_estimator(path)
        gc.freeze()


def import_for_requests() -> None:
    """Import what the server is sure to need for an answer, so that its processes share it."""
    for name in _OF_EVERY_REQUEST:
        deferred.load(name)


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking at new objects again and again, all of which stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _class_paths(request: Request, plan: Plan) -> list[str]:
    champion = plan.confirm.champion
    if request.job == "confirm":
        found = [job.estimator.class_path for job in plan.tuning_jobs]
        return [*found, champion.estimator.class_path] if champion else found
    return [
        job.estimator.class_path
        for job in plan.tuning_jobs
        if job.estimator.key == request.estimator
    ]
