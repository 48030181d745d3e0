"""The attempts at a run's jobs, in `jobs/`: requests, results, which one counts, what is next.

An attempt exists once its request is written; the last one counts. `<attempt>.result.json` is
written once, by AwaitJob, ResumeRun or the reconciliation; WriteReport and RecordFailure read it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from tunedrop import keys
from tunedrop.errors import UnreadableState
from tunedrop.run_record import RunFolder
from tunedrop.running import jobs
from tunedrop.running.causes import cause_of_end
from tunedrop.running.jobs import Job, JobState
from tunedrop.running.next_attempt import CAUSE_TEXT, AttemptSettings, Cause, next_settings
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan, TuningJobPlan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

# What AwaitJob and ResumeRun answer when another attempt follows; the state machine catches it.
NEXT_ATTEMPT = "NextAttempt"
NOT_STARTED = "NotStarted"

logger = logging.getLogger(__name__)


class _Definition(BaseModel, frozen=True, extra="allow"):
    """What both kinds of job ask for; what is not read here is kept as it is."""

    ResourceConfig: dict[str, Any] = {}
    EnableManagedSpotTraining: bool = False


class _TuningConfig(BaseModel, frozen=True, extra="allow"):
    ResourceLimits: dict[str, int] = {}


class JobRequest(_Definition, frozen=True, extra="allow"):
    """jobs/<attempt>.request.json: the arguments of the create call, of either kind of job."""

    TrainingJobDefinition: _Definition | None = None
    HyperParameterTuningJobConfig: _TuningConfig = _TuningConfig()

    def arguments(self) -> dict[str, Any]:
        """Return them as they were written."""
        return self.model_dump(exclude_unset=True)


class JobResult(BaseModel, frozen=True):
    """jobs/<attempt>.result.json: how a SageMaker job ended, or why it was not started.

    Parameters
    ----------
    cause
        Why it was not finished, if another attempt can help.
    description
        SageMaker's description of the job.
    fits
        How many instances a quota below the request allows.
    """

    status: str
    cause: Cause | None = None
    failure_reason: str = ""
    description: dict[str, Any] = {}
    error: str = ""
    fits: int = 0

    @property
    def reason(self) -> str:
        """Why it failed, in one string."""
        return self.failure_reason or self.error


@dataclass(frozen=True)
class Attempt:
    """One attempt: what was asked for, and how it ended, as far as that is known."""

    name: str
    request: JobRequest
    result: JobResult | None

    @property
    def cause(self) -> Cause | None:
        """Why it was not finished, if another attempt can help."""
        return self.result.cause if self.result else None

    @property
    def status(self) -> str:
        """How it ended; "" when that is not recorded."""
        return self.result.status if self.result else ""

    @property
    def settings(self) -> AttemptSettings:
        """What its request asks for."""
        definition = self.request.TrainingJobDefinition or self.request
        limits = self.request.HyperParameterTuningJobConfig.ResourceLimits
        return AttemptSettings(
            type=str(definition.ResourceConfig.get("InstanceType", "")),
            spot=definition.EnableManagedSpotTraining,
            parallel=limits.get("MaxParallelTrainingJobs", 1),
            warm_start="WarmStartConfig" in self.request.model_fields_set,
        )


def read_attempts(bucket: Bucket, job: Job) -> list[Attempt]:
    """Read the attempts at one job, in their order."""
    return [
        Attempt(
            name=attempt.name,
            request=bucket.get_record(
                keys.job_request(attempt.dataset, attempt.run_id, attempt.name), JobRequest
            ),
            result=read_result(bucket, attempt),
        )
        for attempt in jobs.known_jobs(bucket, RunFolder(job.dataset, job.run_id))
        if attempt.job == job.job and attempt.attempt
    ]


def with_attempts(bucket: Bucket, plan: Plan) -> Plan:
    """Return the plan with SageMaker's names of its jobs, of the attempts that count."""
    latest = jobs.latest_jobs(bucket, RunFolder(plan.dataset, plan.run_id))
    names = {base: job.name for base, job in latest.items()}
    tuning_jobs = (
        job.model_copy(update={"name": job.finished_job or names.get(job.name, job.name)})
        for job in plan.tuning_jobs
    )
    confirm = {"name": names.get(plan.confirm.name, plan.confirm.name)}
    return plan.model_copy(
        update={
            "tuning_jobs": tuple(tuning_jobs),
            "confirm": plan.confirm.model_copy(update=confirm),
        }
    )


def read_result(bucket: Bucket, job: Job) -> JobResult | None:
    """Read how a job ended; None when nobody has written it, or when that is damaged."""
    try:
        return bucket.find_record(keys.job_result(job.dataset, job.run_id, job.name), JobResult)
    except UnreadableState as error:
        logger.error("%s", error)
        return None


def record_end(bucket: Bucket, sagemaker: SageMakerClient, job: Job, state: JobState) -> JobResult:
    """Write how a job ended, unless it has been written; return what is written."""
    if state.outcome is None:
        raise ValueError(f"{job.name} is {state.status}: it has not ended")
    written = read_result(bucket, job)
    if written is not None:
        return written
    result = JobResult(
        status=state.outcome,
        cause=cause_of_end(sagemaker, job, state),
        failure_reason=state.failure_reason,
        description=state.description,
    )
    return _write(bucket, job, result)


def record_not_started(
    bucket: Bucket, job: Job, error: str, *, cause: Cause | None = None, fits: int = 0
) -> JobResult:
    """Write that a job could not be started or awaited, and why; return what is written.

    An end that has been written stays. Another attempt follows when there is a cause.
    """
    result = JobResult(status=NOT_STARTED, error=error, cause=cause, fits=fits)
    return _write(bucket, job, result)


def settings_after(plan: Plan, job: Job, attempts: Sequence[Attempt]) -> AttemptSettings | None:
    """Decide what the attempt after these asks for; None when none follows."""
    first = first_settings(plan, job)
    if not attempts:
        return first
    last = attempts[-1]
    fits = last.result.fits if last.result else 0
    return next_settings(first, plan.fallback_instances, last.settings, last.cause, fits)


def first_settings(plan: Plan, job: Job) -> AttemptSettings:
    """Return what the plan asks for at first."""
    planned = planned_job(plan, job)
    return AttemptSettings(
        type=plan.instance.type,
        spot=plan.instance.spot,
        parallel=planned.max_parallel_training_jobs if planned else 1,
        warm_start=bool(planned and planned.parents),
    )


def planned_job(plan: Plan, job: Job) -> TuningJobPlan | None:
    """Return what the plan says of a tuning job; None for Confirm."""
    if job.kind == "confirm":
        return None
    return {planned.name: planned for planned in plan.tuning_jobs}[job.job]


def describe_attempts(attempts: Sequence[Attempt]) -> str:
    """Return one sentence on several attempts; "" if the first one was enough.

    Nothing in it comes from the dataset.
    """
    if len(attempts) < 2 and not any(attempt.cause for attempt in attempts):
        return ""
    return ", ".join(
        f"{number}. on {attempt.settings.instance}: {_describe_end(attempt)}"
        for number, attempt in enumerate(attempts, start=1)
    )


def _describe_end(attempt: Attempt) -> str:
    if attempt.cause:
        return CAUSE_TEXT[attempt.cause]
    names = {"": "not finished", NOT_STARTED: "not started"}
    return names.get(attempt.status, attempt.status.lower())


def _write(bucket: Bucket, job: Job, result: JobResult) -> JobResult:
    """Write a result unless there is one; return the one that is there."""
    key = keys.job_result(job.dataset, job.run_id, job.name)
    if bucket.put_json_once(key, result.model_dump(exclude_defaults=True)):
        logger.info("%s ended: %s", job.name, result.status)
        return result
    return read_result(bucket, job) or result
