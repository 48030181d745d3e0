"""Which hyperparameters the next training job gets, by Optuna.

Bayesian and Hyperband use the TPE sampler (it ranks objective values, so those of stopped training
jobs do no harm), Random draws on the chosen scale, Grid enumerates. Optuna's pruner decides which
training jobs Hyperband stops.
"""

from __future__ import annotations

import itertools
import threading
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.pruners import HyperbandPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import Trial, TrialState, create_trial

from local_aws.sagemaker.search.definition import CategoricalRange, Range

optuna.logging.set_verbosity(optuna.logging.ERROR)

# Uniform draws before the sampler models what it has seen; Optuna's own default.
_STARTUP_JOBS = 10

# Of the training jobs that reach a rung, one in so many goes on.
_REDUCTION = 3


@dataclass(frozen=True)
class Suggestion:
    """Values for the ranges, as the strings that the container gets."""

    trial: Trial
    hyperparameters: dict[str, str]


@dataclass(frozen=True)
class Observation:
    """The hyperparameters of an earlier training job and its objective value."""

    hyperparameters: Mapping[str, str]
    objective: float


@dataclass(frozen=True)
class Resource:
    """Hyperband's resource, the number of objective values: the first rung and the maximum."""

    minimum: int
    maximum: int


class Search:
    """Suggests hyperparameters and learns from objective values; thread-safe.

    Parameters
    ----------
    strategy
        As SageMaker calls it.
    resource
        Of Hyperband.
    earlier
        The observations of a warm start's parents.
    """

    def __init__(
        self,
        strategy: str,
        ranges: tuple[Range, ...],
        *,
        maximize: bool,
        seed: int | None,
        resource: Resource | None = None,
        earlier: Iterable[Observation] = (),
    ) -> None:
        self._ranges = {item.name: item for item in ranges}
        self._distributions = {item.name: item.distribution() for item in ranges}
        self._resource = resource
        self._lock = threading.Lock()
        is_sampled = strategy in ("Bayesian", "Hyperband")
        self._study = optuna.create_study(
            study_name="search",  # decides with a trial's number which bracket it gets
            direction="maximize" if maximize else "minimize",
            sampler=_tpe_sampler(seed) if is_sampled else RandomSampler(seed),
            pruner=HyperbandPruner(resource.minimum, resource.maximum, _REDUCTION)
            if resource
            else NopPruner(),
        )
        if strategy == "Grid":
            values = (item.values for item in ranges if isinstance(item, CategoricalRange))
            for combination in itertools.product(*values):
                self._study.enqueue_trial(dict(zip(self._ranges, combination, strict=True)))
        for observation in earlier:
            self._add(observation)

    def ask(self) -> Suggestion:
        """Suggest hyperparameters that the objective values so far make promising."""
        with self._lock:
            trial = self._study.ask(self._distributions)
        values = {name: self._ranges[name].encode(value) for name, value in trial.params.items()}
        return Suggestion(trial, values)

    def tell(self, suggestion: Suggestion, objective: float | None) -> None:
        """Learn a training job's final objective value; None when it has none."""
        state = TrialState.FAIL if objective is None else TrialState.COMPLETE
        with self._lock:
            self._study.tell(suggestion.trial, objective, state=state)

    def should_stop(self, suggestion: Suggestion, step: int, objective: float) -> bool:
        """Return whether Hyperband stops a training job at its objective value number `step`."""
        if self._resource is None or step == self._resource.maximum:
            return False
        with self._lock:
            suggestion.trial.report(objective, step)
            return step > self._resource.maximum or suggestion.trial.should_prune()

    def _add(self, observation: Observation) -> None:
        """Add a parent's observation, unless it is outside of a range."""
        values: dict[str, Any] = {
            name: item.decode(observation.hyperparameters.get(name, ""))
            for name, item in self._ranges.items()
        }
        if None not in values.values():
            self._study.add_trial(
                create_trial(
                    params=values,
                    distributions=self._distributions,
                    value=observation.objective,
                )
            )


def _tpe_sampler(seed: int | None) -> BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return TPESampler(
            seed=seed, n_startup_trials=_STARTUP_JOBS, multivariate=True, constant_liar=True
        )
