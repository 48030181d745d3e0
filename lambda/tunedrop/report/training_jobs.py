"""A tuning job's training jobs as SageMaker knows them, collected page by page for WriteReport.

Search has everything, 100 training jobs a page. It may lag behind the tuning job, so what it found
is held against what the tuning job says of its training jobs: how many ended in which way, how many
have an objective, and which is the best. Where they disagree the training jobs are listed by
ListTrainingJobsForHyperParameterTuningJob too, and one that Search misses has null for what only
Search knows. No call is made for a single training job.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tunedrop.report.results import COMPLETED, FAILED, STOPPED, TrainingJob

PAGE_SIZE = 100

Json = Mapping[str, Any]


def collect(
    sagemaker: Any, *, tuning_job: str, described: Json | None, estimator: str
) -> tuple[TrainingJob, ...]:
    """Return every training job of a tuning job, in the order of their creation.

    `described` is what DescribeHyperParameterTuningJob answered, after the end; without it only the
    list is asked.
    """
    found = search_training_jobs(sagemaker, described, tuning_job, estimator) if described else {}
    jobs: Iterable[TrainingJob] = found.values()
    if not described or not is_complete(found, described):
        jobs = [
            _of_list(summary, found.get(summary["TrainingJobName"]), tuning_job, estimator)
            for summary in _list(sagemaker, tuning_job)
        ]
    epoch = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(jobs, key=lambda job: (job.created or epoch, job.name)))


def search_training_jobs(
    sagemaker: Any, described: Json, tuning_job: str, estimator: str
) -> dict[str, TrainingJob]:
    """Return the training jobs of a described tuning job that Search knows, by name."""
    wanted = {
        "Name": "TuningJobArn",
        "Operator": "Equals",
        "Value": described["HyperParameterTuningJobArn"],
    }
    pages = sagemaker.get_paginator("search").paginate(
        Resource="TrainingJob",
        SearchExpression={"Filters": [wanted]},
        PaginationConfig={"PageSize": PAGE_SIZE},
    )
    jobs = (
        _of_search(result["TrainingJob"], described, tuning_job, estimator)
        for page in pages
        for result in page["Results"]
    )
    return {job.name: job for job in jobs}


def is_complete(found: Mapping[str, TrainingJob], described: Json) -> bool:
    """Tell whether Search found what the tuning job says that there is, nothing less or else."""
    counters = described.get("TrainingJobStatusCounters")
    objectives = described.get("ObjectiveStatusCounters")
    if not counters or objectives is None or not _tuned_names(described):
        return False
    expected = Counter(
        {
            COMPLETED: counters.get("Completed", 0),
            STOPPED: counters.get("Stopped", 0),
            FAILED: counters.get("RetryableError", 0) + counters.get("NonRetryableError", 0),
        }
    )
    return (
        not counters.get("InProgress", 0)
        and Counter(job.status for job in found.values()) == expected
        and sum(job.objective is not None for job in found.values())
        == objectives.get("Succeeded", 0)
        and _has_best(found, described.get("BestTrainingJob"))
    )


def _list(sagemaker: Any, tuning_job: str) -> Iterator[Json]:
    pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=tuning_job,
        SortBy="CreationTime",
        SortOrder="Ascending",
        PaginationConfig={"PageSize": PAGE_SIZE},
    )
    for page in pages:
        yield from page["TrainingJobSummaries"]


def _of_search(result: Json, described: Json, tuning_job: str, estimator: str) -> TrainingJob:
    """Keep what a report needs of a training job: ten thousand whole ones fill a Lambda."""
    metrics = {
        each["MetricName"]: each["Value"] for each in result.get("FinalMetricDataList") or ()
    }
    tuned, given = _tuned_names(described), result.get("HyperParameters") or {}
    # one that failed may have printed values, but its tuning job does not count them
    failed = result.get("TrainingJobStatus") == FAILED
    return TrainingJob(
        **_common(result, tuning_job, estimator),
        hyperparameters={name: value for name, value in given.items() if name in tuned},
        objective=None if failed else _finite(metrics.get(_metric(described))),
        training_seconds=_seconds(result, result.get("TrainingTimeInSeconds")),
        billable_seconds=result.get("BillableTimeInSeconds"),
        fit_seconds=_finite(metrics.get("fit_seconds")),
        score_seconds=_finite(metrics.get("score_seconds")),
        fold_spread=_finite(metrics.get("fold_spread")),
    )


def _of_list(
    summary: Json, found: TrainingJob | None, tuning_job: str, estimator: str
) -> TrainingJob:
    return TrainingJob(
        **_common(summary, tuning_job, estimator),
        hyperparameters=dict(summary.get("TunedHyperParameters") or {}),
        objective=_objective(summary),
        training_seconds=_seconds(summary, found.training_seconds if found else None),
        billable_seconds=found and found.billable_seconds,
        fit_seconds=found and found.fit_seconds,
        score_seconds=found and found.score_seconds,
        fold_spread=found and found.fold_spread,
    )


def _common(job: Json, tuning_job: str, estimator: str) -> dict[str, Any]:
    """Return what Search and the list say in the same words."""
    return {
        "name": job["TrainingJobName"],
        "tuning_job": tuning_job,
        "estimator": estimator,
        "status": job["TrainingJobStatus"],
        "failure_reason": job.get("FailureReason") or "",
        "created": _utc(job.get("CreationTime")),
        "started": _utc(job.get("TrainingStartTime")),
        "ended": _utc(job.get("TrainingEndTime")),
    }


def _has_best(found: Mapping[str, TrainingJob], best: Json | None) -> bool:
    if not best:
        return True
    job = found.get(best["TrainingJobName"])
    return (
        job is not None
        and job.hyperparameters == best.get("TunedHyperParameters")
        and job.objective == _objective(best)
    )


def _objective(summary: Json) -> float | None:
    """Return the final value, or None when the training job emitted none that is a number."""
    return _finite((summary.get("FinalHyperParameterTuningJobObjectiveMetric") or {}).get("Value"))


def _tuned_names(described: Json) -> frozenset[str]:
    config = described.get("HyperParameterTuningJobConfig") or {}
    ranges = config.get("ParameterRanges") or {}
    return frozenset(entry["Name"] for kind in ranges.values() for entry in kind or ())


def _metric(described: Json) -> str:
    config = described.get("HyperParameterTuningJobConfig") or {}
    return str((config.get("HyperParameterTuningJobObjective") or {}).get("MetricName") or "")


def _seconds(job: Json, known: int | None) -> int | None:
    if known is not None:
        return known
    started, ended = job.get("TrainingStartTime"), job.get("TrainingEndTime")
    return round((ended - started).total_seconds()) if started and ended else None


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _utc(time: datetime | None) -> datetime | None:
    return time.astimezone(UTC) if time else None
