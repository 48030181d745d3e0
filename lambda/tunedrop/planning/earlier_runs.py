"""What a plan takes from a dataset's earlier runs: times, parents for a warm start, the champion.

SageMaker's rules for parents are checked here, before a create call could fail: they are over, have
results, the same objective and the same hyperparameters, and few enough training jobs.
https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-warm-start.html
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from pydantic import NonNegativeInt, ValidationError

from tunedrop import keys, wording
from tunedrop.champions.record import read_champion
from tunedrop.errors import UnreadableState
from tunedrop.objects import ObjectNotFound
from tunedrop.planning.costs import FIRST_TIMES, JobTimes, seconds_per_contender
from tunedrop.planning.estimators.selection import takes_weights
from tunedrop.planning.tuning_config.model import MAX_TRAINING_JOBS
from tunedrop.run_record import Run
from tunedrop.running import jobs
from tunedrop.running.attempts import with_attempts
from tunedrop.storage import Bucket
from tunedrop_common.data_text import quote
from tunedrop_common.plan import (
    FEATURE_ROLES,
    Champion,
    EstimatorPlan,
    Plan,
    Record,
    TuningJobPlan,
)

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

MOST_PARENTS = 5
STRATEGIES = ("Bayesian", "Random")

# Older runs have old data, and each costs a request; failed ones have no results.
_MAX_RUNS_READ = 20
_MAX_RESULTS_READ = 5

logger = logging.getLogger(__name__)


class _Job(Record):
    billable_seconds: NonNegativeInt | None = None


class _Cost(Record):
    instance_type: str


class _Results(Record):
    """results.json, as far as it shows how long jobs took."""

    training_jobs: tuple[_Job, ...]
    confirm_job: _Job
    cost: _Cost


def expected_times(bucket: Bucket, run: Run) -> JobTimes:
    """Return the mean times of the dataset's last run with results."""
    for run_id in _runs_before(bucket, run.dataset, run.run_id)[:_MAX_RESULTS_READ]:
        body = bucket.find(keys.run_file(run.dataset, run_id, "results.json"))
        try:
            results = _Results.model_validate_json(body or b"")
        except ValidationError:
            continue
        seconds = [job.billable_seconds for job in results.training_jobs]
        billed = [value for value in seconds if value is not None]
        confirm = results.confirm_job.billable_seconds
        if billed and confirm is not None:
            return JobTimes(
                training_job=fmean(billed),
                confirm=confirm,
                why=f"A training job is expected to take {wording.duration(fmean(billed))}, and "
                f"Confirm {wording.duration(confirm)}, as in the run {run_id} on "
                f"{results.cost.instance_type}.",
            )
    return FIRST_TIMES


def add_parents(bucket: Bucket, sagemaker: SageMakerClient, plan: Plan) -> Plan:
    """Return the plan with the parents of each tuning job, and a sentence about them."""
    plans = list(_earlier_plans(bucket, plan))
    tuning_jobs, decisions = [], list(plan.decisions)
    for job in plan.tuning_jobs:
        parents = _choose_parents(sagemaker, plans, plan, job)
        tuning_jobs.append(job.model_copy(update={"parents": parents}))
        if parents:
            decisions.append(
                f"The tuning of {job.estimator.key} starts from the results of "
                f"{wording.count(len(parents), 'earlier tuning job')}."
            )
    return plan.model_copy(
        update={"tuning_jobs": tuple(tuning_jobs), "decisions": tuple(decisions)}
    )


def add_champion(bucket: Bucket, plan: Plan) -> Plan:
    """Return the plan with the model in use among Confirm's contenders, or why it is not."""
    champion, decision, replaces = _find_champion(bucket, plan)
    seconds, estimators = plan.confirm.max_seconds, len(plan.tuning_jobs)
    confirm = plan.confirm.model_copy(
        update={
            "champion": champion,
            "champion_decision": decision,
            "replaces": replaces,
            "max_seconds_per_contender": seconds_per_contender(
                seconds, estimators, has_champion=champion is not None
            ),
        }
    )
    return plan.model_copy(update={"confirm": confirm})


def _runs_before(bucket: Bucket, dataset: str, run_id: str) -> list[str]:
    """Return the ids of a dataset's runs before this one, the newest first."""
    earlier = (name for name in bucket.list_folders(keys.runs_of(dataset)) if name < run_id)
    return sorted(earlier, reverse=True)


def _earlier_plans(bucket: Bucket, plan: Plan) -> Iterator[Plan]:
    """Yield the plans of a dataset's runs before this one, the newest first, without unreadable."""
    for run_id in _runs_before(bucket, plan.dataset, plan.run_id)[:_MAX_RUNS_READ]:
        try:
            earlier = bucket.find_record(keys.plan(plan.dataset, run_id), Plan)
        except UnreadableState as error:
            logger.warning("plan excluded: %s", error)
        else:
            if earlier is not None:
                yield with_attempts(bucket, earlier)


def _choose_parents(
    sagemaker: SageMakerClient, plans: Sequence[Plan], planned: Plan, job: TuningJobPlan
) -> tuple[str, ...]:
    """Choose up to five parents of a planned tuning job, the newest first.

    Scores on folds that are split or weighed in another way are no scores of the same objective.
    "All training jobs launched by parent hyperparameter tuning jobs and the new hyperparameter
    tuning jobs count against the limit of training jobs for the tuning job"
    (CreateHyperParameterTuningJob, WarmStartConfig): a parent that has too many is excluded.
    """
    room = MAX_TRAINING_JOBS - job.max_training_jobs
    if job.strategy not in STRATEGIES or room <= 0:
        return ()
    parents: list[str] = []
    for plan in plans:
        for earlier in plan.tuning_jobs:
            if (
                len(parents) < MOST_PARENTS
                and plan.metric.objective == planned.metric.objective
                and plan.data.row_columns == planned.data.row_columns
                and earlier.name not in parents  # a resumed run has those of the failed one
                and _is_alike(earlier, job.estimator)
                and 0 < (launched := _training_jobs_with_results(sagemaker, earlier.name)) <= room
            ):
                parents.append(earlier.name)
                room -= launched
    return tuple(parents)


def _find_champion(bucket: Bucket, planned: Plan) -> tuple[Champion | None, str, str | None]:
    """Return the champion, a sentence about it, and its run.

    It is comparable when it was fitted for the same target, task and metric, on columns that are
    all still there. Where rows are weighed, its estimator has to take weights.
    """
    replaces = None
    try:
        model = read_champion(bucket, planned.dataset).in_use
        if model is None:
            return None, "", None
        replaces = model.run_id
        plan = bucket.get_record(keys.plan(planned.dataset, model.run_id), Plan)
    except (UnreadableState, ObjectNotFound) as error:
        return None, f"The champion is excluded: {error}", replaces
    reason = _difference(plan, planned)
    estimators = [member.estimator for member in model.members] or [model.estimator]
    is_weighted = "weight" in planned.data.row_columns
    if not reason and is_weighted and not all(map(takes_weights, estimators)):
        reason = "its estimator does not accept row weights"
    champion = Champion(**model.model_dump(include=set(Champion.model_fields)))
    decision = f"excluded: {reason}" if reason else "among Confirm's contenders"
    sentence = f"The champion of run {model.run_id} is {decision}."
    return None if reason else champion, sentence, replaces


def _is_alike(job: TuningJobPlan, estimator: EstimatorPlan) -> bool:
    earlier = job.estimator
    kinds = {name: searched.kind for name, searched in estimator.ranges.items()}
    earlier_kinds = {name: searched.kind for name, searched in earlier.ranges.items()}
    return (
        job.strategy in STRATEGIES
        and earlier.key == estimator.key
        and earlier.class_path == estimator.class_path
        and earlier_kinds == kinds
        and earlier.fixed == estimator.fixed
    )


def _training_jobs_with_results(sagemaker: SageMakerClient, name: str) -> int:
    """Count the training jobs of a tuning job that is over and has an objective; 0 for others."""
    state = jobs.describe(sagemaker, name, "tuning")
    if state is None or state.status not in ("Completed", "Stopped") or not state.scored:
        return 0
    counters = state.description.get("TrainingJobStatusCounters") or {}
    return int(max(state.scored, sum(counters.values())))


def _difference(plan: Plan, planned: Plan) -> str:
    made_for, needed = (
        (each.task, each.data.target, each.metric.objective) for each in (plan, planned)
    )
    if made_for != needed:
        return "it was made for another task, target or metric"
    features = {column.name for column in planned.data.columns if column.role in FEATURE_ROLES}
    missing = [
        c.name for c in plan.data.columns if c.role in FEATURE_ROLES and c.name not in features
    ]
    return f"its feature {quote(missing[0])} is gone" if missing else ""
