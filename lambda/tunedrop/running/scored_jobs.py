"""The training jobs of a run's tuning that scored every fold, best first: the first is the winner.

Those are the completed ones, and under Hyperband those that SageMaker stopped at the last fold.
Decided by StartJob when it starts Confirm, so the answer is the same however often it is asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tunedrop.aws_errors import code_of, translated
from tunedrop.errors import NoSuccessfulTrainingJob
from tunedrop.running.attempts import RequestedJobs
from tunedrop.running.job_requests import ScoredJob
from tunedrop.running.job_results import outcomes
from tunedrop.running.job_setup import FOLDS_DONE
from tunedrop.running.jobs import JobNotFound, describe
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan, TuningJobPlan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

PAGE_SIZE = 100

# Whether a stopped training job has all folds costs a call each: for the winner as many as it
# takes, for those behind it so many of a tuning job.
MOST_ASKED = 40


def best_jobs(
    bucket: Bucket, sagemaker: SageMakerClient, plan: Plan, most: int
) -> tuple[ScoredJob, ...]:
    """Return the best training jobs of all of a run's tuning jobs, at least one, at most `most`.

    Ties go to the tuning job that the plan names first, then to the training job that was created
    first: small datasets give the same score to many training jobs.

    Raises
    ------
    NoSuccessfulTrainingJob
        When none has scored every fold.
    """
    requested = RequestedJobs.read(bucket, plan.dataset, plan.run_id)
    found: list[ScoredJob] = []
    for planned in plan.tuning_jobs:
        found += _best_of(sagemaker, plan, planned, requested.tuning_job(planned), most)
    if not found:
        raise NoSuccessfulTrainingJob(_nothing_to_confirm(bucket, plan, requested))
    return tuple(sorted(found, key=lambda job: -job.objective)[:most])


def _best_of(
    sagemaker: SageMakerClient, plan: Plan, planned: TuningJobPlan, tuning_job: str, most: int
) -> list[ScoredJob]:
    """Return the best training jobs of one tuning job, best first."""
    found: list[tuple[float, Any]] = []
    asked = 0
    for job in _by_objective(sagemaker, tuning_job):
        value = objective(job)
        if value is None:
            continue
        if len(found) >= most and value < found[-1][0]:
            break  # the listing is ordered; ties with the last one are sorted below
        if job["TrainingJobStatus"] != "Completed" and found:
            asked += 1
            if asked > MOST_ASKED:
                continue
        if _is_complete(sagemaker, plan, planned, job):
            found.append((value, job))
    found.sort(key=lambda each: (-each[0], each[1]["CreationTime"], each[1]["TrainingJobName"]))
    return [
        ScoredJob(
            estimator=planned.estimator,
            tuning_job=tuning_job,
            training_job=job["TrainingJobName"],
            objective=value,
            tuned=dict(job.get("TunedHyperParameters") or {}),
        )
        for value, job in found[:most]
    ]


def _is_complete(sagemaker: SageMakerClient, plan: Plan, planned: TuningJobPlan, job: Any) -> bool:
    """Whether a training job has scored every fold, so that its objective is the mean of all."""
    if job["TrainingJobStatus"] == "Completed":
        return True
    # "Once a job reaches the MaxResource value, it is stopped" (HyperbandStrategyConfig), which may
    # come before its own end.
    if planned.strategy != "Hyperband" or job["TrainingJobStatus"] != "Stopped":
        return False
    try:
        state = describe(sagemaker, job["TrainingJobName"], "confirm")
    except JobNotFound:
        return False
    printed = state.description.get("FinalMetricDataList") or ()
    folds = {each["MetricName"]: each["Value"] for each in printed}.get(FOLDS_DONE)
    return folds == plan.cross_validation.folds


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


def _nothing_to_confirm(bucket: Bucket, plan: Plan, requested: RequestedJobs) -> str:
    """Say which tuning jobs ended how; why is in their results, which may quote people's data."""
    recorded = outcomes(bucket, plan, requested).items()
    ends = ", ".join(f"{name}: {status}" for name, status in recorded)
    return f"No tuning job of the run has a completed training job with a score ({ends})."
