"""What PlanRun knows of scikit-learn's estimators, without importing scikit-learn.

Data, sklearn_estimators.json, generated from scikit-learn itself; a test holds both together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tunedrop_common.plan import Task

Constraint = Any
"""A word such as "boolean", {"options"}, or {"type", "low", "high", "closed"}."""

# What says how a model is fitted, not which one: threads, output, copies, caches. The training
# container decides it, by its machine, and the catalogue the size of caches; tuning.yaml may not.
RUN_PARAMETERS = frozenset(
    {"cache_size", "copy", "copy_X", "copy_X_train", "n_jobs", "verbose", "warm_start"}
)

_FILE = "sklearn_estimators.json"


@dataclass(frozen=True)
class Parameter:
    """A constructor parameter: its default as text (None when it must be given), what it takes."""

    default: str | None
    takes: tuple[Constraint, ...]


@dataclass(frozen=True)
class SklearnEstimator:
    """A classifier or regressor of scikit-learn.

    `predict_proba` is true, false, "inside" (as the estimator inside has it) or the parameter and
    the values with which there is one. `parameters` has none of RUN_PARAMETERS.
    """

    name: str
    path: str
    task: Task
    required: tuple[str, ...]
    predict_proba: bool | str | Mapping[str, Any]
    sample_weight: bool
    parameters: Mapping[str, Parameter]

    @property
    def constraints(self) -> dict[str, tuple[Constraint, ...]]:
        """What each parameter takes."""
        return {name: parameter.takes for name, parameter in self.parameters.items()}

    @property
    def example_inside(self) -> str:
        """An estimator that can be inside, for messages."""
        return f"DecisionTree{'Classifier' if self.task == 'classification' else 'Regressor'}"

    @property
    def seeded(self) -> bool:
        """Whether it draws random numbers."""
        return "random_state" in self.parameters

    @property
    def inside(self) -> str | None:
        """The parameter that takes another estimator."""
        return next((n for n, p in self.parameters.items() if "estimator" in p.takes), None)

    def gives_probabilities(self, values: Mapping[str, str]) -> bool:
        """Whether it has predict_proba, with these hyperparameters."""
        how = self.predict_proba
        if isinstance(how, bool):
            return how
        if isinstance(how, str):  # as the estimator inside
            given = values.get(self.inside or "")
            inner = known_by_path(given) if given else None
            if inner is None:
                return False
            prefix = f"{self.inside}__"
            own = {n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)}
            return inner.gives_probabilities(own)
        value = values.get(how["parameter"], self.parameters[how["parameter"]].default)
        return value in how["values"]


def known(name: str) -> SklearnEstimator | None:
    """Return the estimator of a class name."""
    found = _all().get(name)
    if found is None:
        return None
    details = {
        **found,
        "required": tuple(found["required"]),
        "parameters": {
            key: Parameter(each["default"], tuple(each["takes"]))
            for key, each in found["parameters"].items()
            if key not in RUN_PARAMETERS
        },
    }
    return SklearnEstimator(name=name, **details)


def known_by_path(path: str) -> SklearnEstimator | None:
    """Return the estimator of a dotted public path."""
    found = known(path.rpartition(".")[2])
    return found if found and found.path == path else None


def by_path(path: str) -> SklearnEstimator:
    """Return the estimator of a plan's class path."""
    found = known_by_path(path)
    if found is None:
        raise KeyError(path)
    return found


def class_names(task: Task) -> list[str]:
    """Return the names of all classifiers or regressors."""
    return [name for name, each in _all().items() if each["task"] == task]


def is_another_class(name: str) -> bool:
    """Whether scikit-learn has a class of that name that learns no target from a table."""
    return name in _content()["others"]


def _all() -> Mapping[str, Mapping[str, Any]]:
    return _content()["estimators"]  # type: ignore[no-any-return]


@cache
def _content() -> Mapping[str, Any]:
    text = files("tunedrop.planning.estimators").joinpath(_FILE).read_text("utf-8")
    return json.loads(text)  # type: ignore[no-any-return]
