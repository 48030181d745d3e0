"""How a run's jobs ended, for the report: the attempts that count, and all that there were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tunedrop import keys
from tunedrop.running.attempts import (
    NOT_STARTED,
    Attempt,
    JobResult,
    describe_attempts,
    read_attempts,
)
from tunedrop.running.jobs import Job, kind_of
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan, TuningJobPlan


@dataclass(frozen=True)
class JobOutcome:
    """How a job of the plan ended.

    Parameters
    ----------
    name
        SageMaker's name of the attempt that counts.
    result
        How that one ended; None when nobody recorded it.
    attempts
        All of them.
    """

    name: str
    result: JobResult | None
    attempts: tuple[Attempt, ...] = ()

    @property
    def earlier(self) -> list[Attempt]:
        """The attempts that ran and brought nothing."""
        return [a for a in self.attempts[:-1] if a.status not in ("", NOT_STARTED)]

    def terms(self, planned: TuningJobPlan) -> dict[str, Any]:
        """Return what SageMaker was asked for at last, where that is not what the plan says."""
        if not self.attempts:
            return {}
        request = self.attempts[-1].settings
        return {
            "max_parallel_training_jobs": request.parallel,
            "parents": planned.parents if request.warm_start else (),
        }


JobOutcomes = Mapping[str, JobOutcome]
"""By the plan's name of each job."""


def attempts_warnings(outcomes: JobOutcomes, plan: Plan) -> tuple[str, ...]:
    """Return a sentence for each job that took more than one attempt."""
    names = {job.name: f"The tuning of {job.estimator.key}" for job in plan.tuning_jobs}
    names[plan.confirm.name] = "Confirm"
    return tuple(
        f"{names[job]} took {len(outcome.attempts)} attempts: "
        f"{describe_attempts(outcome.attempts)}."
        for job, outcome in outcomes.items()
        if len(outcome.attempts) > 1
    )


def read_job_outcomes(bucket: Bucket, plan: Plan) -> JobOutcomes:
    """Read what jobs/ has of a plan's jobs."""
    finished = {job.name: job.finished_job for job in plan.tuning_jobs}
    outcomes = {}
    for name in (*finished, plan.confirm.name):
        run = {"dataset": plan.dataset, "run_id": plan.run_id, "kind": kind_of(name)}
        attempts = tuple(read_attempts(bucket, Job.model_validate({**run, "job": name})))
        counting = finished.get(name) or (attempts[-1].name if attempts else name)
        key = keys.job_result(plan.dataset, plan.run_id, counting)
        outcomes[name] = JobOutcome(counting, bucket.find_record(key, JobResult), attempts)
    return outcomes
