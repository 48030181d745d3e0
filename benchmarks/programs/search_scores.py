"""Tunes small real problems by one method, and prints the scores that it reached.

`search_scores.py METHOD FITS SEEDS SIZE`, METHOD being ours or random. Each score is the mean of
five seeded folds, so that equal hyperparameters have equal scores.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from typing import Any

import joblib
import numpy as np
import optuna
from scipy import stats
from sklearn import datasets
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingRegressor
from sklearn.model_selection import KFold, RandomizedSearchCV, StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from local_aws.sagemaker.search.ranges import CategoricalRange, NumericRange, Range
from local_aws.sagemaker.search.strategies import create_search

PARALLEL = 2  # training jobs at a time
ROWS = 600

# Lowest and highest value, and whether the scale is logarithmic; choices are a list.
Space = dict[str, tuple[float, float, bool] | list[str]]
_SVC: Space = {
    "svc__C": (1e-3, 1e3, True),
    "svc__gamma": (1e-5, 10.0, True),
    "svc__shrinking": ["1", ""],
}
_SVR: Space = {
    "svr__C": (1e-2, 1e3, True),
    "svr__gamma": (1e-5, 1.0, True),
    "svr__epsilon": (1e-3, 10.0, True),
}
_NEIGHBORS: Space = {
    "n_neighbors": (1, 80, True),
    "p": (1.0, 4.0, False),
    "weights": ["uniform", "distance"],
}
_TREES: Space = {
    "max_depth": (2, 20, False),
    "min_samples_leaf": (1, 40, True),
    "max_features": (0.1, 1.0, False),
    "criterion": ["gini", "entropy"],
}
_BOOSTING: Space = {
    "learning_rate": (0.01, 0.5, True),
    "n_estimators": (10, 80, True),
    "max_depth": (1, 6, False),
    "subsample": (0.3, 1.0, False),
}
PROBLEMS: dict[str, tuple[Any, Any, Space]] = {
    "wine, SVC": (datasets.load_wine, make_pipeline(StandardScaler(), SVC()), _SVC),
    "breast cancer, SVC": (
        datasets.load_breast_cancer,
        make_pipeline(StandardScaler(), SVC()),
        _SVC,
    ),
    "digits, neighbors": (datasets.load_digits, KNeighborsClassifier(), _NEIGHBORS),
    "digits, extra trees": (
        datasets.load_digits,
        ExtraTreesClassifier(20, random_state=0),
        _TREES,
    ),
    "diabetes, SVR": (datasets.load_diabetes, make_pipeline(StandardScaler(), SVR()), _SVR),
    "diabetes, boosting": (
        datasets.load_diabetes,
        GradientBoostingRegressor(random_state=0),
        _BOOSTING,
    ),
}


def main() -> None:
    """Run one method on all problems, in one process a core."""
    method, fits, seeds, size = sys.argv[1], *map(int, sys.argv[2:4]), sys.argv[4]
    names = list(PROBLEMS)[: 1 if size == "quick" else None]
    start = time.monotonic()
    found = joblib.Parallel(n_jobs=1 if size == "quick" else -1, batch_size=1)(
        joblib.delayed(_search)(method, name, fits, seed) for name in names for seed in range(seeds)
    )
    scores = {name: found[place * seeds : (place + 1) * seeds] for place, name in enumerate(names)}
    print(json.dumps({"scores": scores, "seconds": time.monotonic() - start}))


def _search(method: str, name: str, fits: int, seed: int) -> float:
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    load, estimator, space = PROBLEMS[name]
    X, y = load(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))[:ROWS]
    X, y = X[order], y[order]
    is_regression = y.dtype.kind == "f"
    kind = KFold if is_regression else StratifiedKFold
    how = {
        "cv": kind(5, shuffle=True, random_state=0),
        "scoring": "r2" if is_regression else "balanced_accuracy",
    }
    if method == "random":
        draws = {key: _draws(item) for key, item in space.items()}
        search = RandomizedSearchCV(estimator, draws, n_iter=fits, random_state=seed, **how)
        return float(search.fit(X, y).best_score_)

    def score(drawn: dict[str, Any]) -> float:
        values = {key: _value(item, drawn[key]) for key, item in space.items()}
        return float(cross_val_score(estimator.set_params(**values), X, y, **how).mean())

    return _ours(score, space, fits, seed)


def _ours(score: Any, space: Space, fits: int, seed: int) -> float:
    """Ask the local SageMaker's Bayesian strategy, two training jobs at a time."""
    ranges = tuple(_range(name, item) for name, item in space.items())
    search = create_search("Bayesian", ranges, maximize=True, seed=seed)
    running, best = [], -np.inf
    for number in range(fits + PARALLEL - 1):
        if number < fits and (suggestion := search.ask()) is not None:
            running.append(suggestion)
        if number >= PARALLEL - 1 and running:
            first = running.pop(0)
            reached = score(first.hyperparameters)
            search.tell(first, reached)
            best = max(best, reached)
    return float(best)


def _is_whole(item: tuple[float, float, bool]) -> bool:
    return isinstance(item[0], int)


def _range(name: str, item: tuple[float, float, bool] | list[str]) -> Range:
    if isinstance(item, list):
        return CategoricalRange(name, tuple(item))
    scaling = "Logarithmic" if item[2] else "Linear"
    return NumericRange(
        name, item[0], item[1], scaling, "Integer" if _is_whole(item) else "Continuous"
    )


def _value(item: tuple[float, float, bool] | list[str], drawn: str) -> Any:
    if isinstance(item, list):
        return bool(drawn) if "" in item else drawn
    return int(drawn) if _is_whole(item) else float(drawn)


def _draws(item: tuple[float, float, bool] | list[str]) -> Any:
    """Write a range as scikit-learn's searches take it."""
    if isinstance(item, list):
        return [_value(item, each) for each in item]
    low, high, logarithmic = item
    if _is_whole(item):  # evenly on the scale, each as often as it is rounded to
        spread = np.geomspace if logarithmic else np.linspace
        return spread(low, high, 1000).round().astype(int).tolist()
    return stats.loguniform(low, high) if logarithmic else stats.uniform(low, high - low)


if __name__ == "__main__":
    main()
