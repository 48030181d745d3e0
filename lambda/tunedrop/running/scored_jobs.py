"""The tuned model of each estimator: its best training job that scored every fold.

Those are the completed ones, and under Hyperband those that SageMaker stopped at the last fold.
Decided by StartJob when it starts Confirm, so the answer is the same however often it is asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tunedrop.aws_errors import code_of
from tunedrop.errors import NoSuccessfulTrainingJob
from tunedrop.running.attempts import with_attempts
from tunedrop.running.job_requests import FOLDS_DONE, ScoredJob
from tunedrop.running.jobs import describe, list_training_jobs
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan, TuningJobPlan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


def best_jobs(bucket: Bucket, sagemaker: SageMakerClient, plan: Plan) -> tuple[ScoredJob, ...]:
    """Return the best training job of each tuning job that has one, the best of all first.

    Ties go to the tuning job that the plan names first, then to the training job that was created
    first: small datasets give the same score to many training jobs.

    Raises
    ------
    NoSuccessfulTrainingJob
        If none has scored every fold.
    """
    named = with_attempts(bucket, plan)
    best = (_best_of(sagemaker, plan, job) for job in named.tuning_jobs)
    scored = [job for job in best if job]
    if not scored:
        raise NoSuccessfulTrainingJob("No training job of the run scored all folds.")
    return tuple(sorted(scored, key=lambda job: -job.objective))


def _best_of(sagemaker: SageMakerClient, plan: Plan, planned: TuningJobPlan) -> ScoredJob | None:
    """Return the best training job of one tuning job; None without any."""
    scored = (job for job in _by_objective(sagemaker, planned.name) if objective(job) is not None)
    for value, ties in groupby(scored, key=objective):
        for job in sorted(ties, key=lambda job: (job["CreationTime"], job["TrainingJobName"])):
            if value is not None and _is_complete(sagemaker, plan, planned, job):
                return ScoredJob(
                    estimator=planned.estimator.key,
                    training_job=job["TrainingJobName"],
                    objective=value,
                    tuned=dict(job.get("TunedHyperParameters") or {}),
                )
    return None


def _is_complete(sagemaker: SageMakerClient, plan: Plan, planned: TuningJobPlan, job: Any) -> bool:
    """Whether a training job has scored every fold, so that its objective is the mean of all."""
    if job["TrainingJobStatus"] == "Completed":
        return True
    # "Once a job reaches the MaxResource value, it is stopped" (HyperbandStrategyConfig), which may
    # come before its own end.
    if planned.strategy != "Hyperband" or job["TrainingJobStatus"] != "Stopped":
        return False
    state = describe(sagemaker, job["TrainingJobName"], "confirm")
    printed = (state and state.description.get("FinalMetricDataList")) or ()
    folds = {metric["MetricName"]: metric["Value"] for metric in printed}.get(FOLDS_DONE)
    return folds == plan.cross_validation.folds


def objective(summary: Any) -> float | None:
    """Return a training job's final objective; None when it emitted none that is a number."""
    value = (summary.get("FinalHyperParameterTuningJobObjectiveMetric") or {}).get("Value")
    return float(value) if value is not None and math.isfinite(value) else None


def _by_objective(sagemaker: SageMakerClient, tuning_job: str) -> Iterator[Any]:
    """List a tuning job's training jobs, best first; nothing when it was never started."""
    try:
        yield from list_training_jobs(
            sagemaker, tuning_job, SortBy="FinalObjectiveMetricValue", SortOrder="Descending"
        )
    except ClientError as error:
        if code_of(error) != "ResourceNotFound":
            raise
