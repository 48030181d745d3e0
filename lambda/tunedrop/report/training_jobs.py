"""A tuning job's training jobs as SageMaker knows them, collected page by page for WriteReport.

Search has everything, 100 training jobs a page. Where it lags behind the tuning job they are listed
by ListTrainingJobsForHyperParameterTuningJob too, and one that Search misses keeps null for the
seconds to pay for and to fit. No call is made for a single training job.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tunedrop.report.found_jobs import (
    COMPLETED,
    FAILED,
    PAGE_SIZE,
    STOPPED,
    FoundJob,
    finite,
    is_complete,
    search_training_jobs,
)

__all__ = ["COMPLETED", "FAILED", "STOPPED", "TrainingJob", "collect"]


class TrainingJob(BaseModel):
    """One set of hyperparameters that was tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    tuning_job: str
    estimator: str = Field(description="Key of the estimator in the plan.")
    hyperparameters: dict[str, str] = Field(
        description="The tuned ones, as the strings that the training job got."
    )
    objective: float | None = Field(
        description="Final value of the objective metric as SageMaker stores it (32-bit)."
    )
    status: str = Field(description="Completed, Failed, Stopped, ... as SageMaker names it.")
    failure_reason: str = ""
    created: datetime | None
    started: datetime | None
    ended: datetime | None
    training_seconds: int | None = Field(description="Null when SageMaker didn't say.")
    billable_seconds: int | None = Field(description="Null when SageMaker didn't say.")
    fit_seconds: float | None = Field(
        None, description="To fit one fold, on average, as the training job printed it."
    )
    score_seconds: float | None = Field(None, description="To score one fold, on average.")
    fold_spread: float | None = Field(
        None, description="Standard deviation of the objective's values over the folds."
    )


def collect(
    sagemaker: Any,
    *,
    tuning_job: str,
    described: Mapping[str, Any] | None,
    estimator: str,
    by_definition: bool = False,
) -> tuple[TrainingJob, ...]:
    """Return every training job of a tuning job, in the order of their creation.

    Parameters
    ----------
    described
        What DescribeHyperParameterTuningJob answered, after the end; without it there are no
        seconds.
    by_definition
        For tuning jobs with several training job definitions: their names are the estimators.
    """
    found = search_training_jobs(sagemaker, described) if described else {}
    summaries: Iterable[dict[str, Any]] = (job.summary for job in found.values())
    if by_definition or described is None or not is_complete(found, described):
        summaries = _listed(sagemaker, tuning_job)
    jobs = [
        _training_job(
            summary,
            tuning_job,
            (by_definition and summary.get("TrainingJobDefinitionName")) or estimator,
            found.get(summary["TrainingJobName"], FoundJob({})),
        )
        for summary in summaries
    ]
    epoch = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(jobs, key=lambda job: (job.created or epoch, job.name)))


def _listed(sagemaker: Any, tuning_job: str) -> Iterator[dict[str, Any]]:
    pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=tuning_job,
        SortBy="CreationTime",
        SortOrder="Ascending",
        PaginationConfig={"PageSize": PAGE_SIZE},
    )
    for page in pages:
        yield from page["TrainingJobSummaries"]


def _training_job(
    summary: dict[str, Any],
    tuning_job: str,
    estimator: str,
    found: FoundJob,
) -> TrainingJob:
    name = summary["TrainingJobName"]
    started, ended = summary.get("TrainingStartTime"), summary.get("TrainingEndTime")
    training = found.training_seconds
    if training is None and started and ended:
        training = round((ended - started).total_seconds())
    return TrainingJob(
        name=name,
        tuning_job=tuning_job,
        estimator=estimator,
        hyperparameters=dict(summary.get("TunedHyperParameters") or {}),
        objective=_objective(summary),
        status=summary["TrainingJobStatus"],
        failure_reason=summary.get("FailureReason") or "",
        created=_utc(summary.get("CreationTime")),
        started=_utc(started),
        ended=_utc(ended),
        training_seconds=training,
        billable_seconds=found.billable_seconds,
        fit_seconds=found.fit_seconds,
        score_seconds=found.score_seconds,
        fold_spread=found.fold_spread,
    )


def _objective(summary: dict[str, Any]) -> float | None:
    """Return the final value, or None when the training job emitted none that is a number."""
    value = (summary.get("FinalHyperParameterTuningJobObjectiveMetric") or {}).get("Value")
    return finite(value)


def _utc(time: datetime | None) -> datetime | None:
    return time.astimezone(UTC) if time else None
