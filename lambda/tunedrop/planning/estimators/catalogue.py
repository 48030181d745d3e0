"""Names of estimators: the catalogue's, with default ranges, and those of scikit-learn's classes.

A name in tuning.yaml is the catalogue's (`random_forest`), a class (`RandomForestClassifier`) or a
dotted path (`sklearn.ensemble.RandomForestClassifier`). The catalogue is search_spaces.json; each
of its ranges says where it comes from. Classes learn one target from the columns of a table, as
their own tags say; nothing else is ever imported for tuning.yaml.
"""

from __future__ import annotations

import inspect
import warnings
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils import all_estimators, get_tags

from sklearn_trainer.model.estimators import INSIDE, required_parameters
from tunedrop.errors import TuningConfigError
from tunedrop_common.data_text import quote
from tunedrop_common.plan import Range, Record, Task

EstimatorClass: TypeAlias = type[Any]  # scikit-learn has no type hints

# Two are about several targets, and one about rows without a target; others say so themselves.
_UNSUITABLE = ("CCA", "PLSCanonical", "SelfTrainingClassifier")

TASKS: tuple[Task, Task] = ("classification", "regression")

Scaling = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]
SCALINGS: dict[str, Scaling] = {
    "auto": "Auto",
    "linear": "Linear",
    "log": "Logarithmic",
    "reverse_log": "ReverseLogarithmic",
}

_KINDS = {"classification": "classifier", "regression": "regressor"}


class ClassSpace(Record):
    """What is tuned of a class by default, and what is fixed."""

    fixed: dict[str, str]
    ranges: dict[str, Range]


class SearchSpaces(Record):
    """search_spaces.json: the class that each name stands for, and the classes' default ranges."""

    names: dict[str, dict[Task, str]]
    classes: dict[str, ClassSpace]


CATALOGUE = SearchSpaces.model_validate_json(
    files("tunedrop.planning.estimators").joinpath("search_spaces.json").read_bytes()
)


def find_estimator(written: str, task: Task, where: str) -> EstimatorClass:
    """Return the class that a name stands for.

    Raises
    ------
    TuningConfigError
        When there is none, or it is for the other task.
    """
    estimator = find_class(CATALOGUE.names.get(written, {}).get(task, written))
    if estimator is None:
        near = _nearest(written.rpartition(".")[2])
        raise TuningConfigError(
            "Tunedrop tunes no estimator of this name",
            where=where,
            found=quote(written),
            expected=f"one of {', '.join(CATALOGUE.names)}, or the name of a classifier or "
            "regressor of scikit-learn that learns one target from a table",
            to_do=f"Write {quote(near)} instead." if near else "Choose one of these.",
        )
    if task_of(estimator) != task:
        raise TuningConfigError(
            f"{estimator.__name__} is for {task_of(estimator)}, and this is a {task}",
            where=where,
            found=quote(written),
            expected=f"a {_KINDS[task]}",
            to_do=f"Choose another one, or write `task: {task_of(estimator)}` if the target is one "
            "for it.",
        )
    return estimator


def _nearest(name: str) -> str:
    """Return the right name that a wrong one most likely means, "" when none is near."""
    plain = _plain(name.partition("(")[0])
    classes_of_both = (name for task in TASKS for name in classes_for(task))
    by_plain = {_plain(name): name for name in (*classes_of_both, *CATALOGUE.names)}
    near = get_close_matches(plain, by_plain, 1, cutoff=0.7)
    return by_plain[near[0]] if near else ""


def _plain(name: str) -> str:
    plain = "".join(c for c in name.lower() if c.isalnum())
    return plain.removesuffix("classifier").removesuffix("regressor")


def find_class(name: str) -> EstimatorClass | None:
    """Return the class of a name, or of a dotted public path."""
    short_name = name.rpartition(".")[2]
    for task in TASKS:
        estimator = classes_for(task).get(short_name)
        if estimator is not None and name in (short_name, path_of(estimator)):
            return estimator
    return None


def path_of(estimator: EstimatorClass) -> str:
    """Return the dotted path that scikit-learn's documentation uses."""
    parts = estimator.__module__.split(".")
    private = next((i for i, part in enumerate(parts) if part.startswith("_")), len(parts))
    return ".".join([*parts[:private], estimator.__name__])


def task_of(estimator: EstimatorClass) -> Task:
    """Return the task that a class is for."""
    is_classifier = estimator.__name__ in classes_for("classification")
    return "classification" if is_classifier else "regression"


@cache
def classes_for(task: Task) -> dict[str, EstimatorClass]:
    """Return the classifiers or regressors that learn one target from a table, by their names."""
    inner = LogisticRegression() if task == "classification" else LinearRegression()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            name: estimator
            for name, estimator in all_estimators(type_filter=_KINDS[task])
            if name not in _UNSUITABLE and _is_for_tables(estimator, inner)
        }


def _is_for_tables(estimator: EstimatorClass, inner: Any) -> bool:
    if not set(required_parameters(estimator)) <= set(INSIDE):  # lists of estimators
        return False
    parameters = inspect.signature(estimator).parameters
    tags = get_tags(estimator(**{name: inner for name in INSIDE if name in parameters}))
    return bool(tags.target_tags.single_output and tags.input_tags.two_d_array)
