"""How a run's jobs ended: `jobs/<attempt>.result.json`, written once by whoever learns it first.

AwaitJob, ResumeRun and the reconciliation may all learn it; WriteReport and RecordFailure read it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tunedrop import keys
from tunedrop.running.attempts import NOT_STARTED, RequestedJobs, read_result
from tunedrop.running.causes import cause_of_end
from tunedrop.running.jobs import Job, JobState
from tunedrop.running.ladder import Cause
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

logger = logging.getLogger(__name__)


def record_end(
    bucket: Bucket, sagemaker: SageMakerClient, job: Job, state: JobState
) -> dict[str, Any]:
    """Write how a job ended, unless it has been written; return what is written."""
    if state.outcome is None:
        raise ValueError(f"{job.name} is {state.status}: it has not ended")
    written = read_result(bucket, job)
    if written is not None:
        return written
    cause = cause_of_end(sagemaker, job, state)
    result = {
        "job": job.name,
        "kind": job.kind,
        "status": state.outcome,
        **({"cause": cause} if cause else {}),
        "failure_reason": state.failure_reason,
        "description": state.description,
    }
    return result if _write(bucket, job, result) else read_result(bucket, job) or result


def record_not_started(
    bucket: Bucket, job: Job, error: str, *, cause: Cause | None = None, fits: int = 0
) -> dict[str, Any]:
    """Write that a job could not be started or awaited, and why; return what is written.

    An end that has been written stays. Another attempt follows when there is a cause; `fits` is how
    many machines a quota that is too small has room for.
    """
    result: dict[str, Any] = {
        "job": job.name,
        "kind": job.kind,
        "status": NOT_STARTED,
        "error": error,
    }
    if cause:
        result |= {"cause": cause} | ({"fits": fits} if fits else {})
    return result if _write(bucket, job, result) else read_result(bucket, job) or result


def outcomes(bucket: Bucket, plan: Plan, requested: RequestedJobs) -> dict[str, str]:
    """Return the recorded status of each tuning job of a plan, "unknown" where there is none."""
    found: dict[str, str] = {}
    for planned in plan.tuning_jobs:
        job = Job(
            dataset=plan.dataset,
            run_id=plan.run_id,
            job=planned.name,
            kind="tuning",
            attempt=requested.tuning_job(planned),
        )
        found[job.name] = (read_result(bucket, job) or {}).get("status", "unknown")
    return found


def _write(bucket: Bucket, job: Job, result: dict[str, Any]) -> bool:
    key = keys.job_result(job.dataset, job.run_id, job.name)
    written = bucket.put_json_once(key, result)
    if written:
        logger.info("%s ended: %s", job.name, result["status"])
    return written
