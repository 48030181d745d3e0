"""Imports what a job is sure to need, before processes are forked that would each import it.

Imports are most of what a small training job takes.
"""

from __future__ import annotations

import gc
import importlib

from sklearn_trainer.contract import Request
from sklearn_trainer.estimators import import_estimator
from sklearn_trainer.plan import Plan

_OF_EVERY_JOB = (
    "sklearn.impute",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "sklearn.preprocessing",
)


def import_ahead(request: Request, plan: Plan) -> None:
    """Import what the job is sure to need, unseen by the garbage collector.

    It would look at every new object several times, and find that all of them stay. What cannot be
    imported is refused later, where it is used.
    """
    gc.disable()
    try:
        for name in _OF_EVERY_JOB:
            importlib.import_module(name)
        for path in _class_paths(request, plan):
            import_estimator(path)
        gc.freeze()
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
