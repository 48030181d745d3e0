"""Which hyperparameters the next training job gets: a `Search` for each tuning job.

Bayesian and Hyperband ask Optuna's TPE sampler (it ranks objective values, so those of stopped
training jobs do no harm), Random draws on the chosen scale, Grid enumerates.
"""

from __future__ import annotations

import itertools
import threading
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import TrialState, create_trial

from local_aws.sagemaker.search.definition import CategoricalRange, Range

optuna.logging.set_verbosity(optuna.logging.ERROR)

# Uniform draws before the sampler models what it has seen; Optuna's own default.
_STARTUP_JOBS = 10


@dataclass(frozen=True)
class Suggestion:
    """Values for the ranges, as the strings that the container gets."""

    number: int
    hyperparameters: dict[str, str]


@dataclass(frozen=True)
class Observation:
    """What an earlier training job got and reached."""

    hyperparameters: Mapping[str, str]
    objective: float


class Search(Protocol):
    """Suggests hyperparameters, and learns from objective values."""

    def ask(self) -> Suggestion | None:
        """Suggest hyperparameters; None when there is nothing left to try."""

    def tell(self, suggestion: Suggestion, objective: float | None) -> None:
        """Learn what the training job reached; None when it has no objective value."""


def create_search(
    strategy: str,
    ranges: tuple[Range, ...],
    *,
    maximize: bool,
    seed: int | None,
    earlier: Iterable[Observation] = (),
) -> Search:
    """Make the search of a strategy; `earlier` are the parents' observations of a warm start."""
    if strategy == "Grid":
        return GridSearch(ranges)
    sampler = RandomSampler(seed) if strategy == "Random" else _tpe(seed)
    return SampledSearch(ranges, sampler, maximize=maximize, earlier=earlier)


def _tpe(seed: int | None) -> BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return TPESampler(
            seed=seed, n_startup_trials=_STARTUP_JOBS, multivariate=True, constant_liar=True
        )


class GridSearch:
    """Every combination of categorical values, once, in the order of the request."""

    def __init__(self, ranges: tuple[Range, ...]) -> None:
        lists = [item.values for item in ranges if isinstance(item, CategoricalRange)]
        self._names = [item.name for item in ranges]
        self._points = enumerate(itertools.product(*lists))

    def ask(self) -> Suggestion | None:
        """Suggest the next combination."""
        number, values = next(self._points, (0, None))
        if values is None:
            return None
        return Suggestion(number, dict(zip(self._names, values, strict=True)))

    def tell(self, suggestion: Suggestion, objective: float | None) -> None:
        """Learn nothing: the grid is walked to its end whatever comes out."""


class SampledSearch:
    """A thread-safe Optuna sampler over the ranges."""

    def __init__(
        self,
        ranges: tuple[Range, ...],
        sampler: BaseSampler,
        *,
        maximize: bool,
        earlier: Iterable[Observation],
    ) -> None:
        self._ranges = {item.name: item for item in ranges}
        self._distributions = {item.name: item.distribution() for item in ranges}
        self._memory = optuna.create_study(
            direction="maximize" if maximize else "minimize", sampler=sampler
        )
        self._lock = threading.Lock()
        for observation in earlier:
            values = self._decoded(observation.hyperparameters)
            if values is not None:
                self._memory.add_trial(
                    create_trial(
                        params=values,
                        distributions=self._distributions,
                        value=observation.objective,
                    )
                )

    def ask(self) -> Suggestion | None:
        """Suggest a point that the history makes promising."""
        with self._lock:
            asked = self._memory.ask(self._distributions)
        values = {name: self._ranges[name].encode(value) for name, value in asked.params.items()}
        return Suggestion(asked.number, values)

    def tell(self, suggestion: Suggestion, objective: float | None) -> None:
        """Learn from a training job that ended."""
        state = TrialState.FAIL if objective is None else TrialState.COMPLETE
        with self._lock:
            self._memory.tell(suggestion.number, objective, state=state)

    def _decoded(self, hyperparameters: Mapping[str, str]) -> dict[str, Any] | None:
        """Turn a container's values into the sampler's; None for a point outside of its space."""
        values = {
            name: item.decode(hyperparameters.get(name, "")) for name, item in self._ranges.items()
        }
        return None if None in values.values() else values
