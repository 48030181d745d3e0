"""Which training job won a run's tuning: the best objective among all completed ones.

Decided by StartJob when it starts Confirm, so the answer is the same however often it is asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tunedrop.aws_errors import code_of, translated
from tunedrop.errors import NoSuccessfulTrainingJob
from tunedrop.running.job_requests import Winner
from tunedrop.running.job_results import outcomes
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

PAGE_SIZE = 100


def winner_of(bucket: Bucket, sagemaker: SageMakerClient, plan: Plan) -> Winner:
    """Return the best completed training job of all of a run's tuning jobs.

    Ties go to the tuning job that the plan names first, then to the training job that was created
    first: small datasets give the same score to many training jobs.
    """
    best: Winner | None = None
    for tuning_job in plan.tuning_jobs:
        found = _best_of(sagemaker, tuning_job.name)
        if found is not None and (best is None or found.objective > best.objective):
            best = found
    if best is None:
        raise NoSuccessfulTrainingJob(_nothing_to_confirm(bucket, plan))
    return best


def _best_of(sagemaker: SageMakerClient, tuning_job: str) -> Winner | None:
    """Return the best completed training job of one tuning job; None when it has none."""
    scored = ((objective(job), job) for job in _by_objective(sagemaker, tuning_job))
    completed = (
        (value, job)
        for value, job in scored
        if value is not None and job["TrainingJobStatus"] == "Completed"
    )
    first = next(completed, None)
    if first is None:
        return None
    ties = takewhile(lambda pair: pair[0] == first[0], completed)
    value, job = min((first, *ties), key=lambda p: (p[1]["CreationTime"], p[1]["TrainingJobName"]))
    return Winner(
        tuning_job=tuning_job,
        training_job=job["TrainingJobName"],
        objective=value,
        tuned=dict(job.get("TunedHyperParameters") or {}),
    )


def objective(summary: Any) -> float | None:
    """Return a training job's final objective; None when it emitted none that is a number."""
    value = (summary.get("FinalHyperParameterTuningJobObjectiveMetric") or {}).get("Value")
    return float(value) if value is not None and math.isfinite(value) else None


def _by_objective(sagemaker: SageMakerClient, tuning_job: str) -> Iterator[Any]:
    """List a tuning job's training jobs, best first; nothing when it was never started."""
    pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=tuning_job,
        SortBy="FinalObjectiveMetricValue",
        SortOrder="Descending",
        PaginationConfig={"PageSize": PAGE_SIZE},
    )
    with translated():
        try:
            for page in pages:
                yield from page["TrainingJobSummaries"]
        except ClientError as error:
            if code_of(error) != "ResourceNotFound":
                raise


def _nothing_to_confirm(bucket: Bucket, plan: Plan) -> str:
    """Say which tuning jobs ended how; why is in their results, which may quote people's data."""
    ends = ", ".join(f"{name}: {status}" for name, status in outcomes(bucket, plan).items())
    return f"No tuning job of the run has a completed training job with a score ({ends})."
