"""Budgets of a run within the deployment's limits: a request beyond one is an error, never cut.

Only defaults give way to a limit; the decisions say so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tunedrop.environment import Limits
from tunedrop.errors import LimitError, TuningConfigError
from tunedrop.planning.tuning_config.model import MIN_TRAINING_JOBS, TuningConfig
from tunedrop_common.plan import CategoricalRange, EstimatorPlan

DEFAULT_TRAINING_JOBS = 30
DEFAULT_PARALLEL = 2

# An inline Map of Step Functions runs at most so many iterations at once.
MOST_PARALLEL_TUNING_JOBS = 40

# SageMaker's quota for training jobs of a tuning job. AWS raises it on request, for the strategy
# Random only: https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html
MOST_TRAINING_JOBS = 750
MOST_TRAINING_JOBS_RANDOM = 10_000

# A tuning job that may run for less than this by a cost limit is not worth its start.
_LEAST_RUNTIME_SECONDS = 600

# GiB for each vCPU, by the letter that starts a family: ml.c5, ml.m5, ml.r5 (AWS, "Amazon EC2
# instance types").
_GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8}
_TYPE = re.compile(r"ml\.(?P<family>[cmr])\d[a-z]*\.(?P<times>\d*)(?P<size>large|xlarge)")

# Python with scikit-learn, and the system.
_BASE_GIB = 2.0
# Reading a table peaks at 3 times the size of its numbers; a fold's rows, and what preprocessing
# makes of them, stand beside it.
_COPIES = 8
_BYTES_PER_VALUE = 8
_GIB = 1024**3

_ASK_FOR_LESS = "Ask for less, or ask the people who run this deployment to raise the limit."


@dataclass(frozen=True)
class Budget:
    """What a run may use; `training_jobs` by the estimator's key."""

    training_jobs: Mapping[str, int]
    parallel_training_jobs: int
    parallel_tuning_jobs: int
    max_runtime_seconds: int
    max_training_job_seconds: int
    confirm_seconds: int
    instance_type: str
    decisions: tuple[str, ...]


def choose_budget(
    config: TuningConfig,
    estimators: Sequence[EstimatorPlan],
    limits: Limits,
    *,
    rows: int,
    columns: int,
) -> Budget:
    """Choose jobs, parallelism, runtime and machine.

    Raises
    ------
    LimitError
        When a request of tuning.yaml, or its worst-case cost, is beyond a limit.
    """
    decisions: list[str] = []
    training_jobs = {
        e.key: _training_jobs(config, e, limits, len(estimators), decisions) for e in estimators
    }
    total, where = sum(training_jobs.values()), config.where("training_jobs")
    what = "The run would have more training jobs than this deployment allows"
    found = f"{total} over {len(training_jobs)} estimators"
    _check_limit(what, where, found, "max_training_jobs", limits.max_training_jobs, total)
    parallel = _parallel(config, training_jobs, limits)
    instance_type, why = _choose_instance_type(config, limits, _needed_gib(rows, columns))
    runtime = _runtime(config, limits)
    budget = Budget(
        training_jobs=training_jobs,
        parallel_training_jobs=parallel,
        parallel_tuning_jobs=min(
            len(estimators),
            max(1, limits.max_parallel_training_jobs // parallel),
            MOST_PARALLEL_TUNING_JOBS,
        ),
        max_runtime_seconds=runtime,
        max_training_job_seconds=min(limits.max_training_job_seconds, runtime),
        confirm_seconds=limits.max_training_job_seconds,
        instance_type=instance_type,
        decisions=tuple(filter(None, (*decisions, why))),
    )
    return _within_cost(budget, config, limits)


def worst_case_seconds(budget: Budget) -> int:
    """Return the longest time that all machines of a run can be billed for, together."""
    tuning = sum(
        min(
            jobs * budget.max_training_job_seconds,
            min(jobs, budget.parallel_training_jobs) * budget.max_runtime_seconds,
        )
        for jobs in budget.training_jobs.values()
    )
    return tuning + budget.confirm_seconds


def memory_gib(instance_type: str) -> int | None:
    """Return an instance type's memory; None for families that we do not know."""
    match = _TYPE.fullmatch(instance_type)
    if match is None:
        return None
    vcpus = 2 if match["size"] == "large" else 4 * int(match["times"] or 1)
    return vcpus * _GIB_PER_VCPU[match["family"]]


def _needed_gib(rows: int, columns: int) -> float:
    """Estimate the memory that a training job needs for a table."""
    return _BASE_GIB + rows * columns * _BYTES_PER_VALUE * _COPIES / _GIB


def _choose_instance_type(config: TuningConfig, limits: Limits, needed: float) -> tuple[str, str]:
    """Return tuning.yaml's type, else the first allowed one that is large enough, and why.

    A type of unknown memory counts as large enough: it was put first by people who know it.
    """
    asked, allowed = config.instance_type, limits.instance_types
    if asked is not None and asked not in allowed:
        raise LimitError(
            "This deployment does not allow the instance type",
            where=config.where("instance_type"),
            found=repr(asked[:80]),
            expected=f"one of {', '.join(allowed)}",
            to_do="Choose one of these.",
        )
    if asked is not None:
        return asked, ""
    needs = f"the data may need {needed:.0f} GiB of memory."
    for instance_type in allowed:
        memory = memory_gib(instance_type)
        if memory is None or memory >= needed:
            why = "the deployment's default." if instance_type == allowed[0] else f"as {needs}"
            return instance_type, f"Instance type {instance_type}, {why}"
    largest = max(allowed, key=lambda each: memory_gib(each) or 0)
    return largest, f"Instance type {largest}, the largest of this deployment, though {needs}"


def _training_jobs(
    config: TuningConfig,
    estimator: EstimatorPlan,
    limits: Limits,
    estimators: int,
    decisions: list[str],
) -> int:
    written = config.written_name(estimator.key)
    own = config.estimator(written)
    asked = own.training_jobs if own.training_jobs is not None else config.training_jobs
    entry = ("estimators", written) if own.training_jobs else ()
    where = config.where(*entry, "training_jobs")
    if config.strategy == "grid":
        return _grid_size(estimator, asked, where, config)
    most = MOST_TRAINING_JOBS_RANDOM if config.strategy == "random" else MOST_TRAINING_JOBS
    if asked is not None:
        if not MIN_TRAINING_JOBS <= asked <= most:
            raise TuningConfigError(
                f"{asked} training jobs cannot be tuned with the strategy {config.strategy}",
                where=where,
                found=f"{asked}",
                expected=f"{MIN_TRAINING_JOBS} to {most} for each estimator",
                to_do="Correct the number; fewer jobs show nothing, and SageMaker takes no more.",
            )
        return asked
    jobs = min(DEFAULT_TRAINING_JOBS, limits.max_training_jobs // estimators)
    if jobs < MIN_TRAINING_JOBS:
        raise LimitError(
            f"This deployment allows too few training jobs for {estimators} estimators",
            found=f"{limits.max_training_jobs} (max_training_jobs)",
            expected=f"at least {MIN_TRAINING_JOBS} for each estimator",
            to_do="Name fewer estimators in tuning.yaml, or ask the people who run this "
            "deployment to raise the limit.",
        )
    why = "the default" if jobs == DEFAULT_TRAINING_JOBS else "as many as this deployment allows"
    decisions.append(f"{jobs} training jobs for {estimator.key}, {why}.")
    return jobs


def _grid_size(
    estimator: EstimatorPlan, asked: int | None, where: str, config: TuningConfig
) -> int:
    """Return how many combinations a grid has; a grid has lists of values only."""
    sizes = []
    for name, given in estimator.ranges.items():
        if isinstance(given, CategoricalRange):
            sizes.append(len(given.values))
        else:
            raise TuningConfigError(
                f"The strategy grid needs a list of values for {name} of {estimator.key}",
                where=config.where_of(estimator, name),
                expected=f"`{name}: [value, value, ...]` below estimators, {estimator.key}, ranges",
                to_do="Write lists for all of its hyperparameters, or choose another strategy.",
            )
    size = math.prod(sizes)
    if asked is not None and asked != size:
        raise TuningConfigError(
            f"The grid of {estimator.key} has {size} combinations",
            where=where,
            found=f"{asked} training jobs",
            expected=f"{size}, or no number",
            to_do="Remove `training_jobs`: a grid is always tried as a whole.",
        )
    if size > MOST_TRAINING_JOBS:
        raise TuningConfigError(
            f"The grid of {estimator.key} has too many combinations",
            where=config.where("estimators", config.written_name(estimator.key), "ranges"),
            found=f"{size}",
            expected=f"at most {MOST_TRAINING_JOBS}",
            to_do="Shorten the lists, or choose the strategy random.",
        )
    return size


def _check_limit(what: str, where: str, found: str, setting: str, most: int, asked: int) -> None:
    if asked > most:
        raise LimitError(
            what,
            where=where,
            found=found,
            expected=f"at most {most} ({setting})",
            to_do=_ASK_FOR_LESS,
        )


def _parallel(config: TuningConfig, training_jobs: Mapping[str, int], limits: Limits) -> int:
    asked, most = config.parallel_training_jobs, limits.max_parallel_training_jobs
    fewest = min(training_jobs.values())
    if asked is None:
        return min(DEFAULT_PARALLEL, most, fewest)
    where = config.where("parallel_training_jobs")
    what = "More training jobs at the same time than this deployment allows"
    _check_limit(what, where, f"{asked}", "max_parallel_training_jobs", most, asked)
    return min(asked, fewest)


def _runtime(config: TuningConfig, limits: Limits) -> int:
    asked, most = config.max_runtime, limits.max_runtime_seconds
    if asked is None:
        return most
    what, where = "The tuning would run for longer than allowed", config.where("max_runtime")
    _check_limit(what, where, f"{asked} seconds", "max_runtime_seconds", most, asked)
    return asked


def _within_cost(budget: Budget, config: TuningConfig, limits: Limits) -> Budget:
    """Check the worst case against the cost limit; a default runtime gives way to it."""
    if limits.max_cost_usd is None:
        return budget
    price = limits.prices_usd_per_hour.get(budget.instance_type)
    if price is None:
        raise LimitError(
            "The cost of a run is limited, but the price of its instance type is not known",
            where=config.where("instance_type"),
            found=repr(budget.instance_type),
            expected="a type with a price in prices_usd_per_hour",
            to_do="Choose another type, or ask the people who run this deployment for its price.",
        )
    affordable = limits.max_cost_usd * 3600 / price if price else math.inf
    if worst_case_seconds(budget) <= affordable:
        return budget
    machines = sum(
        min(jobs, budget.parallel_training_jobs) for jobs in budget.training_jobs.values()
    )
    left = affordable - budget.confirm_seconds
    runtime = int(min(left / machines, limits.max_runtime_seconds))
    if config.max_runtime is not None or runtime < _LEAST_RUNTIME_SECONDS:
        cost = worst_case_seconds(budget) * price / 3600
        raise LimitError(
            "The run could cost more than this deployment allows",
            where=config.where("max_runtime"),
            found=f"{cost:.2f} USD at the worst",
            expected=f"at most {limits.max_cost_usd:.2f} USD (max_cost_usd)",
            to_do="Ask for fewer training jobs, a shorter max_runtime or a cheaper instance type.",
        )
    decision = (
        f"Each tuning job ends after {runtime} seconds at the latest, so that the run costs "
        f"at most {limits.max_cost_usd:.2f} USD."
    )
    return replace(
        budget,
        max_runtime_seconds=runtime,
        max_training_job_seconds=min(budget.max_training_job_seconds, runtime),
        decisions=(*budget.decisions, decision),
    )
