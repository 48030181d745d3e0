"""Which mark a training job gets in the charts, and in which order estimators get their colours."""

from __future__ import annotations

from tunedrop.report import wording
from tunedrop.report.results import COMPLETED, STOPPED, Results, TrainingJob

STOPPED_EARLY = "Stopped early"
FAILED_OR_SILENT = "Failed or without objective"
EARLIER = "Earlier tuning job"
STATUSES = (COMPLETED, STOPPED_EARLY, FAILED_OR_SILENT)


def shown_as(job: TrainingJob) -> str:
    """Return which of the marks a training job gets."""
    if job.objective is None:
        return FAILED_OR_SILENT
    return {COMPLETED: COMPLETED, STOPPED: STOPPED_EARLY}.get(job.status, FAILED_OR_SILENT)


def describe(job: TrainingJob) -> str:
    """Return a training job's hyperparameters for a tooltip."""
    pairs = (f"{name}={_short(value)}" for name, value in sorted(job.hyperparameters.items()))
    return wording.one_line(", ".join(pairs), 400)


def _short(value: str) -> str:
    try:
        return f"{float(value):.4g}" if "." in value else value
    except ValueError:
        return value


def estimator_order(results: Results) -> tuple[str, ...]:
    """Return the estimators in the plan's order, each once."""
    return tuple(dict.fromkeys(job.estimator.key for job in results.tuning_jobs))
