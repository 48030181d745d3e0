"""Tunes every problem of `tuning_problems` by one method; prints the scores that it reached.

`search_scores.py METHOD FITS SEEDS SIZE WORKERS`, METHOD being ours, optuna, random or halving.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import joblib
import numpy as np
import optuna
from scipy import stats
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the next one exist
from sklearn.model_selection import HalvingRandomSearchCV, RandomizedSearchCV

from benchmarks.tuning_problems import PROBLEMS, Problem, Table
from local_aws.sagemaker.search.ranges import CategoricalRange, NumericRange, Range
from local_aws.sagemaker.search.strategies import create_search

Method = Callable[[Problem, Table, int, int], float]

PARALLEL = 2
FACTOR = 3
RUNGS = 3


def main() -> None:
    """Run one method on all problems, in one process a core."""
    method, fits, seeds, size, workers = sys.argv[1], *map(int, sys.argv[2:4]), *sys.argv[4:6]
    names = list(PROBLEMS)[: 1 if size == "quick" else None]
    start = time.monotonic()
    found = joblib.Parallel(n_jobs=int(workers), batch_size=1)(
        joblib.delayed(_search)(method, name, fits, seed) for name in names for seed in range(seeds)
    )
    scores = {name: found[place * seeds : (place + 1) * seeds] for place, name in enumerate(names)}
    print(json.dumps({"scores": scores, "seconds": time.monotonic() - start}))


def _search(method: str, name: str, fits: int, seed: int) -> float:
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return METHODS[method](PROBLEMS[name], PROBLEMS[name].table(), fits, seed)


def ours(problem: Problem, table: Table, fits: int, seed: int) -> float:
    """Ask the local SageMaker's Bayesian strategy, two training jobs at a time."""
    ranges = tuple(_range(name, item) for name, item in problem.ranges.items())
    search = create_search("Bayesian", ranges, maximize=True, seed=seed)
    running, best = [], -np.inf
    for number in range(fits + PARALLEL - 1):
        if number < fits:
            suggestion = search.ask()
            if suggestion is not None:
                running.append(suggestion)
        if number >= PARALLEL - 1 and running:
            first = running.pop(0)
            score = problem.score(table, _values(problem, first.hyperparameters))
            search.tell(first, score)
            best = max(best, score)
    return float(best)


def by_optuna(problem: Problem, table: Table, fits: int, seed: int) -> float:
    """Ask Optuna as it comes."""
    distributions = {
        name: _range(name, item).distribution() for name, item in problem.ranges.items()
    }
    sampler = optuna.samplers.TPESampler(seed=seed)
    memory = optuna.create_study(direction="maximize", sampler=sampler)
    for _ in range(fits):
        asked = memory.ask(distributions)
        memory.tell(asked, problem.score(table, _values(problem, asked.params)))
    return float(memory.best_value)


def by_random(problem: Problem, table: Table, fits: int, seed: int) -> float:
    """Let scikit-learn draw."""
    search = RandomizedSearchCV(
        problem.estimator(),
        _draws(problem),
        n_iter=fits,
        cv=problem.folds,
        scoring=problem.scoring,
        random_state=seed,
        refit=False,
    )
    return float(search.fit(*table).best_score_)


def by_halving(problem: Problem, table: Table, fits: int, seed: int) -> float:
    """Halve: each of three rungs costs a third of the budget, in rows."""
    rows = len(table[0])
    search = HalvingRandomSearchCV(
        problem.estimator(),
        _draws(problem),
        n_candidates=max(FACTOR, fits * FACTOR ** (RUNGS - 1) // RUNGS),
        factor=FACTOR,
        min_resources=max(2 * FACTOR, rows // FACTOR ** (RUNGS - 1)),
        cv=problem.folds,
        scoring=problem.scoring,
        random_state=seed,
        refit=False,
    )
    return problem.score(table, search.fit(*table).best_params_)


METHODS: Mapping[str, Method] = {
    "ours": ours,
    "optuna": by_optuna,
    "random": by_random,
    "halving": by_halving,
}


def _range(name: str, item: Any) -> Range:
    """Write a range as a tuning job has it; choices by their place."""
    if isinstance(item, list):
        return CategoricalRange(name, tuple(str(place) for place in range(len(item))))
    low, high, scale = item
    kind = "Integer" if isinstance(low, int) and isinstance(high, int) else "Continuous"
    return NumericRange(name, low, high, "Logarithmic" if scale == "log" else "Linear", kind)


def _values(problem: Problem, drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Turn what a training job would get into the estimator's values."""
    values: dict[str, Any] = {}
    for name, item in problem.ranges.items():
        if isinstance(item, list):
            values[name] = item[int(drawn[name])]
        elif isinstance(item[0], int) and isinstance(item[1], int):
            values[name] = int(drawn[name])
        else:
            values[name] = float(drawn[name])
    return values


def _draws(problem: Problem) -> dict[str, Any]:
    """Write the ranges as scikit-learn's searches want them."""
    draws: dict[str, Any] = {}
    for name, item in problem.ranges.items():
        if isinstance(item, list):
            draws[name] = item
            continue
        low, high, scale = item
        if isinstance(low, int) and isinstance(high, int):
            spread = np.geomspace if scale == "log" else np.linspace
            # Evenly on the scale, each as often as it is rounded to.
            draws[name] = spread(low, high, 1000).round().astype(int).tolist()
        elif scale == "log":
            draws[name] = stats.loguniform(low, high)
        else:
            draws[name] = stats.uniform(low, high - low)
    return draws


if __name__ == "__main__":
    main()
