"""Every estimator of scikit-learn, small enough to train in seconds, and a table for them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tunedrop.planning.estimators.catalogue import TASKS, classes_for
from tunedrop.planning.estimators.selection import choose_estimators
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop_common.plan import EstimatorPlan, Metric, Task

ALL = [(name, task) for task in TASKS for name in classes_for(task)]

# One of each kind that is prepared or made in its own way; the others are tried by slow tests.
QUICK = (
    "HistGradientBoostingClassifier", "LogisticRegression", "OneVsRestClassifier", "CategoricalNB",
    "KNeighborsRegressor", "AdaBoostRegressor", "GaussianProcessRegressor", "SVR",
)  # fmt: skip

# Small, so that all of them train in seconds; and what an estimator cannot do without.
_TREE = {"estimator": "DecisionTreeClassifier"}
FIXED: dict[str, dict[str, Any]] = {
    "AdaBoostClassifier": {"n_estimators": 5},
    "AdaBoostRegressor": {"n_estimators": 5},
    "BaggingClassifier": {"n_estimators": 3},
    "BaggingRegressor": {"n_estimators": 3},
    "CalibratedClassifierCV": {"cv": 2},
    "ElasticNetCV": {"cv": 2, "alphas": 5},
    "ExtraTreesClassifier": {"n_estimators": 5},
    "ExtraTreesRegressor": {"n_estimators": 5},
    "FixedThresholdClassifier": _TREE,
    "GradientBoostingClassifier": {"n_estimators": 5},
    "GradientBoostingRegressor": {"n_estimators": 5},
    "HistGradientBoostingClassifier": {"max_iter": 3},
    "HistGradientBoostingRegressor": {"max_iter": 3},
    "LassoCV": {"cv": 2, "alphas": 5},
    "LogisticRegressionCV": {"cv": 2, "Cs": 2},
    "MLPClassifier": {"max_iter": 10},
    "MLPRegressor": {"max_iter": 10},
    "OneVsOneClassifier": _TREE,
    "OneVsRestClassifier": _TREE,
    "OutputCodeClassifier": _TREE,
    "QuadraticDiscriminantAnalysis": {"solver": "eigen", "shrinkage": 0.1},
    "RadiusNeighborsClassifier": {"radius": 50},
    "RadiusNeighborsRegressor": {"radius": 50},
    "RandomForestClassifier": {"n_estimators": 5},
    "RandomForestRegressor": {"n_estimators": 5},
    "TheilSenRegressor": {"max_subpopulation": 50},
    "TunedThresholdClassifierCV": {**_TREE, "cv": 2},
}


def rows() -> list[dict[str, Any]]:
    draw = random.Random(5)  # noqa: S311 - a table that is the same every time
    return [
        {
            "size": "" if index % 9 == 4 else round(draw.gauss(2.0 * (index % 2), 1.0), 3),
            "weight": round(draw.gauss(index % 2, 1.0), 3),
            "colour": "" if index % 11 == 3 else draw.choice(["red", "green", "blue"]),
            "kind": ("pear", "plum")[index % 2],
            "price": round(3.0 + index % 2 + draw.gauss(0, 0.3), 3),
        }
        for index in range(48)
    ]


METRICS = {"classification": "balanced_accuracy", "regression": "neg_mean_absolute_error"}


def cases() -> Iterator[Any]:
    """Return (name, task) of each estimator; slow, but for the quick ones."""
    for name, task in ALL:
        marks = () if name in QUICK else pytest.mark.slow
        yield pytest.param(name, task, marks=marks, id=f"{name}-{task}")


def planned(name: str, task: Task) -> EstimatorPlan:
    """Return what PlanRun plans, with a choice of the preprocessing to tune."""
    ranges = {"preprocess__imputation": ["mean", "median"]}
    document = {"estimators": {name: {"ranges": ranges, "fixed": FIXED.get(name, {})}}}
    config = read_tuning_config(yaml.safe_dump(document).encode())
    objective = Metric(objective=METRICS[task])
    (estimator,), _ = choose_estimators(config, task, objective, seed=3)
    return estimator
