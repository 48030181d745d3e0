"""The attempts at a run's jobs, read from `jobs/`: which there were, which counts, what is next.

An attempt exists when its request is written. The one that counts is the last one: it is asked for
only when the ones before it brought nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from tunedrop import keys
from tunedrop.errors import UnreadableState
from tunedrop.running import job_names
from tunedrop.running.jobs import Job
from tunedrop.running.ladder import WORDS, Cause, Terms, Tried, is_cause, next_terms
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan, TuningJobPlan

# What AwaitJob and ResumeRun answer when another attempt follows; the state machine catches it.
NEXT_ATTEMPT = "NextAttempt"
NOT_STARTED = "NotStarted"

_REQUEST = ".request.json"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RequestedJobs:
    """SageMaker's names of all jobs that a run has asked for, from one listing."""

    names: frozenset[str]

    @classmethod
    def read(cls, bucket: Bucket, dataset: str, run_id: str) -> RequestedJobs:
        """Look which requests a run has written."""
        folder = keys.jobs_folder(dataset, run_id)
        return cls(_requested(bucket.list_keys(folder), folder))

    def attempts(self, base: str) -> tuple[str, ...]:
        """Return the names of the attempts at a job, in their order."""
        return _in_order(base, self.names)

    def latest(self, base: str) -> str:
        """Return the name of the attempt that counts; the job's own when none was asked for."""
        return (self.attempts(base) or (base,))[-1]

    def tuning_job(self, planned: TuningJobPlan) -> str:
        """Return SageMaker's name of the tuning job that counts for a planned one."""
        return planned.finished_job or self.latest(planned.name)


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


@dataclass(frozen=True)
class Attempt:
    """One attempt: what was asked for, and how it ended, as far as that is known."""

    name: str
    number: int
    request: JobRequest
    result: Mapping[str, Any] | None

    @property
    def cause(self) -> Cause | None:
        """Why it was not finished, if another attempt can help."""
        cause = (self.result or {}).get("cause")
        return cause if is_cause(cause) else None

    @property
    def status(self) -> str:
        """How it ended; "" when that is not recorded."""
        return str((self.result or {}).get("status", ""))

    @property
    def terms(self) -> Terms:
        """What its request asks for."""
        definition = self.request.TrainingJobDefinition or self.request
        limits = self.request.HyperParameterTuningJobConfig.ResourceLimits
        return Terms(
            type=str(definition.ResourceConfig.get("InstanceType", "")),
            spot=definition.EnableManagedSpotTraining,
            parallel=limits.get("MaxParallelTrainingJobs", 1),
            warm_start="WarmStartConfig" in self.request.model_fields_set,
        )

    @property
    def tried(self) -> Tried:
        """What the ladder needs to know of it."""
        return Tried(self.terms, self.cause, int((self.result or {}).get("fits", 0)))


def read_attempts(bucket: Bucket, job: Job) -> list[Attempt]:
    """Read the attempts at one job, in their order."""
    folder = keys.jobs_folder(job.dataset, job.run_id)
    names = _in_order(job.job, _requested(bucket.list_keys(folder + job.job), folder))
    return [
        Attempt(
            name=name,
            number=job_names.number_of(job.job, name) or 1,
            request=bucket.get_record(keys.job_request(job.dataset, job.run_id, name), JobRequest),
            result=read_result(bucket, job.attempted_as(name)),
        )
        for name in names
    ]


def read_result(bucket: Bucket, job: Job) -> dict[str, Any] | None:
    """Read how a job ended; None when nobody has written it, or when that is damaged."""
    try:
        result = bucket.find_json(keys.job_result(job.dataset, job.run_id, job.name))
    except UnreadableState as error:
        logger.error("%s", error)
        return None
    return result if isinstance(result, dict) else None


def terms_after(plan: Plan, job: Job, attempts: Sequence[Attempt]) -> Terms | None:
    """Decide what the attempt after these asks for; None when none follows."""
    return next_terms(
        first_terms(plan, job), plan.fallback_instances, attempts[-1].tried if attempts else None
    )


def first_terms(plan: Plan, job: Job) -> Terms:
    """Return what the plan asks for at first."""
    planned = planned_job(plan, job)
    return Terms(
        type=plan.instance.type,
        spot=plan.instance.spot,
        parallel=planned.max_parallel_training_jobs if planned else 1,
        warm_start=bool(planned and planned.parents),
    )


def planned_job(plan: Plan, job: Job) -> TuningJobPlan | None:
    """Return what the plan says of a tuning job; None for Confirm."""
    return next((planned for planned in plan.tuning_jobs if planned.name == job.job), None)


def in_words(attempts: Sequence[Attempt]) -> str:
    """Return several attempts as one sentence for people; "" when a first one was enough.

    Nothing in it comes out of people's data.
    """
    if len(attempts) < 2 and not any(each.cause for each in attempts):
        return ""
    ends = (
        _in_words(each, before) for before, each in zip([None, *attempts], attempts, strict=False)
    )
    return ", ".join(f"{number}. {end}" for number, end in enumerate(ends, start=1))


def _in_words(attempt: Attempt, before: Attempt | None) -> str:
    terms = attempt.terms
    where = f"on {terms.machine}"
    if before is not None and terms.parallel < before.terms.parallel:
        where += f", {terms.parallel} in parallel"
    if before is not None and before.terms.warm_start and not terms.warm_start:
        where += ", without warm start"
    return f"{where}: {WORDS[attempt.cause] if attempt.cause else _ended_as(attempt.status)}"


def _ended_as(status: str) -> str:
    return {"": "not finished", NOT_STARTED: "not started"}.get(status, status.lower())


def _requested(listed: Iterable[str], folder: str) -> frozenset[str]:
    return frozenset(
        key.removeprefix(folder).removesuffix(_REQUEST) for key in listed if key.endswith(_REQUEST)
    )


def _in_order(base: str, names: Iterable[str]) -> tuple[str, ...]:
    numbered = ((job_names.number_of(base, name), name) for name in names)
    return tuple(name for _, name in sorted((n, name) for n, name in numbered if n is not None))
