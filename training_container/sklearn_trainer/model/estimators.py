"""Finds a scikit-learn estimator by its dotted path, and what preprocessing it needs.

Nothing but classes below `sklearn.` can be named. What an estimator needs is asked of its own tags
and of the family (the module) that it belongs to.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import get_tags

from sklearn_trainer.errors import EstimatorError
from tunedrop_common.data_text import quote

Estimator: TypeAlias = Any  # scikit-learn has no type hints

_PATH = re.compile(r"sklearn(\.[A-Za-z_][A-Za-z0-9_]*)+")
_SCALE_FREE = ("sklearn.tree", "sklearn.ensemble", "sklearn.dummy")
_SCALES_TARGET = ("sklearn.svm", "sklearn.neural_network", "sklearn.gaussian_process")
# Their penalty or step is on the scale of the target.
_SCALES_TARGET_CLASSES = (
    "SGDRegressor", "PassiveAggressiveRegressor", "KernelRidge", "Lasso", "ElasticNet", "LassoLars",
    "QuantileRegressor",
)  # fmt: skip

# Parameters that take another estimator.
INSIDE = ("estimator", "regressor")


def find_estimator(class_path: str, task: str) -> type[Estimator]:
    """Return the class; an error in words when it is not one for the task."""
    estimator = import_estimator(class_path)
    if not inspect.isclass(estimator):
        raise EstimatorError(
            "The plan names an estimator that is not in this image's scikit-learn",
            found=quote(class_path),
            expected="a dotted path such as sklearn.ensemble.RandomForestClassifier",
            to_do="Correct the estimator in tuning.yaml.",
        )
    mixin = ClassifierMixin if task == "classification" else RegressorMixin
    if not issubclass(estimator, BaseEstimator) or not issubclass(estimator, mixin):
        raise EstimatorError(
            f"The estimator {estimator.__name__} does not support {task}",
            to_do=f"Name a scikit-learn {mixin.__name__.removesuffix('Mixin').lower()} "
            "in tuning.yaml.",
        )
    return estimator


def import_estimator(class_path: str) -> object:
    """Return what the path names, None when that is nothing below `sklearn.`."""
    if not _PATH.fullmatch(class_path):
        return None
    module_name, _, class_name = class_path.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except ImportError:
        return None
    return getattr(module, class_name, None)


def required_parameters(estimator: type[Estimator]) -> list[str]:
    """Return the constructor parameters without a default."""
    return [
        parameter.name
        for parameter in inspect.signature(estimator).parameters.values()
        if parameter.default is inspect.Parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]


def takes_missing(estimator: Estimator) -> bool:
    """Return whether it accepts missing values itself."""
    return bool(get_tags(estimator).input_tags.allow_nan)


def needs_positive(estimator: Estimator) -> bool:
    """Return whether it, or an inner estimator, takes no negative numbers."""
    return any(get_tags(model).input_tags.positive_only for model in _with_inner(estimator))


def needs_codes(estimator: Estimator) -> bool:
    """Return whether it, or an inner estimator, takes only codes of categories."""
    return any(get_tags(model).input_tags.categorical for model in _with_inner(estimator))


def needs_scaling(estimator: Estimator) -> bool:
    """Return whether the scale of a feature matters to it, or to an inner estimator."""
    kinds = [type(model).__module__ for model in _with_inner(estimator)]
    return not kinds[-1].startswith(_SCALE_FREE)


def needs_scaled_target(estimator: Estimator) -> bool:
    """Return whether a regressor's hyperparameters assume a target of unit variance."""
    kind = type(list(_with_inner(estimator))[-1])
    return kind.__module__.startswith(_SCALES_TARGET) or kind.__name__ in _SCALES_TARGET_CLASSES


def takes_categories(estimator: Estimator) -> bool:
    """Return whether it splits on categories itself (histogram gradient boosting)."""
    parameters = inspect.signature(type(estimator)).parameters
    return "categorical_features" in parameters and "max_bins" in parameters


def name_of(model: Estimator) -> str:
    """Return the class name of a pipeline's estimator, or of any other model."""
    last = model[-1] if hasattr(model, "steps") else model
    inner = getattr(last, "regressor", None)
    return type(last if inner is None else inner).__name__


def _with_inner(estimator: Estimator) -> Iterator[Estimator]:
    """Yield an estimator, its inner estimator, and so on."""
    yield estimator
    parameters = estimator.get_params(deep=False)
    for name in INSIDE:
        if parameters.get(name) is not None:
            yield from _with_inner(parameters[name])
