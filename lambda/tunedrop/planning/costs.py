"""How long a run's jobs are expected to take, what it costs, and how it stays within the limit.

At most, every attempt of every job runs until its limit on the most expensive instance type.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from tunedrop.environment import Limits
from tunedrop.errors import LimitError
from tunedrop.planning.machines import MAX_FALLBACK_INSTANCES, choose_fallback_instances
from tunedrop_common.plan import FallbackInstance, PlannedCost

# A tuning job that may run for less than this by a cost limit is not worth its start.
_MIN_RUNTIME_SECONDS = 600

# Of Confirm's time, what its contenders share at most; the rest is for the explanation and the
# final fit, of which only the last must be there.
_CONTENDERS_SHARE = 0.7

# A job may take so many times what trial fits say: hyperparameters, machines and rows differ.
_TRIAL_FACTOR = 20
# ... and so many times what it is expected to take, if that is more.
_TRAINING_FACTOR, _CONFIRM_FACTOR = 3, 2
# Time limits are multiples of it, so that plans of the same data have the same ones.
_LIMIT_STEP = 900

_HOUR = 3600


@dataclass(frozen=True)
class JobTimes:
    """Expected billable seconds of a training job and of Confirm, and their source."""

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
    """What a run may use; jobs and the longest time of one by the estimator's key."""

    training_jobs: Mapping[str, int]
    parallel_training_jobs: int
    parallel_tuning_jobs: int
    max_runtime_seconds: int
    training_job_seconds: Mapping[str, int]
    confirm_seconds: int
    instance_type: str
    fallback_instances: tuple[FallbackInstance, ...]
    decisions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def instance_types(self) -> tuple[str, ...]:
        """The types that jobs may run on, each once, the first attempt's first."""
        types = (self.instance_type, *(instance.type for instance in self.fallback_instances))
        return tuple(dict.fromkeys(types))

    @property
    def max_seconds(self) -> int:
        """The longest time that all machines of a run can be billed for, together."""
        return (1 + len(self.fallback_instances)) * self.attempt_seconds

    @property
    def attempt_seconds(self) -> int:
        """The longest time of all machines, if every job has one attempt."""
        return sum(map(self.tuning_seconds, self.training_jobs)) + self.confirm_seconds

    def tuning_seconds(self, key: str) -> int:
        """Return the longest time of the machines of an estimator's tuning job."""
        jobs = self.training_jobs[key]
        return min(
            jobs * self.training_job_seconds[key],
            min(jobs, self.parallel_training_jobs) * self.max_runtime_seconds,
        )


@dataclass(frozen=True)
class FitCounts:
    """How many fits jobs make, and the seconds of one by the estimator's key, as far as known."""

    folds: int
    confirm_folds: int
    fold_seconds: Mapping[str, float]


def limit_training_job(key: str, fits: FitCounts, times: JobTimes, most: int) -> int:
    """Return the time limit of an estimator's training jobs: `most` without a trial fit."""
    if key not in fits.fold_seconds:
        return most
    seconds = _TRIAL_FACTOR * fits.fold_seconds[key] * fits.folds
    return _limit(max(seconds, _TRAINING_FACTOR * times.training_job), most)


def limit_confirm(keys: Collection[str], fits: FitCounts, times: JobTimes, most: int) -> int:
    """Return the time limit of Confirm: `most` without a trial fit of every estimator.

    Each contender gets the same time, so that the slowest estimator counts for all of them. A
    champion is one that was tuned earlier.
    """
    if set(keys) - fits.fold_seconds.keys():
        return most
    slowest = max(fits.fold_seconds[key] for key in keys) * fits.confirm_folds
    seconds = _TRIAL_FACTOR * slowest * (2 + 2 * len(keys)) / _CONTENDERS_SHARE
    return _limit(max(seconds, _CONFIRM_FACTOR * times.confirm), most)


def _limit(seconds: float, most: int) -> int:
    return min(most, _LIMIT_STEP * max(1, math.ceil(seconds / _LIMIT_STEP)))


def plan_cost(budget: Budget, prices: Mapping[str, float], times: JobTimes) -> PlannedCost:
    """Return a run's expected cost, never more than its maximum cost."""
    tuning = sum(
        min(jobs * times.training_job, budget.tuning_seconds(key))
        for key, jobs in budget.training_jobs.items()
    )
    expected = round(tuning + min(times.confirm, budget.confirm_seconds))
    usd_per_hour = {name: prices[name] for name in budget.instance_types if name in prices}
    first = usd_per_hour.get(budget.instance_type)
    is_bounded = len(usd_per_hour) == len(budget.instance_types)
    max_usd = budget.max_seconds / _HOUR * max(usd_per_hour.values()) if is_bounded else None
    return PlannedCost(
        usd_per_hour=usd_per_hour,
        expected_seconds=expected,
        max_seconds=budget.max_seconds,
        expected_usd=None if first is None else round(expected / _HOUR * first, 4),
        max_usd=None if max_usd is None else round(max_usd, 4),
    )


def keep_within_cost(
    budget: Budget, limits: Limits, times: JobTimes, *, spot: bool, may_shorten: bool, where: str
) -> Budget:
    """Check the maximum cost against the limit; defaults give way to it.

    First the runtime gets shorter, as long as it is enough for the expected times; then there are
    fewer fallback instance types; then the runtime gets shorter again.

    Parameters
    ----------
    may_shorten
        Whether the runtime is a default.
    where
        What an error names.

    Raises
    ------
    LimitError
        If the run could still cost more.
    """
    max_usd, prices = limits.max_cost_usd, limits.prices_usd_per_hour
    if max_usd is None:
        return budget
    if budget.instance_type not in prices:
        warning = (
            f"The limit of {max_usd:.2f} USD for a run (max_cost_usd) could not be applied: the "
            f"price of {budget.instance_type} is not known."
        )
        return replace(budget, warnings=(*budget.warnings, warning))
    priced = [name for name in limits.instance_types if name in prices]
    rounds = (math.ceil(n / budget.parallel_training_jobs) for n in budget.training_jobs.values())
    enough_seconds = max(_MIN_RUNTIME_SECONDS, round(max(rounds, default=0) * times.training_job))
    for count in range(MAX_FALLBACK_INSTANCES, -1, -1):
        instances = choose_fallback_instances(
            budget.instance_type, priced, spot=spot, max_count=count
        )
        min_runtime = enough_seconds if instances else _MIN_RUNTIME_SECONDS
        shortened = _shorten(
            replace(budget, fallback_instances=instances),
            limits,
            min_runtime if may_shorten else math.inf,
        )
        if shortened is not None:
            return _explain(shortened, budget, max_usd)
    usd = budget.attempt_seconds * prices[budget.instance_type] / _HOUR
    raise LimitError(
        "The run could cost more than this deployment allows",
        where=where,
        found=f"a maximum of {usd:.2f} USD",
        expected=f"at most {max_usd:.2f} USD (max_cost_usd)",
        to_do="Reduce training_jobs or max_runtime, choose a cheaper instance type, or ask the "
        "operators of this deployment to raise the limit.",
    )


def _shorten(budget: Budget, limits: Limits, min_runtime: float) -> Budget | None:
    """Return the budget, with a shorter default runtime if need be; None if it costs too much."""
    price = max(limits.prices_usd_per_hour[name] for name in budget.instance_types)
    attempts = 1 + len(budget.fallback_instances)
    affordable = (limits.max_cost_usd or 0) * _HOUR / price / attempts
    if budget.attempt_seconds <= affordable:
        return budget
    machines = sum(
        min(jobs, budget.parallel_training_jobs) for jobs in budget.training_jobs.values()
    )
    runtime = int((affordable - budget.confirm_seconds) / max(1, machines))
    if runtime < min_runtime:
        return None
    return replace(
        budget,
        max_runtime_seconds=min(runtime, budget.max_runtime_seconds),
        training_job_seconds={
            key: min(runtime, seconds) for key, seconds in budget.training_job_seconds.items()
        },
    )


def _explain(shortened: Budget, budget: Budget, max_usd: float) -> Budget:
    """Add decisions about what gave way to the limit."""
    purpose = f"so that the run costs at most {max_usd:.2f} USD."
    reasons = []
    if shortened.max_runtime_seconds < budget.max_runtime_seconds:
        runtime = shortened.max_runtime_seconds
        reasons.append(f"Each tuning job ends after at most {runtime} seconds, {purpose}")
    if len(shortened.fallback_instances) < len(budget.fallback_instances):
        reasons.append(f"There are fewer fallback instance types than allowed, {purpose}")
    return replace(shortened, decisions=(*shortened.decisions, *reasons))


def seconds_per_contender(seconds: int, estimators: int, *, has_champion: bool) -> int:
    """Return how long each contender of Confirm may take of its time.

    They are the baseline, each estimator with default hyperparameters and tuned, the champion. The
    ensemble, which fits nothing, takes next to no time.
    """
    return max(1, int(seconds * _CONTENDERS_SHARE / (1 + 2 * estimators + has_champion)))
