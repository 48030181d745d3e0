"""What Search knows of a tuning job's training jobs: 100 whole ones for each call.

Search may lag behind, and shows a training job as such, not as its tuning job sees it. So what it
found is held against what the tuning job itself says of its training jobs: how many ended in
which way, how many have an objective, and which is the best.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PAGE_SIZE = 100
COMPLETED, STOPPED, FAILED = "Completed", "Stopped", "Failed"

Json = Mapping[str, Any]


@dataclass(frozen=True)
class FoundJob:
    """A training job; `summary` has the keys that ListTrainingJobsForHyperParameterTuningJob has.

    Everything but its name is None or missing where Search doesn't know it yet.
    """

    summary: dict[str, Any]
    training_seconds: int | None = None
    billable_seconds: int | None = None
    fit_seconds: float | None = None
    score_seconds: float | None = None
    fold_spread: float | None = None


def search_training_jobs(sagemaker: Any, described: Json) -> dict[str, FoundJob]:
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
    tuned, metric = _tuned_names(described), _metric(described)
    found = (
        _found(result.get("TrainingJob", {}), tuned, metric)
        for page in pages
        for result in page["Results"]
    )
    return {job.summary["TrainingJobName"]: job for job in found}


def is_complete(found: Mapping[str, FoundJob], described: Json) -> bool:
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
            "InProgress": counters.get("InProgress", 0),
        }
    )
    jobs = [job.summary for job in found.values()]
    return (
        Counter(job.get("TrainingJobStatus") for job in jobs) == expected
        and not expected["InProgress"]
        and sum(_OBJECTIVE in job for job in jobs) == objectives.get("Succeeded", 0)
        and _has_best(found, described.get("BestTrainingJob"))
    )


_OBJECTIVE = "FinalHyperParameterTuningJobObjectiveMetric"
_TUNED = "TunedHyperParameters"
_KEPT = (
    "TrainingJobName", "TrainingJobStatus", "CreationTime", "TrainingStartTime", "TrainingEndTime",
    "FailureReason",
)  # fmt: skip


def _found(job: Json, tuned: frozenset[str], metric: str) -> FoundJob:
    """Keep what a report needs of a training job: ten thousand whole ones fill a Lambda."""
    metrics = {each["MetricName"]: each["Value"] for each in job.get("FinalMetricDataList") or ()}
    summary = {name: job[name] for name in _KEPT if job.get(name) is not None}
    given = job.get("HyperParameters") or {}
    summary[_TUNED] = {name: value for name, value in given.items() if name in tuned}
    # one that failed may have printed values, but its tuning job does not count them
    if summary.get("TrainingJobStatus") != FAILED and finite(metrics.get(metric)) is not None:
        summary[_OBJECTIVE] = {"MetricName": metric, "Value": metrics[metric]}
    return FoundJob(
        summary=summary,
        training_seconds=job.get("TrainingTimeInSeconds"),
        billable_seconds=job.get("BillableTimeInSeconds"),
        fit_seconds=finite(metrics.get("fit_seconds")),
        score_seconds=finite(metrics.get("score_seconds")),
        fold_spread=finite(metrics.get("fold_spread")),
    )


def finite(value: float | None) -> float | None:
    """Return a number, or None for what is none."""
    return float(value) if value is not None and math.isfinite(value) else None


def _has_best(found: Mapping[str, FoundJob], best: Json | None) -> bool:
    if not best:
        return True
    job = found.get(best["TrainingJobName"], FoundJob({})).summary
    same = job.get(_TUNED) == best.get(_TUNED)
    return same and _value(job) == _value(best)


def _value(summary: Json) -> float | None:
    return finite((summary.get(_OBJECTIVE) or {}).get("Value"))


def _tuned_names(described: Json) -> frozenset[str]:
    """Return the names of the ranges; none where each definition has ranges of its own."""
    config = described.get("HyperParameterTuningJobConfig") or {}
    ranges = config.get("ParameterRanges") or {}
    return frozenset(entry["Name"] for kind in ranges.values() for entry in kind or ())


def _metric(described: Json) -> str:
    config = described.get("HyperParameterTuningJobConfig") or {}
    return str((config.get("HyperParameterTuningJobObjective") or {}).get("MetricName") or "")
