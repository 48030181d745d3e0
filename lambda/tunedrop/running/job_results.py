"""How a run's jobs ended: `jobs/<job>.result.json`, written once by whoever learns it first.

AwaitJob, ResumeRun and the sweep may all learn it; WriteReport and RecordFailure read it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tunedrop import keys
from tunedrop.aws_errors import code_of, translated
from tunedrop.running.jobs import Job, JobState
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

NOT_STARTED = "NotStarted"

logger = logging.getLogger(__name__)


def record_end(bucket: Bucket, job: Job, state: JobState) -> None:
    """Write how a job ended, unless it has been written."""
    if state.outcome is None:
        raise ValueError(f"{job.job} is {state.status}: it has not ended")
    _write(
        bucket,
        job,
        {
            "job": job.job,
            "kind": job.kind,
            "status": state.outcome,
            "failure_reason": state.failure_reason,
            "description": state.description,
        },
    )


def record_not_started(bucket: Bucket, job: Job, error: str) -> None:
    """Write that a job could not be started or awaited, and why, unless an end has been written."""
    _write(
        bucket,
        job,
        {"job": job.job, "kind": job.kind, "status": NOT_STARTED, "error": error},
    )


def end_of(bucket: Bucket, job: Job) -> dict[str, Any] | None:
    """Read how a job ended; None when nobody has written it."""
    result = bucket.find_json(keys.job_result(job.dataset, job.run_id, job.job))
    return result if isinstance(result, dict) else None


def reason_of(result: dict[str, Any]) -> str:
    """Why a job did not complete, in SageMaker's words or in those of the error at its start."""
    return str(result.get("failure_reason") or result.get("error") or "")


def training_job_failures(sagemaker: SageMakerClient, tuning_job: str, most: int) -> list[str]:
    """Return why training jobs of a tuning job failed: the first `most` different reasons."""
    try:
        with translated():
            answer = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=tuning_job,
                StatusEquals="Failed",
                SortBy="CreationTime",
                SortOrder="Ascending",
                MaxResults=100,
            )
    except ClientError as error:
        # What is denied or gone must not keep the failure itself from being recorded.
        logger.warning("%s does not say why training jobs failed: %s", tuning_job, code_of(error))
        return []
    reasons = (job.get("FailureReason", "") for job in answer["TrainingJobSummaries"])
    return list(dict.fromkeys(reason for reason in reasons if reason))[:most]


def outcomes(bucket: Bucket, plan: Plan) -> dict[str, str]:
    """Return the recorded status of each tuning job of a plan, "unknown" where there is none."""
    found: dict[str, str] = {}
    for tuning_job in plan.tuning_jobs:
        key = keys.job_result(plan.dataset, plan.run_id, tuning_job.name)
        found[tuning_job.name] = (bucket.find_json(key) or {}).get("status", "unknown")
    return found


def _write(bucket: Bucket, job: Job, result: dict[str, Any]) -> None:
    key = keys.job_result(job.dataset, job.run_id, job.job)
    if bucket.put_json_once(key, result):
        logger.info("%s ended: %s", job.job, result["status"])
