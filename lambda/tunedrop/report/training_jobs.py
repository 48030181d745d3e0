"""A tuning job's training jobs as SageMaker knows them, collected page by page for WriteReport.

The list comes from ListTrainingJobsForHyperParameterTuningJob; seconds to pay for and to fit come
from Search, 100 training jobs a page. Search may lag behind, so one it misses keeps null there.
No call is made for a single training job.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

PAGE_SIZE = 100
COMPLETED = "Completed"
STOPPED = "Stopped"
FAILED = "Failed"
_METRICS = "FinalMetricDataList"


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


@dataclass(frozen=True)
class _Seconds:
    """What Search knows of a training job."""

    training: int | None = None
    billable: int | None = None
    fit: float | None = None
    score: float | None = None
    spread: float | None = None


def collect(
    sagemaker: Any,
    *,
    tuning_job: str,
    tuning_job_arn: str,
    estimator: str,
    by_definition: bool = False,
) -> tuple[TrainingJob, ...]:
    """Return every training job of a tuning job, in the order of their creation.

    With "" for `tuning_job_arn` SageMaker is not asked for seconds. `by_definition` is for tuning
    jobs with several training job definitions: their names are the estimators then.
    """
    seconds = _seconds(sagemaker, tuning_job_arn) if tuning_job_arn else {}
    jobs = [
        _training_job(
            summary,
            tuning_job,
            (by_definition and summary.get("TrainingJobDefinitionName")) or estimator,
            seconds,
        )
        for summary in _summaries(sagemaker, tuning_job)
    ]
    epoch = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(jobs, key=lambda job: (job.created or epoch, job.name)))


def _summaries(sagemaker: Any, tuning_job: str) -> Iterator[dict[str, Any]]:
    pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=tuning_job,
        SortBy="CreationTime",
        SortOrder="Ascending",
        PaginationConfig={"PageSize": PAGE_SIZE},
    )
    for page in pages:
        yield from page["TrainingJobSummaries"]


def _seconds(sagemaker: Any, tuning_job_arn: str) -> dict[str, _Seconds]:
    """Return seconds by training job name, of those that Search knows yet."""
    pages = sagemaker.get_paginator("search").paginate(
        Resource="TrainingJob",
        SearchExpression={
            "Filters": [{"Name": "TuningJobArn", "Operator": "Equals", "Value": tuning_job_arn}]
        },
        PaginationConfig={"PageSize": PAGE_SIZE},
    )
    found: dict[str, _Seconds] = {}
    for page in pages:
        for result in page["Results"]:
            job = result.get("TrainingJob", {})
            metrics = {m.get("MetricName"): m.get("Value") for m in job.get(_METRICS) or ()}
            found[job.get("TrainingJobName", "")] = _Seconds(
                training=job.get("TrainingTimeInSeconds"),
                billable=job.get("BillableTimeInSeconds"),
                fit=_finite(metrics.get("fit_seconds")),
                score=_finite(metrics.get("score_seconds")),
                spread=_finite(metrics.get("fold_spread")),
            )
    return found


def _training_job(
    summary: dict[str, Any],
    tuning_job: str,
    estimator: str,
    seconds: dict[str, _Seconds],
) -> TrainingJob:
    name = summary["TrainingJobName"]
    started, ended = summary.get("TrainingStartTime"), summary.get("TrainingEndTime")
    known = seconds.get(name, _Seconds())
    training = known.training
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
        billable_seconds=known.billable,
        fit_seconds=known.fit,
        score_seconds=known.score,
        fold_spread=known.spread,
    )


def _objective(summary: dict[str, Any]) -> float | None:
    """Return the final value, or None when the training job emitted none that is a number."""
    value = (summary.get("FinalHyperParameterTuningJobObjectiveMetric") or {}).get("Value")
    return _finite(value)


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _utc(time: datetime | None) -> datetime | None:
    return time.astimezone(UTC) if time else None
