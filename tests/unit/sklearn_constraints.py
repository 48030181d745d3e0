"""What scikit-learn itself says about estimators' parameters, in the form of our data file.

`python -m tests.unit.sklearn_constraints` writes the file again, for a new version of scikit-learn.
"""

from __future__ import annotations

import importlib
import inspect
import json
from numbers import Integral
from pathlib import Path
from typing import Any

from sklearn.utils._param_validation import Interval, Options, StrOptions, make_constraint

PACKAGE = Path(__file__).parents[2] / "lambda" / "tunedrop" / "planning"
FILE = PACKAGE / "parameter_constraints.json"


def load_class(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def class_paths() -> list[str]:
    spaces = json.loads((PACKAGE / "search_spaces.json").read_text())
    return sorted(
        space[task]["class"]
        for space in spaces.values()
        for task in ("classification", "regression")
    )


def parameter_constraints() -> dict[str, dict[str, list[Any]]]:
    return {path: _of_class(load_class(path)) for path in class_paths()}


def _of_class(estimator: Any) -> dict[str, list[Any]]:
    constraints = estimator._parameter_constraints
    return {
        name: _of_parameter(constraints.get(name, "no_validation"))
        for name in inspect.signature(estimator).parameters
    }


def _of_parameter(given: Any) -> list[Any]:
    if given == "no_validation":
        return ["anything"]
    found = [_of_constraint(raw, make_constraint(raw)) for raw in given]
    return sorted((each for each in found if each is not None), key=json.dumps)


def _of_constraint(raw: Any, constraint: Any) -> Any:
    if constraint.hidden:
        return None
    if isinstance(constraint, Interval):
        return {
            "type": "int" if constraint.type is Integral else "float",
            "low": _bound(constraint.left),
            "high": _bound(constraint.right),
            "closed": constraint.closed,
        }
    if isinstance(constraint, StrOptions):
        return {"options": sorted(constraint.options - constraint.deprecated)}
    if isinstance(constraint, Options):
        return {"options": sorted(map(str, constraint.options))}
    if raw in ("boolean", "verbose", "random_state"):
        return raw
    if raw is None:
        return "none"
    if raw is Integral:
        return {"type": "int", "low": None, "high": None, "closed": "neither"}
    if raw == "array-like" or raw in (list, tuple):
        return "list"
    if raw in (dict, callable) or raw is str or inspect.isclass(raw):
        return "object"
    raise AssertionError(f"a constraint that is new to us: {raw!r}")


def _bound(value: Any) -> float | None:
    return None if value is None or value in (float("inf"), float("-inf")) else value


if __name__ == "__main__":
    FILE.write_text(json.dumps(parameter_constraints(), indent=1, sort_keys=True) + "\n")
