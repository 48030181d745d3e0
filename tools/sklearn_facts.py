"""What scikit-learn itself says about its estimators, in the form of our data file.

`python -m tools.sklearn_facts` writes the file again, for a new version of scikit-learn.
"""

from __future__ import annotations

import importlib
import inspect
import json
import warnings
from collections.abc import Iterator, MutableMapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn._loss.loss import BaseLoss
from sklearn.experimental import (  # what has been imported anywhere is listed
    enable_halving_search_cv,  # noqa: F401
    enable_iterative_imputer,  # noqa: F401
)
from sklearn.gaussian_process import kernels
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics._dist_metrics import DistanceMetric
from sklearn.svm import LinearSVC
from sklearn.utils import all_estimators, get_tags
from sklearn.utils._param_validation import (
    HasMethods,
    Hidden,
    Interval,
    Options,
    StrOptions,
    make_constraint,
)

FILE = Path(__file__).parents[1] / "lambda/tunedrop/planning/estimators" / "sklearn_estimators.json"

TYPES = {"classification": "classifier", "regression": "regressor"}
# Two are about several targets, and one about rows without a target; others say so themselves.
_UNFIT = ("CCA", "PLSCanonical", "SelfTrainingClassifier")

# Estimators inside of others, by the parameter that takes them.
INSIDE = ("estimator", "regressor")
KERNELS = (
    "DotProduct", "ExpSineSquared", "Matern", "RBF", "RationalQuadratic", "WhiteKernel",
)  # fmt: skip


def load_class(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def public_path(kind: type) -> str:
    """Return the dotted path that scikit-learn's documentation uses."""
    parts = kind.__module__.split(".")
    private = next((i for i, part in enumerate(parts) if part.startswith("_")), len(parts))
    path = ".".join([*parts[:private], kind.__name__])
    assert load_class(path) is kind
    return path


def estimators_for(task: str) -> dict[str, Any]:
    """Return the estimators that learn one target from the columns of a table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = dict(all_estimators(type_filter=TYPES[task]))
    return {name: kind for name, kind in found.items() if _is_for_tables(kind, task)}


def _is_for_tables(kind: Any, task: str) -> bool:
    if kind.__name__ in _UNFIT or "estimators" in inspect.signature(kind).parameters:
        return False
    tags = get_tags(_example(kind, task))
    return bool(tags.target_tags.single_output and tags.input_tags.two_d_array)


def facts() -> dict[str, Any]:
    names = {task: estimators_for(task) for task in TYPES}
    found = {
        name: _facts_of(kind, task) for task, kinds in names.items() for name, kind in kinds.items()
    }
    others = sorted({name for name, _ in all_estimators()} - set(found))
    return {
        "scikit-learn": sklearn.__version__,
        "others": others,
        "estimators": dict(sorted(found.items())),
    }


def _facts_of(kind: Any, task: str) -> dict[str, Any]:
    parameters = inspect.signature(kind).parameters
    required = [name for name, each in parameters.items() if each.default is each.empty]
    return {
        "path": public_path(kind),
        "task": task,
        "required": required,
        "predict_proba": _probabilities(kind, task),
        "sample_weight": "sample_weight" in inspect.signature(kind.fit).parameters,
        "parameters": {
            name: {
                "default": None if name in required else str(each.default),
                "takes": _of_parameter(name, kind._parameter_constraints.get(name)),
            }
            for name, each in parameters.items()
        },
    }


def _example(kind: Any, task: str, inside: Any = None, **given: Any) -> Any:
    """Make one, with an estimator inside if it wants one."""
    inside = inside or (LogisticRegression() if task == "classification" else LinearRegression())
    parameters = inspect.signature(kind).parameters
    for name in INSIDE:
        if name in parameters:
            given[name] = inside
    return kind(**given)


def _probabilities(kind: Any, task: str) -> Any:
    """Tell whether it gives them: true, false, "inside", or the parameter that decides."""
    if task == "regression":
        return False
    usual = _has_probabilities(kind, task)
    if _has_probabilities(kind, task, LinearSVC()) != usual:
        return "inside"
    having = [(p, v) for p, v in _choices(kind) if _has_probabilities(kind, task, **{p: v})]
    deciding = {p for p, v in _choices(kind) if ((p, v) in having) != usual}
    if not deciding:
        return usual
    (parameter,) = deciding
    return {"parameter": parameter, "values": sorted(str(v) for p, v in having if p == parameter)}


def _has_probabilities(kind: Any, task: str, inside: Any = None, **given: Any) -> bool:
    return hasattr(_example(kind, task, inside, **given), "predict_proba")


def _choices(kind: Any) -> Iterator[tuple[str, Any]]:
    for name, constraint in kind._parameter_constraints.items():
        for raw in constraint if isinstance(constraint, list) else []:
            if raw == "boolean":
                yield name, True
                yield name, False
            elif isinstance(raw, StrOptions) and name in inspect.signature(kind).parameters:
                yield from ((name, option) for option in sorted(raw.options))


def _of_parameter(name: str, given: Any) -> list[Any]:
    if given is None or given == "no_validation":
        return ["anything"]
    found = {json.dumps(each) for raw in given for each in _of_constraint(raw)}
    if name in INSIDE:
        found.add(json.dumps("estimator"))
    return [each for each in map(json.loads, sorted(found)) if each != "list" or name in LISTS]


def _of_constraint(raw: Any) -> list[Any]:
    """Return what can be written of what a constraint takes; nothing for functions and arrays."""
    if isinstance(raw, Hidden):
        return []
    constraint = make_constraint(raw)
    if isinstance(constraint, Interval):
        kind = "int" if constraint.type is Integral else "float"
        return [_interval(kind, constraint.left, constraint.right, constraint.closed)]
    if isinstance(constraint, StrOptions):
        return [{"options": sorted(constraint.options - constraint.deprecated)}]
    if isinstance(constraint, Options):
        return [_interval("float", each, each, "both") for each in constraint.options]
    if raw is None:
        return ["none"]
    if isinstance(raw, str):
        return _BY_NAME[raw]
    if raw is callable or isinstance(raw, HasMethods) or raw in _UNWRITABLE:
        return []
    return _BY_TYPE[raw]


def _interval(kind: str, low: Any, high: Any, closed: str) -> dict[str, Any]:
    return {"type": kind, "low": _bound(low), "high": _bound(high), "closed": closed}


def _bound(value: Any) -> float | str | None:
    """JSON has no word for infinity."""
    return str(float(value)) if value is not None and np.isinf(value) else value


# Parameters that take lists here. A list elsewhere has one value for each feature or target: but
# the preprocessing makes the features, and there is one target.
LISTS = frozenset({
    "alphas", "class_prior", "Cs", "hidden_layer_sizes", "l1_ratio", "l1_ratios", "priors",
    "thresholds",
})  # fmt: skip

_BY_NAME: dict[str, list[Any]] = {
    "array-like": ["list"],
    "boolean": ["boolean"],
    "cv_object": ["none", _interval("int", 2, None, "left")],
    "random_state": ["none", _interval("int", 0, 2**32 - 1, "both")],
    "verbose": ["boolean", _interval("int", 0, None, "left")],
}
_UNWRITABLE = (BaseLoss, DistanceMetric, MutableMapping, np.ndarray)
_BY_TYPE: dict[Any, list[Any]] = {
    Integral: [_interval("int", None, None, "neither")],
    Real: [_interval("float", None, None, "both")],
    dict: ["mapping"],
    list: ["list"],
    tuple: ["list"],
    str: ["text"],
    kernels.Kernel: [{"options": list(KERNELS)}],
}


def text_of(found: dict[str, Any]) -> str:
    """Write the file with a line for each parameter, so that a change can be read."""
    lines = []
    for name, each in found["estimators"].items():
        rest = {key: value for key, value in each.items() if key != "parameters"}
        parameters = ",\n".join(
            f"    {json.dumps(key)}: {json.dumps(value)}"
            for key, value in sorted(each["parameters"].items())
        )
        head = json.dumps(rest)[1:-1]
        inner = f"{{\n{parameters}\n   }}" if parameters else "{}"
        lines.append(f'  {json.dumps(name)}: {{\n   {head},\n   "parameters": {inner}\n  }}')
    body = ",\n".join(lines)
    version, others = json.dumps(found["scikit-learn"]), json.dumps(found["others"])
    top = f' "scikit-learn": {version},\n "others": {others},\n'
    return f'{{\n{top} "estimators": {{\n{body}\n }}\n}}\n'


if __name__ == "__main__":
    FILE.write_text(text_of(facts()))
