"""Budgets of a run within the deployment's limits: a request beyond one is an error, never cut.

Only defaults give way to a limit; the decisions say so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tunedrop.environment import Limits
from tunedrop.errors import LimitError, TuningConfigError
from tunedrop.planning.costs import FIRST_TIMES, Budget, JobTimes, keep_within_cost
from tunedrop.planning.machines import choose_fallback_instances, choose_instance_type
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
_ASK_FOR_LESS = "Ask for less, or ask the people who run this deployment to raise the limit."


def choose_budget(
    config: TuningConfig,
    estimators: Sequence[EstimatorPlan],
    limits: Limits,
    *,
    rows: int,
    columns: int,
    spot: bool = False,
    times: JobTimes = FIRST_TIMES,
) -> Budget:
    """Choose jobs, parallelism, runtime and machines.

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
    instance_type, why = choose_instance_type(config, limits, rows=rows, columns=columns)
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
        fallback_instances=choose_fallback_instances(
            instance_type, limits.instance_types, spot=spot
        ),
        decisions=tuple(filter(None, (*decisions, why))),
    )
    budget = keep_within_cost(budget, config, limits, times, spot=spot)
    return replace(budget, decisions=(*budget.decisions, *_about_ladder(budget, spot=spot)))


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
                to_do="Correct the number: fewer show nothing, and SageMaker takes no more.",
            )
        if asked > MOST_TRAINING_JOBS:
            decisions.append(
                f"{asked} training jobs for {estimator.key}: more than {MOST_TRAINING_JOBS} need a "
                "raised quota of SageMaker for random search; without it the tuning job fails."
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
                where=config.where(
                    "estimators", config.written_name(estimator.key), "ranges", name
                ),
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


def _about_ladder(budget: Budget, *, spot: bool) -> list[str]:
    if not budget.fallback_instances:
        return []
    machines = ", then on ".join(
        rung.type + (f" ({'spot' if rung.spot else 'on demand'})" if spot else "")
        for rung in budget.fallback_instances
    )
    first = budget.instance_type
    return [f"A job that cannot be finished on {first} is tried again on {machines}."]
