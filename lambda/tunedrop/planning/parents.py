"""Warm start: the earlier tuning jobs of a dataset that a tuning job can learn from.

SageMaker's rules are checked here, before a create call could fail: parents are over, have results,
the same objective and the same hyperparameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tunedrop import keys
from tunedrop.errors import PlanError
from tunedrop.running import jobs
from tunedrop.storage import Bucket
from tunedrop_common.plan import EstimatorPlan, Plan, TuningJobPlan, read_plan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

MOST_PARENTS = 5
STRATEGIES = ("Bayesian", "Random")

# SageMaker's limit on static hyperparameters that differ from a parent's.
_MOST_CHANGED = 10

# Older runs are not looked at: their data is old as well, and each costs a request.
_RUNS_LOOKED_AT = 20


def earlier_plans(bucket: Bucket, dataset: str, run_id: str) -> list[Plan]:
    """Read the plans of a dataset's runs before this one, the newest first."""
    earlier = sorted(
        (r for r in bucket.list_folders(keys.runs_of(dataset)) if r < run_id), reverse=True
    )
    return list(_readable_plans(bucket, dataset, earlier[:_RUNS_LOOKED_AT]))


def choose_parents(
    sagemaker: SageMakerClient,
    plans: list[Plan],
    *,
    estimator: EstimatorPlan,
    objective: str,
    strategy: str,
    row_columns: Mapping[str, str],
) -> tuple[str, ...]:
    """Choose up to five parents of a tuning job, the newest first.

    Scores on folds that are split or weighed in another way are no scores of the same objective.
    """
    if strategy not in STRATEGIES:
        return ()
    parents: list[str] = []
    for plan in plans:
        for job in plan.tuning_jobs:
            if (
                plan.metric.objective == objective
                and plan.data.row_columns == row_columns
                and _is_alike(job, estimator)
                and _has_results(sagemaker, job.name)
            ):
                parents.append(job.name)
                if len(parents) == MOST_PARENTS:
                    return tuple(parents)
    return tuple(parents)


def _readable_plans(bucket: Bucket, dataset: str, run_ids: list[str]) -> Iterator[Plan]:
    for run_id in run_ids:
        content = bucket.find_json(keys.run_file(dataset, run_id, "plan.json"))
        if content is None:
            continue
        try:
            yield read_plan(content)
        except PlanError:
            # Written by another release: no reason to fail, and nothing to learn from.
            continue


def _is_alike(job: TuningJobPlan, estimator: EstimatorPlan) -> bool:
    other = job.estimator
    kinds = {name: given.kind for name, given in estimator.ranges.items()}
    other_kinds = {name: given.kind for name, given in other.ranges.items()}
    return (
        job.strategy in STRATEGIES
        and other.key == estimator.key
        and other.class_path == estimator.class_path
        and other_kinds == kinds
        and other.fixed.keys() == estimator.fixed.keys()
        and sum(other.fixed[n] != v for n, v in estimator.fixed.items()) <= _MOST_CHANGED
    )


def _has_results(sagemaker: SageMakerClient, name: str) -> bool:
    """Tell whether a tuning job is over and has an objective to learn from."""
    try:
        state = jobs.describe(sagemaker, name, "tuning")
    except jobs.JobNotFound:
        return False
    counters = state.description.get("ObjectiveStatusCounters") or {}
    return state.status in ("Completed", "Stopped") and counters.get("Succeeded", 0) > 0
