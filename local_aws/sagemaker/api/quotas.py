"""The account's quotas.

The words of ResourceLimitExceeded are AWS's: clients read from them whether waiting can help (the
limit is used up) or not (one request alone exceeds it).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from local_aws.conditions import Quotas
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.jobs.store import Store
from local_aws.sagemaker.search.definition import Definition


def check_tuning_job_quotas(
    request: dict[str, Any],
    definition: Definition,
    store: Store,
    quotas: Quotas,
    *,
    inherited: int,
) -> None:
    """Reject a tuning job that exceeds a quota of the account.

    Parameters
    ----------
    inherited
        The training jobs that its parents launched, which "count against the limit of training
        jobs for the tuning job" (CreateHyperParameterTuningJob, WarmStartConfig).
    """
    config = request["HyperParameterTuningJobConfig"]
    limits, parallel = config["ResourceLimits"], config["ResourceLimits"]["MaxParallelTrainingJobs"]
    running = sum(not job.is_over for job in store.tuning_jobs())
    _require_room(
        "Maximum number of concurrent hyperparameter tuning jobs",
        "Hyperparameter Tuning Jobs",
        limit=quotas.concurrent_tuning_jobs,
        used=running,
        requested=1,
    )
    _require_room(
        "Maximum number of parallel training jobs per hyperparameter tuning job",
        "Training Jobs",
        limit=quotas.parallel_training_jobs,
        used=0,
        requested=parallel,
    )
    random = config["Strategy"] == "Random"
    _require_room(
        "Maximum number of training jobs per hyperparameter tuning job",
        "Training Jobs",
        limit=quotas.random_training_jobs if random else quotas.training_jobs,
        used=0,
        requested=inherited + limits.get("MaxNumberOfTrainingJobs", 1),
    )
    resources = definition.content["ResourceConfig"]
    instances = parallel * resources["InstanceCount"]
    check_instances(resources["InstanceType"], instances, store, quotas)


def check_instances(kind: str, count: int, store: Store, quotas: Quotas) -> None:
    """Reject instances of a type beyond the account's quota for it."""
    if kind in quotas.instances:
        _require_room(
            f"{kind} for training job usage",
            "Instances",
            limit=quotas.instances[kind],
            used=_instances_in_use(store)[kind],
            requested=count,
        )


def _instances_in_use(store: Store) -> Counter[str]:
    used: Counter[str] = Counter()
    for job in store.training_jobs():
        if not job.is_over:
            resources = job.request["ResourceConfig"]
            used[resources["InstanceType"]] += resources["InstanceCount"]
    return used


def _require_room(name: str, unit: str, *, limit: int, used: int, requested: int) -> None:
    if used + requested > limit:
        raise SageMakerError(
            "ResourceLimitExceeded",
            f"The account-level service limit '{name}' is {limit} {unit}, with current utilization "
            f"of {used} {unit} and a request delta of {requested} {unit}. Please use AWS Service "
            "Quotas to request an increase for this quota. If AWS Service Quotas is not available, "
            "contact AWS support to request an increase for this quota.",
        )
