"""Budgets of a run within the deployment's limits: a request beyond one is an error, never cut.

Only defaults give way to a limit; the decisions say so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tunedrop import wording
from tunedrop.environment import Limits
from tunedrop.errors import LimitError, TuningConfigError
from tunedrop.planning.costs import (
    Budget,
    FitCounts,
    JobTimes,
    keep_within_cost,
    limit_confirm,
    limit_training_job,
)
from tunedrop.planning.machines import choose_fallback_instances, choose_instance_type
from tunedrop.planning.tuning_config.model import (
    MAX_TRAINING_JOBS,
    MIN_TRAINING_JOBS,
    TuningConfig,
)
from tunedrop_common.plan import CategoricalRange, EstimatorPlan

DEFAULT_TRAINING_JOBS = 30
DEFAULT_PARALLEL = 2

# AWS raises SageMaker's quota on request, for the strategy Random only:
# https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html
MAX_RANDOM_TRAINING_JOBS = 10_000


def choose_budget(
    config: TuningConfig,
    estimators: Sequence[EstimatorPlan],
    limits: Limits,
    times: JobTimes,
    fits: FitCounts,
    *,
    rows: int,
    columns: int,
    spot: bool,
) -> Budget:
    """Choose jobs, parallelism, time limits and instances.

    Raises
    ------
    LimitError
        If a request of tuning.yaml, or its maximum cost, is beyond a limit.
    """
    decisions: list[str] = []
    training_jobs = {
        estimator.key: _training_jobs(config, estimator, limits, len(estimators), decisions)
        for estimator in estimators
    }
    _check_requests(config, training_jobs, limits)
    parallel = min(
        config.parallel_training_jobs or DEFAULT_PARALLEL,
        limits.max_parallel_training_jobs,
        *training_jobs.values(),
    )
    instance_type, why = choose_instance_type(config, limits, rows=rows, columns=columns)
    runtime = config.max_runtime or limits.max_runtime_seconds
    longest = limits.max_training_job_seconds
    if config.max_runtime is not None:  # it replaces the limits that follow from trial fits
        fits = replace(fits, fold_seconds={})
    budget = Budget(
        training_jobs=training_jobs,
        parallel_training_jobs=parallel,
        parallel_tuning_jobs=min(
            len(estimators), max(1, limits.max_parallel_training_jobs // parallel)
        ),
        max_runtime_seconds=runtime,
        training_job_seconds={
            key: limit_training_job(key, fits, times, min(longest, runtime))
            for key in training_jobs
        },
        confirm_seconds=limit_confirm(training_jobs, fits, times, longest),
        instance_type=instance_type,
        fallback_instances=choose_fallback_instances(
            instance_type, limits.instance_types, spot=spot
        ),
        decisions=tuple(filter(None, (*decisions, why))),
    )
    budget = keep_within_cost(
        budget,
        limits,
        times,
        spot=spot,
        may_shorten=config.max_runtime is None,
        where=config.where("max_runtime"),
    )
    return replace(budget, decisions=(*budget.decisions, *_about_limits(budget, config, spot)))


def _about_limits(budget: Budget, config: TuningConfig, spot: bool) -> Iterator[str]:
    if config.max_runtime is None:
        seconds = budget.training_job_seconds
        texts = ", ".join(f"{wording.duration(seconds[key])} for {key}" for key in seconds)
        yield f"Each training job ends after at most {texts}. `max_runtime` replaces these limits."
    if budget.fallback_instances:
        types = ", then ".join(
            instance.type + (f" ({'spot' if instance.spot else 'on demand'})" if spot else "")
            for instance in budget.fallback_instances
        )
        yield f"Fallback instance types: {types}."


def _check_requests(config: TuningConfig, training_jobs: Mapping[str, int], limits: Limits) -> None:
    """Raise LimitError if a request of tuning.yaml is beyond the deployment's limit."""
    requested = {
        "training_jobs": (sum(training_jobs.values()), "max_training_jobs"),
        "parallel_training_jobs": (config.parallel_training_jobs, "max_parallel_training_jobs"),
        "max_runtime": (config.max_runtime, "max_runtime_seconds"),
    }
    for key, (value, setting) in requested.items():
        maximum: int = getattr(limits, setting)
        if value is not None and value > maximum:
            raise LimitError(
                f"The run's {key} would be more than this deployment allows",
                where=config.where(key),
                found=f"{value}",
                expected=f"at most {maximum} ({setting})",
                to_do="Write a smaller number or fewer estimators, or ask the operators of this "
                "deployment to raise the limit.",
            )


def _training_jobs(
    config: TuningConfig,
    estimator: EstimatorPlan,
    limits: Limits,
    estimators: int,
    decisions: list[str],
) -> int:
    """Return how many training jobs an estimator has; add to the decisions."""
    written = config.written_name(estimator.key)
    estimator_jobs = config.estimator(written).training_jobs
    requested = config.training_jobs if estimator_jobs is None else estimator_jobs
    where = config.where(*(("estimators", written) if estimator_jobs else ()), "training_jobs")
    least, maximum = MIN_TRAINING_JOBS, MAX_TRAINING_JOBS
    if config.strategy == "grid":
        least, requested = 1, _grid_size(estimator, requested, where, config)
    elif requested is None:
        allowed = max(MIN_TRAINING_JOBS, limits.max_training_jobs // estimators)
        requested = min(DEFAULT_TRAINING_JOBS, allowed)
        why = "the default" if requested == DEFAULT_TRAINING_JOBS else "the deployment's maximum"
        decisions.append(f"{requested} training jobs for {estimator.key}, {why}.")
    if config.strategy == "random":
        maximum = MAX_RANDOM_TRAINING_JOBS
    if not least <= requested <= maximum:
        raise TuningConfigError(
            f"The strategy {config.strategy} cannot use {requested} training jobs",
            where=where,
            found=f"{requested}",
            expected=f"{least} to {maximum} for each estimator",
            to_do="Correct the number, or the lists of values of a grid.",
        )
    return requested


def _grid_size(
    estimator: EstimatorPlan, requested: int | None, where: str, config: TuningConfig
) -> int:
    """Return how many combinations a grid has; a grid has lists of values only."""
    path = ("estimators", config.written_name(estimator.key), "ranges")
    sizes = []
    for name, searched in estimator.ranges.items():
        if not isinstance(searched, CategoricalRange):
            raise TuningConfigError(
                f"The strategy grid needs a list of values for {name} of {estimator.key}",
                where=config.where(*path, name),
                expected=f"`{name}: [value, value, ...]` below estimators, {estimator.key}, ranges",
                to_do="Write lists for all of its hyperparameters, or choose another strategy.",
            )
        sizes.append(len(searched.values))
    size = math.prod(sizes)
    if requested not in (None, size):
        raise TuningConfigError(
            f"The grid of {estimator.key} has {size} combinations",
            where=where,
            found=f"{requested} training jobs",
            expected=f"{size}, or no number",
            to_do="Remove `training_jobs`: a grid search tries every combination.",
        )
    return size
