"""What a plan takes from a dataset's earlier runs: parents for a warm start, and the champion.

SageMaker's rules for parents are checked here, before a create call could fail: they are over, have
results, the same objective and the same hyperparameters, and few enough training jobs.
https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-warm-start.html
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from tunedrop import keys
from tunedrop.champions.record import read_champion
from tunedrop.errors import UnreadableState
from tunedrop.objects import ObjectNotFound
from tunedrop.planning.estimators.selection import takes_weights
from tunedrop.planning.tuning_config.model import MAX_TRAINING_JOBS
from tunedrop.running import jobs
from tunedrop.running.attempts import RequestedJobs
from tunedrop.storage import Bucket
from tunedrop_common.data_text import quote
from tunedrop_common.plan import (
    FEATURE_ROLES,
    Champion,
    EstimatorPlan,
    Plan,
    TuningJobPlan,
)

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

MOST_PARENTS = 5
STRATEGIES = ("Bayesian", "Random")

# SageMaker's limit is ten changes of static hyperparameters from a parent's. "Each value in a
# categorical hyperparameter counts", so that another static value is two: the old and the new one.
_MOST_CHANGED_VALUES = 5

# Older runs have old data, and each costs a request.
_MAX_RUNS_READ = 20

logger = logging.getLogger(__name__)


def runs_before(bucket: Bucket, dataset: str, run_id: str) -> list[str]:
    """Return the ids of a dataset's runs before this one, the newest first."""
    return sorted(
        (r for r in bucket.list_folders(keys.runs_of(dataset)) if r < run_id), reverse=True
    )


def earlier_plans(bucket: Bucket, dataset: str, run_id: str) -> list[Plan]:
    """Read the plans of a dataset's runs before this one, the newest first.

    Their tuning jobs have SageMaker's names, of the attempts that count. Unreadable plans are
    excluded.
    """
    plans = []
    for earlier_run in runs_before(bucket, dataset, run_id)[:_MAX_RUNS_READ]:
        try:
            plan = bucket.find_record(keys.plan(dataset, earlier_run), Plan)
        except UnreadableState as error:
            logger.warning("plan excluded: %s", error)
        else:
            if plan is not None:
                plans.append(_with_attempts(bucket, plan))
    return plans


def choose_parents(
    sagemaker: SageMakerClient,
    plans: list[Plan],
    *,
    estimator: EstimatorPlan,
    objective: str,
    strategy: str,
    row_columns: Mapping[str, str],
    training_jobs: int,
) -> tuple[str, ...]:
    """Choose up to five parents of a tuning job with so many training jobs, the newest first.

    Scores on folds that are split or weighed in another way are no scores of the same objective.
    "All training jobs launched by parent hyperparameter tuning jobs and the new hyperparameter
    tuning jobs count against the limit of training jobs for the tuning job"
    (CreateHyperParameterTuningJob, WarmStartConfig): a parent that has too many is excluded.
    """
    room = MAX_TRAINING_JOBS - training_jobs
    if strategy not in STRATEGIES or room <= 0:
        return ()
    parents: list[str] = []
    for plan in plans:
        for job in plan.tuning_jobs:
            if (
                len(parents) < MOST_PARENTS
                and plan.metric.objective == objective
                and plan.data.row_columns == row_columns
                and job.name not in parents  # a resumed run has those of the failed one
                and _is_alike(job, estimator)
                and 0 < (launched := _training_jobs_with_results(sagemaker, job.name)) <= room
            ):
                parents.append(job.name)
                room -= launched
    return tuple(parents)


def about_parents(parents: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a sentence about each estimator whose tuning job has parents."""
    return [
        f"The tuning of {key} starts from the results of {len(names)} earlier tuning"
        f" {'job' if len(names) == 1 else 'jobs'}."
        for key, names in parents.items()
        if names
    ]


class FoundChampion(NamedTuple):
    """What Confirm's plan says of the champion."""

    champion: Champion | None = None
    champion_decision: str = ""
    replaces: str | None = None


def find_champion(
    bucket: Bucket,
    dataset: str,
    *,
    task: str,
    target: str,
    objective: str,
    features: Iterable[str],
    weighted: bool = False,
) -> FoundChampion:
    """Return the champion, a sentence about it, and its run.

    It is comparable when it was fitted for the same target, task and metric, on columns that are
    all still there. Where rows are weighed, its estimator has to take weights.
    """
    replaces = None
    try:
        model = read_champion(bucket, dataset).in_use
        if model is None:
            return FoundChampion()
        replaces = model.run_id
        plan = bucket.get_record(keys.plan(dataset, model.run_id), Plan)
    except (UnreadableState, ObjectNotFound) as error:
        return FoundChampion(None, f"The champion is excluded: {error}", replaces)
    reason = _difference(plan, task, target, objective, set(features))
    estimators = [member.estimator for member in model.members] or [model.estimator]
    if not reason and weighted and not all(map(takes_weights, estimators)):
        reason = "its estimator does not accept row weights"
    champion = Champion(**model.model_dump(include=set(Champion.model_fields)))
    decision = f"excluded: {reason}" if reason else "among Confirm's contenders"
    sentence = f"The champion of run {model.run_id} is {decision}."
    return FoundChampion(None if reason else champion, sentence, replaces)


def _with_attempts(bucket: Bucket, plan: Plan) -> Plan:
    requested = RequestedJobs.read(bucket, plan.dataset, plan.run_id)
    named = (job.model_copy(update={"name": requested.tuning_job(job)}) for job in plan.tuning_jobs)
    return plan.model_copy(update={"tuning_jobs": tuple(named)})


def _is_alike(job: TuningJobPlan, estimator: EstimatorPlan) -> bool:
    earlier = job.estimator
    kinds = {name: searched.kind for name, searched in estimator.ranges.items()}
    earlier_kinds = {name: searched.kind for name, searched in earlier.ranges.items()}
    return (
        job.strategy in STRATEGIES
        and earlier.key == estimator.key
        and earlier.class_path == estimator.class_path
        and earlier_kinds == kinds
        and earlier.fixed.keys() == estimator.fixed.keys()
        and len(estimator.fixed.items() - earlier.fixed.items()) <= _MOST_CHANGED_VALUES
    )


def _training_jobs_with_results(sagemaker: SageMakerClient, name: str) -> int:
    """Count the training jobs of a tuning job that is over and has an objective; 0 for others."""
    try:
        state = jobs.describe(sagemaker, name, "tuning")
    except jobs.JobNotFound:
        return 0
    scored = (state.description.get("ObjectiveStatusCounters") or {}).get("Succeeded", 0)
    if state.status not in ("Completed", "Stopped") or not scored:
        return 0
    counters = state.description.get("TrainingJobStatusCounters") or {}
    return int(max(scored, sum(counters.values())))


def _difference(plan: Plan, task: str, target: str, objective: str, features: set[str]) -> str:
    if plan.task != task:
        return f"it was made for {plan.task}"
    if plan.data.target != target:
        return f"its target was {quote(plan.data.target)}"
    if plan.metric.objective != objective:
        return f"its metric was {plan.metric.objective}"
    missing = [
        c.name for c in plan.data.columns if c.role in FEATURE_ROLES and c.name not in features
    ]
    return f"its feature {quote(missing[0])} is gone" if missing else ""
