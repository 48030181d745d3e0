"""The plan of a run that resumes a failed one: that one's plan, with its finished tuning jobs.

What was decided about the data stays, so that scores compare; what is in use today is looked up
again: the champion, the deployment's part of the report and, for jobs that are still to be started,
the machines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from tunedrop import __version__, keys
from tunedrop.environment import Limits, PlanRunEnvironment
from tunedrop.errors import LimitError
from tunedrop.planning.costs import (
    Budget,
    JobTimes,
    expected_times,
    plan_cost,
    seconds_per_contender,
)
from tunedrop.planning.earlier_runs import find_champion
from tunedrop.planning.machines import MAX_FALLBACK_INSTANCES, choose_fallback_instances
from tunedrop.planning.prices import PriceList, find_prices
from tunedrop.run_record import Run, RunFolder
from tunedrop.running import jobs
from tunedrop.running.attempts import RequestedJobs, read_attempts
from tunedrop.running.next_attempt import has_more_memory
from tunedrop.storage import Bucket
from tunedrop_common.plan import (
    FEATURE_ROLES,
    ConfirmPlan,
    FallbackInstance,
    Plan,
    PlannedCost,
    TuningJobPlan,
)

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
    failed = bucket.get_record(keys.plan(run.dataset, failed_run), Plan)
    requested = RequestedJobs.read(bucket, run.dataset, failed_run)
    tuning_jobs = tuple(
        job.model_copy(
            update={
                "name": jobs.name_tuning_job(
                    environment.job_prefix, run.dataset, run.run_id, index
                ),
                "finished_job": _finished(sagemaker, requested.tuning_job(job)),
            }
        )
        for index, job in enumerate(failed.tuning_jobs)
    )
    prices = find_prices(bucket, price_list, environment.limits).usd_per_hour
    instance_type, why = _choose_instance_type(bucket, failed, environment.limits)
    budget = _budget(failed, tuning_jobs, instance_type)
    instances, cost = _affordable(
        budget, environment.limits, prices, expected_times(bucket, run), failed
    )
    return failed.model_copy(
        update={
            "run_id": run.run_id,
            "tuning_jobs": tuning_jobs,
            "confirm": _confirm(bucket, run, failed, environment),
            "instance": failed.instance.model_copy(update={"type": instance_type}),
            "fallback_instances": instances,
            "cost": cost,
            "report": failed.report.model_copy(update=asdict(environment.report)),
            "image": environment.training_image,
            "release": __version__,
            "warnings": (*failed.warnings, *_of_another_release(failed, environment)),
            "decisions": (*failed.decisions, _what_is_taken_over(failed_run, tuning_jobs), *why),
        }
    )


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
    try:
        state = jobs.describe(sagemaker, name, "tuning")
    except jobs.JobNotFound:
        return ""
    completed = state.description.get("TrainingJobStatusCounters", {}).get("Completed", 0)
    scored = state.description.get("ObjectiveStatusCounters", {}).get("Succeeded", 0)
    return name if completed and scored else ""


def _confirm(
    bucket: Bucket, run: Run, failed: Plan, environment: PlanRunEnvironment
) -> ConfirmPlan:
    champion = find_champion(
        bucket,
        run.dataset,
        task=failed.task,
        target=failed.data.target,
        objective=failed.metric.objective,
        features=[column.name for column in failed.data.columns if column.role in FEATURE_ROLES],
        weighted="weight" in failed.data.row_columns,
    )
    seconds = failed.confirm.max_seconds
    contenders = seconds_per_contender(seconds, len(failed.tuning_jobs), champion.champion)
    return failed.confirm.model_copy(
        update={
            "name": jobs.name_confirm_job(environment.job_prefix, run.dataset, run.run_id),
            **champion._asdict(),
            "max_seconds_per_contender": contenders,
        }
    )


def _choose_instance_type(
    bucket: Bucket, failed: Plan, limits: Limits
) -> tuple[str, tuple[str, ...]]:
    """Return the failed run's type, or the first larger one if it ran out of memory, and why."""
    run = RunFolder(failed.dataset, failed.run_id)
    exhausted = [
        attempt.settings.type
        for job in jobs.planned_jobs(bucket, run)
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


def _budget(failed: Plan, tuning_jobs: Sequence[TuningJobPlan], instance_type: str) -> Budget:
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
        fallback_instances=(),
    )


def _affordable(
    budget: Budget, limits: Limits, prices: Mapping[str, float], times: JobTimes, failed: Plan
) -> tuple[tuple[FallbackInstance, ...], PlannedCost]:
    """Return today's machines for further attempts, as many as the cost limit allows."""
    limit = limits.max_cost_usd
    for count in range(MAX_FALLBACK_INSTANCES, -1, -1):
        instances = choose_fallback_instances(
            budget.instance_type, limits.instance_types, spot=failed.instance.spot, max_count=count
        )
        cost = plan_cost(replace(budget, fallback_instances=instances), prices, times)
        if limit is None or cost.max_usd is None or cost.max_usd <= limit:
            return instances, cost
    raise LimitError(
        "The resumed run could cost more than this deployment allows",
        where=f"{failed.dataset}/{failed.run_id}",
        found=f"a maximum of {cost.max_usd:.2f} USD on {budget.instance_type}",
        expected=f"at most {limit:.2f} USD (max_cost_usd)",
        to_do="Ask the operators of this deployment to raise the limit, or drop the dataset again.",
    )


def _what_is_taken_over(failed_run: str, tuning_jobs: tuple[TuningJobPlan, ...]) -> str:
    finished = sum(bool(job.finished_job) for job in tuning_jobs)
    return (
        f"The run {failed_run} is resumed with the results of {finished} of its {len(tuning_jobs)} "
        f"tuning {'job' if len(tuning_jobs) == 1 else 'jobs'}."
    )
