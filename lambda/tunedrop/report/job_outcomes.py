"""How a run's jobs ended, for the report: the attempts that count, and all that there were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from tunedrop import keys
from tunedrop.report.results import JobAttempt
from tunedrop.running.attempts import (
    NOT_STARTED,
    Attempt,
    RequestedJobs,
    describe_attempts,
    read_attempts,
)
from tunedrop.running.jobs import Job
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan, TuningJobPlan


class JobResult(BaseModel):
    """jobs/<attempt>.result.json: how a SageMaker job ended."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    job: str
    status: str
    failure_reason: str | None = ""
    description: dict[str, Any] | None = None
    error: Any = None

    def described(self, key: str) -> Any:
        """Return one value of the describe answer; None when there is none."""
        return (self.description or {}).get(key)

    @property
    def reason(self) -> str:
        """Why it failed, in one string."""
        return str(self.failure_reason or self.error or "")


@dataclass(frozen=True)
class JobOutcomes:
    """SageMaker's names of the attempts that count, by the plan's, and how they ended.

    `attempts` has all of them: the plan's name of a job -> its attempts.
    """

    tuning_jobs: Mapping[str, str]
    confirm: str
    results: Mapping[str, JobResult]
    attempts: Mapping[str, tuple[Attempt, ...]] = field(default_factory=dict)

    def terms(self, planned: TuningJobPlan) -> dict[str, Any]:
        """Return what SageMaker was asked for at last, where that is not what the plan says."""
        attempts = self.attempts.get(planned.name)
        if not attempts:
            return {}
        request = attempts[-1].settings
        return {
            "max_parallel_training_jobs": request.parallel,
            "parents": planned.parents if request.warm_start else (),
        }

    def earlier(self, job: str) -> list[Attempt]:
        """Return the attempts at a job that ran and brought nothing."""
        before = self.attempts.get(job, ())[:-1]
        return [attempt for attempt in before if attempt.status not in ("", NOT_STARTED)]

    @property
    def all_attempts(self) -> tuple[JobAttempt, ...]:
        """Every attempt, as results.json has it."""
        return tuple(
            JobAttempt(
                job=job,
                name=attempt.name,
                instance_type=attempt.settings.type,
                spot=attempt.settings.spot,
                parallel=attempt.settings.parallel,
                status=attempt.status,
                cause=attempt.cause or "",
            )
            for job, attempts in self.attempts.items()
            for attempt in attempts
        )

    def warnings(self, plan: Plan) -> tuple[str, ...]:
        """Return a sentence for each job that took more than one attempt."""
        names = {job.name: f"The tuning of {job.estimator.key}" for job in plan.tuning_jobs}
        names[plan.confirm.name] = "Confirm"
        return tuple(
            f"{names[job]} took {len(attempts)} attempts: {describe_attempts(attempts)}."
            for job, attempts in self.attempts.items()
            if len(attempts) > 1
        )


def read_job_outcomes(bucket: Bucket, plan: Plan) -> JobOutcomes:
    """Read what jobs/ has of a plan's jobs."""
    requested = RequestedJobs.read(bucket, plan.dataset, plan.run_id)
    tuning_jobs = {job.name: requested.tuning_job(job) for job in plan.tuning_jobs}
    confirm = requested.latest(plan.confirm.name)
    results = {}
    for name in (*tuning_jobs.values(), confirm):
        key = keys.job_result(plan.dataset, plan.run_id, name)
        result = bucket.find_record(key, JobResult)
        if result is not None:
            results[name] = result
    run = {"dataset": plan.dataset, "run_id": plan.run_id}
    jobs = [Job(**run, job=name, kind="tuning") for name in tuning_jobs]
    jobs.append(Job(**run, job=plan.confirm.name, kind="confirm"))
    attempts = {job.job: tuple(read_attempts(bucket, job)) for job in jobs}
    return JobOutcomes(tuning_jobs, confirm, results, attempts)
