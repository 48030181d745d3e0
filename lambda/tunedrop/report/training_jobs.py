"""A tuning job's training jobs as SageMaker knows them, collected page by page for WriteReport.

ListTrainingJobsForHyperParameterTuningJob says how each ended, as its tuning job sees it. Only
Search knows the seconds to pay for and the metrics that a training job printed: both come 100 a
page, and no call is made for a single training job. Search may lag behind; one that it misses has
null there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tunedrop.report.results import COMPLETED, STOPPED, TrainingJob
from tunedrop.running.job_requests import FOLDS_DONE
from tunedrop.running.jobs import list_training_jobs

Json = Mapping[str, Any]


def collect(
    sagemaker: Any,
    *,
    tuning_job: str,
    arn: str | None,
    estimator: str,
    hyperband_folds: int | None = None,
) -> tuple[TrainingJob, ...]:
    """Return every training job of a tuning job, in the order of their creation.

    Without the tuning job's ARN, Search is not asked.

    Parameters
    ----------
    hyperband_folds
        Under Hyperband, the plan's folds: it stops a training job that has done them all.
    """
    searched = {}
    if arn:
        for result in _search(sagemaker, arn):
            searched[result["TrainingJobName"]] = _only_searched(result)
    jobs = (
        _training_job(
            summary,
            searched.get(summary["TrainingJobName"], {}),
            tuning_job,
            estimator,
            hyperband_folds,
        )
        for summary in list_training_jobs(sagemaker, tuning_job)
    )
    epoch = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(jobs, key=lambda job: (job.created or epoch, job.name)))


def _search(sagemaker: Any, arn: str) -> Iterator[Json]:
    pages = sagemaker.get_paginator("search").paginate(
        Resource="TrainingJob",
        SearchExpression={
            "Filters": [{"Name": "TuningJobArn", "Operator": "Equals", "Value": arn}]
        },
        PaginationConfig={"PageSize": 100},
    )
    for page in pages:
        for result in page["Results"]:
            yield result["TrainingJob"]


def _only_searched(job: Json) -> dict[str, Any]:
    """Keep what only Search knows: ten thousand whole training jobs fill a Lambda."""
    printed = job.get("FinalMetricDataList") or ()
    metrics = {metric["MetricName"]: metric["Value"] for metric in printed}
    names = ("fit_seconds", "score_seconds", "fold_spread", FOLDS_DONE)
    return {name: metrics.get(name) for name in names} | {
        "training_seconds": job.get("TrainingTimeInSeconds"),
        "billable_seconds": job.get("BillableTimeInSeconds"),
    }


def _training_job(
    summary: Json, searched: Json, tuning_job: str, estimator: str, hyperband_folds: int | None
) -> TrainingJob:
    started, ended = summary.get("TrainingStartTime"), summary.get("TrainingEndTime")
    seconds = round((ended - started).total_seconds()) if started and ended else None
    reported = {name: value for name, value in searched.items() if value is not None}
    folds_done = reported.pop(FOLDS_DONE, None)
    status = summary["TrainingJobStatus"]
    if status == STOPPED and folds_done is not None and folds_done == hyperband_folds:
        status = COMPLETED  # as StartJob saw it when it chose the tuned model
    objective = summary.get("FinalHyperParameterTuningJobObjectiveMetric") or {}
    values: dict[str, Any] = {
        "name": summary["TrainingJobName"],
        "tuning_job": tuning_job,
        "estimator": estimator,
        "hyperparameters": dict(summary.get("TunedHyperParameters") or {}),
        "objective": objective.get("Value"),
        "status": status,
        "failure_reason": summary.get("FailureReason") or "",
        "created": _utc(summary.get("CreationTime")),
        "started": _utc(started),
        "ended": _utc(ended),
        "training_seconds": seconds,
        "billable_seconds": None,
    }
    return TrainingJob(**(values | reported))


def _utc(time: datetime | None) -> datetime | None:
    return time.astimezone(UTC) if time else None
