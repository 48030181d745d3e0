"""The plan of a run that resumes a failed one: that one's plan, with its finished tuning jobs.

What was decided about the data stays, so that scores compare; what is in use today is looked up
again: the champion, the deployment's part of the report and, for jobs that are still to be started,
the machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from tunedrop import __version__, keys, wording
from tunedrop.environment import Limits, PlanRunEnvironment
from tunedrop.errors import LimitError
from tunedrop.planning.costs import Budget, keep_within_cost, plan_cost
from tunedrop.planning.earlier_runs import add_champion, expected_times
from tunedrop.planning.machines import choose_fallback_instances
from tunedrop.planning.prices import PriceList, find_prices
from tunedrop.run_record import Run, RunFolder
from tunedrop.running import jobs
from tunedrop.running.attempts import read_attempts, with_attempts
from tunedrop.running.next_attempt import has_more_memory
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan, TuningJobPlan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


def resume_plan(
    bucket: Bucket,
    sagemaker: SageMakerClient,
    run: Run,
    failed_run: str,
    environment: PlanRunEnvironment,
    price_list: PriceList | None,
) -> Plan:
    """Make the plan of `run` from that of the failed run of the same dataset."""
    failed = with_attempts(bucket, bucket.get_record(keys.plan(run.dataset, failed_run), Plan))
    tuning_jobs = tuple(
        job.model_copy(
            update={
                "name": jobs.name_tuning_job(
                    environment.job_prefix, run.dataset, run.run_id, index
                ),
                "finished_job": _finished(sagemaker, job.name),
            }
        )
        for index, job in enumerate(failed.tuning_jobs)
    )
    limits, _ = find_prices(bucket, price_list, environment.limits)
    times = expected_times(bucket, run)
    instance_type, why = _choose_instance_type(bucket, failed, limits)
    budget = keep_within_cost(
        _budget(failed, tuning_jobs, instance_type, limits),
        limits,
        times,
        spot=failed.instance.spot,
        may_shorten=False,
        where=f"{run.dataset}/{failed_run}",
    )
    name = jobs.name_confirm_job(environment.job_prefix, run.dataset, run.run_id)
    plan = failed.model_copy(
        update={
            "run_id": run.run_id,
            "tuning_jobs": tuning_jobs,
            "confirm": failed.confirm.model_copy(update={"name": name}),
            "instance": failed.instance.model_copy(update={"type": instance_type}),
            "fallback_instances": budget.fallback_instances,
            "cost": plan_cost(budget, limits.prices_usd_per_hour, times),
            "report": failed.report.model_copy(update=asdict(environment.report)),
            "image": environment.training_image,
            "release": __version__,
            "warnings": (
                *failed.warnings,
                *_of_another_release(failed, environment),
                *budget.warnings,
            ),
            "decisions": (
                *failed.decisions,
                _what_is_taken_over(failed_run, tuning_jobs),
                *why,
                *budget.decisions,
            ),
        }
    )
    return add_champion(bucket, plan)


def _of_another_release(failed: Plan, environment: PlanRunEnvironment) -> tuple[str, ...]:
    if (failed.image, failed.release) == (environment.training_image, __version__):
        return ()
    return (
        "The resumed run began with another release or training image, which scored its tuning "
        "jobs. Confirm uses the current one.",
    )


def _finished(sagemaker: SageMakerClient, name: str) -> str:
    """Return the name of a tuning job that has what a tuned model needs; "" for one to start again.

    One that is being stopped counts too: AwaitJob waits for its end.
    """
    state = jobs.describe(sagemaker, name, "tuning")
    return name if state is not None and state.completed and state.scored else ""


def _choose_instance_type(
    bucket: Bucket, failed: Plan, limits: Limits
) -> tuple[str, tuple[str, ...]]:
    """Return the failed run's type, or the first larger one if it ran out of memory, and why."""
    run = RunFolder(failed.dataset, failed.run_id)
    exhausted = [
        attempt.settings.type
        for job in jobs.latest_jobs(bucket, run).values()
        for attempt in read_attempts(bucket, job)
        if attempt.cause == "memory"
    ]
    if not exhausted:
        return failed.instance.type, ()
    types = ", ".join(dict.fromkeys(exhausted))
    for allowed in limits.instance_types:
        if all(has_more_memory(allowed, instance_type) for instance_type in exhausted):
            return allowed, (
                f"The jobs start on {allowed}, after they ran out of memory on {types}.",
            )
    raise LimitError(
        "The run ran out of memory, and no larger instance type is allowed",
        where=f"{failed.dataset}/{failed.run_id}",
        found=f"out of memory on {types}",
        expected="a type with more memory in limits.instance_types",
        to_do="Ask the operators of this deployment to allow a larger instance type, then: "
        f"tunedrop resume {failed.dataset}/{failed.run_id}. Or drop the dataset again, with fewer "
        "rows or columns.",
    )


def _budget(
    failed: Plan, tuning_jobs: Sequence[TuningJobPlan], instance_type: str, limits: Limits
) -> Budget:
    """Return what the jobs may use that are still to be started."""
    first_job = tuning_jobs[0]  # all of a plan have the same runtime
    return Budget(
        training_jobs={
            job.estimator.key: job.max_training_jobs for job in tuning_jobs if not job.finished_job
        },
        parallel_training_jobs=first_job.max_parallel_training_jobs,
        parallel_tuning_jobs=failed.parallel_tuning_jobs,
        max_runtime_seconds=first_job.max_runtime_seconds,
        training_job_seconds={
            job.estimator.key: job.max_training_job_seconds for job in tuning_jobs
        },
        confirm_seconds=failed.confirm.max_seconds,
        instance_type=instance_type,
        fallback_instances=choose_fallback_instances(
            instance_type, limits.instance_types, spot=failed.instance.spot
        ),
    )


def _what_is_taken_over(failed_run: str, tuning_jobs: tuple[TuningJobPlan, ...]) -> str:
    finished = sum(bool(job.finished_job) for job in tuning_jobs)
    return (
        f"The run {failed_run} is resumed with the results of {finished} of its "
        f"{wording.count(len(tuning_jobs), 'tuning job')}."
    )
