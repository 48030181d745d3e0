"""Values of hyperparameters: are they the estimator's, and may they have these values.

scikit-learn's own constraints decide, applied to the strings of a plan: "None" for null, "0.1",
"(64, 64)". Names such as `estimator__max_depth` belong to the estimator inside, `preprocess__*` to
the preprocessing.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.catalogue import find_estimator
from tunedrop.planning.estimators.sklearn_estimators import (
    RUN_PARAMETERS,
    Constraint,
    SklearnEstimator,
    known_by_path,
)
from tunedrop_common.data_text import quote
from tunedrop_common.plan import NumericRange
from tunedrop_common.preprocessing import CHOICES, NUMBERS, PREFIX


def _whole(low: int, high: int | None) -> Constraint:
    return {"type": "int", "low": low, "high": high, "closed": "both" if high else "left"}


PREPROCESSING: Final[Mapping[str, tuple[Constraint, ...]]] = {
    **{f"{PREFIX}{name}": ({"options": list(words)},) for name, words in CHOICES.items()},
    **{f"{PREFIX}{name}": (_whole(*bounds),) for name, bounds in NUMBERS.items()},
}

_NONE = ("None", "none", "null")
_FLAGS = ("True", "true", "False", "false")
_SHOWN_OPTIONS = 20
_NO_INSIDE: Mapping[str, str] = {}


def checked_value(
    estimator: SklearnEstimator,
    name: str,
    text: str,
    where: str,
    inside: Mapping[str, str] = _NO_INSIDE,
) -> str:
    """Return a value as the plan has it; check that the estimator takes it.

    Parameters
    ----------
    inside
        Of the fixed hyperparameters, the class path of the estimator inside, by its parameter.
    """
    constraints = constraints_of(estimator, name, where, inside)
    if takes(constraints, text):
        return text
    if "estimator" in constraints:
        return find_estimator(text, estimator.task, where).path
    near = get_close_matches(text, options(constraints), 1)
    raise TuningConfigError(
        f"{_owner(estimator, name)} does not take this value of {name}",
        where=where,
        found=quote(text),
        expected=in_words(constraints),
        to_do=f"Write {quote(near[0])} instead." if near else "Correct the value.",
    )


def check_range(
    estimator: SklearnEstimator,
    name: str,
    given: NumericRange,
    where: str,
    inside: Mapping[str, str] = _NO_INSIDE,
) -> None:
    """Check that the estimator takes all values of a range."""
    constraints = constraints_of(estimator, name, where, inside)
    if takes_range(constraints, given):
        return
    raise TuningConfigError(
        f"{_owner(estimator, name)} does not take all values of this range of {name}",
        where=where,
        found=f"'{given.minimum:g} to {given.maximum:g}'",
        expected=in_words(constraints),
        to_do="Correct min and max, or write a list of values.",
    )


def constraints_of(
    estimator: SklearnEstimator, name: str, where: str, inside: Mapping[str, str] = _NO_INSIDE
) -> tuple[Constraint, ...]:
    """Return what a hyperparameter takes; check that there is such a one."""
    outer, _, inner = name.partition("__")
    if inner and outer == estimator.inside:
        found = known_by_path(inside.get(outer, ""))
        if found is None:
            raise TuningConfigError(
                f"Hyperparameters of what is inside {estimator.name} need to know what that is",
                where=where,
                expected=f"`{outer}` among `fixed`, with the name of an estimator",
                to_do=f"Add for instance `{outer}: {estimator.example_inside}` to `fixed`.",
            )
        return constraints_of(found, inner, where)
    if name in RUN_PARAMETERS:
        raise TuningConfigError(
            f"Tunedrop decides {name}, which changes how a model is fitted, not the model",
            where=where,
            found=repr(name),
            expected="hyperparameters of the model",
            to_do=f"Remove {name}.",
        )
    known = PREPROCESSING if name.startswith(PREFIX) else estimator.constraints
    if name in known:
        return known[name]
    near = get_close_matches(name, known, 1)
    raise TuningConfigError(
        f"{_owner(estimator, name)} has no such hyperparameter",
        where=where,
        found=quote(name),
        expected=f"one of {', '.join(known)}" if known else "none: it has no hyperparameters",
        to_do=f"Write {quote(near[0])} instead." if near else "Correct the name.",
    )


def number_types(constraints: Iterable[Constraint]) -> set[str]:
    """Return which numbers a hyperparameter can be: "int", "float", both or none."""
    return {each["type"] for each in _intervals(constraints)}


def takes(constraints: Iterable[Constraint], text: str) -> bool:
    """Whether any of the constraints takes a value."""
    return any(_takes(each, text) for each in constraints)


def takes_range(constraints: Iterable[Constraint], given: NumericRange) -> bool:
    """Whether one constraint takes all numbers of a range."""
    ends = (given.minimum, given.maximum)
    return "anything" in constraints or any(
        all(_inside(end, interval) for end in ends)
        for interval in _intervals(constraints)
        if interval["type"] == "float" or given.kind == "integer"
    )


def _intervals(constraints: Iterable[Constraint]) -> list[Mapping[str, Any]]:
    """Return the constraints that take numbers of an interval, not only a single one."""
    return [
        each
        for each in constraints
        if isinstance(each, dict) and "type" in each and not _is_single(each)
    ]


def options(constraints: Iterable[Constraint]) -> list[str]:
    """Return the words that may be written."""
    return [word for each in constraints for word in _options(each)]


def in_words(constraints: Iterable[Constraint]) -> str:
    """Say for people what may be written.

    Example
    -------
    >>> in_words(["none", {"type": "int", "low": 1, "high": None, "closed": "left"}])
    'a whole number from 1, or null'
    """
    found = [each for each in constraints if each != "none"] + [
        each for each in constraints if each == "none"
    ]
    return ", or ".join(dict.fromkeys(map(_word, found))) or "nothing that can be written here"


def _takes(constraint: Constraint, text: str) -> bool:
    if isinstance(constraint, dict):
        if "type" in constraint:
            number = _number(text, constraint["type"])
            return number is not None and _inside(number, constraint)
        return text in _options(constraint)
    if constraint == "none":
        return text in _NONE
    if constraint == "boolean":
        return text in _FLAGS
    if constraint in ("list", "mapping"):
        return isinstance(_literal(text), (list, tuple) if constraint == "list" else dict)
    return constraint in ("anything", "text")


def _options(constraint: Constraint) -> list[str]:
    found: list[str] = constraint.get("options", []) if isinstance(constraint, dict) else []
    return found


def _number(text: str, kind: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if math.isnan(number) or (kind == "int" and not number.is_integer()):
        return None
    return number


def _literal(text: str) -> object:
    if "," not in text and text[:1] not in ("(", "[", "{"):
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _inside(number: float, interval: Mapping[str, Any]) -> bool:
    """Whether an interval has a number; no bound means infinity, included if it is closed."""
    low, high = (
        float(infinite if bound is None else bound)
        for bound, infinite in ((interval["low"], "-inf"), (interval["high"], "inf"))
    )
    closed = interval["closed"]
    return _after(number, low, closed in ("left", "both")) and _after(
        -number, -high, closed in ("right", "both")
    )


def _after(number: float, bound: float, included: bool) -> bool:
    return number > bound or (included and number == bound)


def _is_single(interval: Mapping[str, Any]) -> bool:
    return interval["low"] is not None and interval["low"] == interval["high"]


def _word(constraint: Constraint) -> str:
    words = {
        "none": "null",
        "boolean": "true or false",
        "list": "a list",
        "mapping": "a mapping",
        "text": "a word",
        "estimator": "the name of an estimator",
        "anything": "any value",
    }
    if isinstance(constraint, str):
        return words[constraint]
    if "type" not in constraint:
        return f"one of {', '.join(map(repr, _options(constraint)[:_SHOWN_OPTIONS]))}"
    if _is_single(constraint):
        return "." + str(constraint["low"])  # YAML's .inf
    kind = "a whole number" if constraint["type"] == "int" else "a number"
    low, high = _finite(constraint["low"]), _finite(constraint["high"])
    closed = constraint["closed"]
    least = f" {'from' if closed in ('left', 'both') else 'above'} {low}" if low is not None else ""
    most = f" {'to' if closed in ('right', 'both') else 'below'} {high}" if high is not None else ""
    return kind + least + most


def _finite(bound: float | str | None) -> float | None:
    return None if isinstance(bound, str) else bound


def _owner(estimator: SklearnEstimator, name: str) -> str:
    return "The preprocessing" if name.startswith(PREFIX) else estimator.name
