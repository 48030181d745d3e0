"""The classes of scikit-learn that tuning.yaml can name; nothing else is ever imported for it.

They learn one target from the columns of a table, as their own tags say.
"""

from __future__ import annotations

import inspect
import warnings
from functools import cache
from typing import Any, TypeAlias

from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils import all_estimators, get_tags

from sklearn_trainer.model.estimators import INSIDE, required_parameters
from tunedrop_common.plan import Task

EstimatorClass: TypeAlias = type[Any]  # scikit-learn has no type hints

# Two are about several targets, and one about rows without a target; others say so themselves.
_UNSUITABLE = ("CCA", "PLSCanonical", "SelfTrainingClassifier")

TASKS: tuple[Task, Task] = ("classification", "regression")


def class_names(task: Task) -> list[str]:
    """Return the names of all classifiers or regressors."""
    return list(_classes(task))


def find_class(name: str) -> EstimatorClass | None:
    """Return the class of a name, or of a dotted public path."""
    short_name = name.rpartition(".")[2]
    for task in TASKS:
        estimator = _classes(task).get(short_name)
        if estimator is not None and name in (short_name, path_of(estimator)):
            return estimator
    return None


def is_unsuitable(name: str) -> bool:
    """Return whether scikit-learn has a class of that name that learns no target from a table."""
    return name in dict(all_estimators()) and find_class(name) is None


def path_of(estimator: EstimatorClass) -> str:
    """Return the dotted path that scikit-learn's documentation uses."""
    parts = estimator.__module__.split(".")
    private = next((i for i, part in enumerate(parts) if part.startswith("_")), len(parts))
    return ".".join([*parts[:private], estimator.__name__])


def task_of(estimator: EstimatorClass) -> Task:
    """Return the task that a class is for."""
    return "classification" if estimator.__name__ in _classes("classification") else "regression"


@cache
def _classes(task: Task) -> dict[str, EstimatorClass]:
    inner = LogisticRegression() if task == "classification" else LinearRegression()
    kind = "classifier" if task == "classification" else "regressor"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            name: estimator
            for name, estimator in all_estimators(type_filter=kind)
            if name not in _UNSUITABLE and _is_for_tables(estimator, inner)
        }


def _is_for_tables(estimator: EstimatorClass, inner: Any) -> bool:
    if not set(required_parameters(estimator)) <= set(INSIDE):  # lists of estimators
        return False
    parameters = inspect.signature(estimator).parameters
    tags = get_tags(estimator(**{name: inner for name in INSIDE if name in parameters}))
    return bool(tags.target_tags.single_output and tags.input_tags.two_d_array)
