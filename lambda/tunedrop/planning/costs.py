"""What a run is expected to cost and can cost at most, and how its budget gives way to the limit.

The worst case is that every attempt of every job runs until its limit, on the dearest machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tunedrop.environment import Limits
from tunedrop.errors import LimitError
from tunedrop.planning.machines import MAX_FALLBACK_INSTANCES, choose_fallback_instances
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop_common.plan import Champion, FallbackInstance, PlannedCost

# A tuning job that may run for less than this by a cost limit is not worth its start.
_LEAST_RUNTIME_SECONDS = 600

# Of Confirm's time, what its contenders share at most; the rest is for the explanation and the
# final fit, of which only the last must be there.
_CONTENDERS_SHARE = 0.7

_HOUR = 3600


@dataclass(frozen=True)
class JobTimes:
    """How long a machine is expected to be billed for a training job and for Confirm, and why."""

    training_job: float
    confirm: float
    why: str


# Of a dataset's first run: start-up takes most of a small table's job. Confirm fits some 20 times
# what a training job fits, and explaining the model takes as long again.
FIRST_TIMES = JobTimes(
    training_job=300,
    confirm=1800,
    why="A training job is expected to take 5 min, and Confirm 30 min: no earlier run of this "
    "dataset shows how long they take.",
)


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
    fallback_instances: tuple[FallbackInstance, ...]
    decisions: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def machine_types(self) -> tuple[str, ...]:
        """The types that jobs may run on, each once, the first attempt's first."""
        return tuple(
            dict.fromkeys((self.instance_type, *(rung.type for rung in self.fallback_instances)))
        )


def worst_case_seconds(budget: Budget) -> int:
    """Return the longest time that all machines of a run can be billed for, together."""
    return (1 + len(budget.fallback_instances)) * _attempt_seconds(budget)


def plan_cost(budget: Budget, prices: Mapping[str, float], times: JobTimes) -> PlannedCost:
    """Return what the run is expected to cost, never more than what it can cost at most."""
    tuning = sum(
        min(jobs * times.training_job, _tuning_seconds(budget, jobs))
        for jobs in budget.training_jobs.values()
    )
    expected = round(tuning + min(times.confirm, budget.confirm_seconds))
    worst = worst_case_seconds(budget)
    known = {each: prices[each] for each in budget.machine_types if each in prices}
    own = known.get(budget.instance_type)
    dearest = max(known.values()) if len(known) == len(budget.machine_types) else None
    return PlannedCost(
        usd_per_hour=known,
        expected_seconds=expected,
        max_seconds=worst,
        expected_usd=None if own is None else round(expected / _HOUR * own, 4),
        max_usd=None if dearest is None else round(worst / _HOUR * dearest, 4),
    )


def keep_within_cost(
    budget: Budget, config: TuningConfig, limits: Limits, times: JobTimes, *, spot: bool
) -> Budget:
    """Check the worst case against the cost limit; what is a default gives way to it.

    First the runtime gets shorter, as long as it is enough for what the jobs are expected to
    take; then the ladder does; then the runtime again.

    Raises
    ------
    LimitError
        When the run could cost more all the same.
    """
    most, prices = limits.max_cost_usd, limits.prices_usd_per_hour
    if most is None:
        return budget
    if budget.instance_type not in prices:
        warning = (
            f"The limit of {most:.2f} USD for a run (max_cost_usd) could not be applied: the "
            f"price of {budget.instance_type} is not known."
        )
        return replace(budget, warnings=(*budget.warnings, warning))
    priced = [each for each in limits.instance_types if each in prices]
    for rungs in range(MAX_FALLBACK_INSTANCES, -1, -1):
        ladder = choose_fallback_instances(budget.instance_type, priced, spot=spot, most=rungs)
        least = _enough_seconds(budget, times) if ladder else _LEAST_RUNTIME_SECONDS
        fitted = _fit(replace(budget, fallback_instances=ladder), config, limits, most, least)
        if fitted is not None:
            return _explain(fitted, budget, most)
    worst = _attempt_seconds(budget) * prices[budget.instance_type] / _HOUR
    raise LimitError(
        "The run could cost more than this deployment allows",
        where=config.where("max_runtime"),
        found=f"{worst:.2f} USD at the worst",
        expected=f"at most {most:.2f} USD (max_cost_usd)",
        to_do="Ask for fewer training jobs, a shorter max_runtime or a cheaper instance type, or "
        "ask the people who run this deployment to raise the limit.",
    )


def _fit(
    budget: Budget, config: TuningConfig, limits: Limits, most: float, least: int
) -> Budget | None:
    """Return the budget, with a shorter default runtime if need be; None when it costs too much."""
    dearest = max(limits.prices_usd_per_hour[each] for each in budget.machine_types)
    affordable = most * _HOUR / dearest / (1 + len(budget.fallback_instances))
    if _attempt_seconds(budget) <= affordable:
        return budget
    machines = sum(
        min(jobs, budget.parallel_training_jobs) for jobs in budget.training_jobs.values()
    )
    runtime = int((affordable - budget.confirm_seconds) / machines)
    if config.max_runtime is not None or runtime < least:
        return None
    return replace(
        budget,
        max_runtime_seconds=min(runtime, budget.max_runtime_seconds),
        max_training_job_seconds=min(runtime, budget.max_training_job_seconds),
    )


def _explain(fitted: Budget, budget: Budget, most: float) -> Budget:
    """Add what gave way to the limit."""
    so_that = f"so that the run costs at most {most:.2f} USD."
    reasons = []
    if fitted.max_runtime_seconds < budget.max_runtime_seconds:
        runtime = fitted.max_runtime_seconds
        reasons.append(f"Each tuning job ends after {runtime} seconds at the latest, {so_that}")
    if len(fitted.fallback_instances) < len(budget.fallback_instances):
        reasons.append(f"Jobs are tried on fewer machines than this deployment allows, {so_that}")
    return replace(fitted, decisions=(*fitted.decisions, *reasons))


def _enough_seconds(budget: Budget, times: JobTimes) -> int:
    """Return the runtime in which each tuning job is expected to get through."""
    rounds = max(
        math.ceil(jobs / budget.parallel_training_jobs) for jobs in budget.training_jobs.values()
    )
    return max(_LEAST_RUNTIME_SECONDS, round(rounds * times.training_job))


def _attempt_seconds(budget: Budget) -> int:
    """Return the longest time of all machines, if every job has one attempt."""
    tuning = sum(_tuning_seconds(budget, jobs) for jobs in budget.training_jobs.values())
    return tuning + budget.confirm_seconds


def _tuning_seconds(budget: Budget, jobs: int) -> int:
    """Return the longest time of the machines of a tuning job."""
    return min(
        jobs * budget.max_training_job_seconds,
        min(jobs, budget.parallel_training_jobs) * budget.max_runtime_seconds,
    )


def seconds_per_contender(seconds: int, estimators: int, champion: Champion | None) -> int:
    """Return how long each contender of Confirm may take of its time.

    They are the baseline, each estimator with default hyperparameters and tuned, the champion. The
    ensemble, which fits nothing, takes next to no time.
    """
    contenders = 1 + 2 * estimators + (champion is not None)
    return max(1, int(seconds * _CONTENDERS_SHARE / contenders))
