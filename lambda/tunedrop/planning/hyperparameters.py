"""Checks hyperparameters: are they the estimator's, and may they have these values.

scikit-learn's own parameter constraints, as data (parameter_constraints.json, generated from
scikit-learn; a test holds both together), so that a wrong value costs no training job.
"""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from tunedrop.errors import TuningConfigError
from tunedrop.plan import NumericRange

_FILE = "parameter_constraints.json"
_SHOWN_OPTIONS = 20

_Constraint = Any  # a name such as "boolean", {"options"} or {"type", "low", "high", "closed"}


def to_text(value: object) -> str:
    """Write a value as the training container reads it.

    Example
    -------
    >>> to_text(None), to_text(True), to_text(0.1), to_text([64, 64])
    ('None', 'True', '0.1', '(64, 64)')
    """
    return str(tuple(value)) if isinstance(value, list) else str(value)


def check_value(class_path: str, name: str, text: str, where: str) -> None:
    """Refuse a hyperparameter that the estimator doesn't have, or a value that it doesn't take."""
    constraints = _constraints(class_path, name, where)
    if any(_takes(constraint, text) for constraint in constraints):
        return
    options = [o for c in constraints if isinstance(c, dict) for o in c.get("options", ())]
    near = get_close_matches(text, options, 1)
    raise TuningConfigError(
        f"{_short(class_path)} does not take this value of {name}",
        where=where,
        found=repr(text[:80]),
        expected=_in_words(constraints),
        to_do=f"Write {near[0]!r} instead." if near else "Correct the value.",
    )


def check_range(class_path: str, name: str, given: NumericRange, where: str) -> None:
    """Refuse a range with values that the estimator doesn't take."""
    constraints = _constraints(class_path, name, where)
    if "anything" in constraints:
        return
    intervals = [c for c in constraints if isinstance(c, dict) and "type" in c]
    fitting = [c for c in intervals if c["type"] == "float" or given.kind == "integer"]
    ends = (given.minimum, given.maximum)
    if any(all(_inside(end, interval) for end in ends) for interval in fitting):
        return
    if intervals and not fitting:
        what, to_do = "needs whole numbers", "Write `type: int`, with whole numbers as min and max."
    else:
        what, to_do = "does not take all values of this range", "Correct min and max."
    raise TuningConfigError(
        f"{_short(class_path)} {what} of {name}",
        where=where,
        found=f"'{given.minimum:g} to {given.maximum:g}'",
        expected=_in_words(constraints),
        to_do=to_do if intervals else "Write a list of values instead of a range.",
    )


def takes_whole_numbers_only(class_path: str, name: str) -> bool:
    """Tell whether every number that a hyperparameter can be is whole."""
    intervals = [c for c in _all()[class_path].get(name, ()) if isinstance(c, dict) and "type" in c]
    return bool(intervals) and all(c["type"] == "int" for c in intervals)


@cache
def _all() -> Mapping[str, Mapping[str, list[_Constraint]]]:
    text = files("tunedrop.planning").joinpath(_FILE).read_text("utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def _constraints(class_path: str, name: str, where: str) -> list[_Constraint]:
    known = _all()[class_path]
    if name in known:
        return known[name]
    near = get_close_matches(name, known, 1)
    raise TuningConfigError(
        f"{_short(class_path)} has no such hyperparameter",
        where=where,
        found=repr(name[:80]),
        expected=f"one of {', '.join(known)}",
        to_do=f"Write {near[0]!r} instead." if near else "Correct the name.",
    )


def _takes(constraint: _Constraint, text: str) -> bool:
    if isinstance(constraint, dict):
        if "options" in constraint:
            return text in constraint["options"]
        number = _number(text, constraint["type"])
        return number is not None and _inside(number, constraint)
    if constraint == "anything":
        return True
    if constraint in ("none", "random_state", "verbose", "boolean"):
        return _takes_word(constraint, text)
    return isinstance(_literal(text), (list, tuple) if constraint == "list" else dict)


def _takes_word(constraint: str, text: str) -> bool:
    if constraint == "boolean":
        return text in ("True", "False")
    if constraint == "none":
        return text == "None"
    whole = _number(text, "int")
    if constraint == "verbose":
        return text in ("True", "False") or (whole is not None and whole >= 0)
    return text == "None" or (whole is not None and 0 <= whole < 2**32)


def _number(text: str, kind: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if math.isnan(number) or (kind == "int" and not number.is_integer()):
        return None
    return number


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _inside(number: float, interval: Mapping[str, Any]) -> bool:
    low, high, closed = interval["low"], interval["high"], interval["closed"]
    if low is not None and (number < low or (number == low and closed in ("right", "neither"))):
        return False
    return high is None or number < high or (number == high and closed in ("right", "both"))


def _in_words(constraints: list[_Constraint]) -> str:
    return " or ".join(_word(c) for c in constraints) or "another value"


def _word(constraint: _Constraint) -> str:
    words = {
        "none": "null",
        "boolean": "true or false",
        "list": "a list",
        "object": "a mapping",
        "random_state": "a whole number of 0 or more",
        "verbose": "a whole number of 0 or more",
    }
    if isinstance(constraint, str):
        return words.get(constraint, constraint)
    if "options" in constraint:
        shown = ", ".join(map(repr, constraint["options"][:_SHOWN_OPTIONS]))
        return f"one of {shown}"
    kind = "a whole number" if constraint["type"] == "int" else "a number"
    low, high, closed = constraint["low"], constraint["high"], constraint["closed"]
    least = f" {'from' if closed in ('left', 'both') else 'above'} {low}" if low is not None else ""
    most = f" {'to' if closed in ('right', 'both') else 'below'} {high}" if high is not None else ""
    return kind + least + most


def _short(class_path: str) -> str:
    return class_path.rpartition(".")[2]
