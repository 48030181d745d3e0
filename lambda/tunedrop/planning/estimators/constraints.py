"""What a hyperparameter takes: scikit-learn's constraints, applied to the strings of a plan.

Pure. A string is what the training container will read: "None" for null, "0.1", "(64, 64)".
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping
from typing import Any

from tunedrop.planning.estimators.sklearn_estimators import Constraint
from tunedrop_common.plan import NumericRange

_NONE = ("None", "none", "null")
_FLAGS = ("True", "true", "False", "false")
_SHOWN_OPTIONS = 20


def to_text(value: object) -> str:
    """Write a value of tuning.yaml as the training container reads it.

    Example
    -------
    >>> to_text(None), to_text(True), to_text(0.1), to_text([64, 64]), to_text({"0": 1, "a": 2})
    ('None', 'True', '0.1', '(64, 64)', "{0: 1, 'a': 2}")
    """
    return value.strip() if isinstance(value, str) else repr(_plain(value))


def _plain(value: object) -> object:
    """Turn lists into tuples, and a mapping's keys into the labels that they look like."""
    if isinstance(value, list):
        return tuple(_plain(each) for each in value)
    if isinstance(value, dict):
        return {_label(key): _plain(each) for key, each in value.items()}
    return value


def _label(key: str) -> str | int | bool:
    if key.lower() in ("true", "false"):
        return key.lower() == "true"
    if key[:1] == "0" and key[1:].isdigit():  # a code, such as 01067
        return key
    try:
        number = float(key)
    except ValueError:
        return key
    return int(number) if number.is_integer() else key


def takes(constraints: Iterable[Constraint], text: str) -> bool:
    """Tell whether any of the constraints takes a value."""
    return any(_takes(each, text) for each in constraints)


def takes_range(constraints: Iterable[Constraint], given: NumericRange) -> bool:
    """Tell whether one constraint takes all numbers of a range."""
    ends = (given.minimum, given.maximum)
    return "anything" in constraints or any(
        all(_inside(end, interval) for end in ends)
        for interval in intervals(constraints)
        if interval["type"] == "float" or given.kind == "integer"
    )


def intervals(constraints: Iterable[Constraint]) -> list[Mapping[str, Any]]:
    """Return the constraints that take numbers of an interval, not only a single one."""
    return [
        each
        for each in constraints
        if isinstance(each, dict) and "type" in each and not _is_single(each)
    ]


def number_kinds(constraints: Iterable[Constraint], number: float) -> set[str]:
    """Return as what a number is taken: "int", "float", both or neither."""
    found = [each for each in constraints if isinstance(each, dict) and "type" in each]
    return {each["type"] for each in found if _inside(number, each)}


def options(constraints: Iterable[Constraint]) -> list[str]:
    """Return the words that may be written."""
    found = [o for each in constraints if isinstance(each, dict) for o in each.get("options", ())]
    return found + [
        k for each in constraints if isinstance(each, dict) for k in each.get("kernels", ())
    ]


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
        if "list" in constraint:
            return _takes_list(constraint["list"], _literal(text))
        return text in (constraint.get("options") or constraint["kernels"])
    if constraint == "none":
        return text in _NONE
    if constraint == "boolean":
        return text in _FLAGS
    if constraint in ("list", "mapping"):
        return isinstance(_literal(text), (list, tuple) if constraint == "list" else dict)
    return constraint in ("anything", "text")


def _takes_list(items: Mapping[str, Any], given: object) -> bool:
    """Tell whether something is a list with numbers of an interval, one or more."""
    if not isinstance(given, (list, tuple)) or not given:
        return False
    return not any(isinstance(each, bool) for each in given) and all(
        _takes(items, repr(each)) for each in given
    )


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
    """Tell whether an interval has a number; no bound means infinity, included or not as told."""
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
    if "list" in constraint:
        return (
            _word(constraint["list"])
            .replace("a whole number", "a list of whole numbers")
            .replace("a number", "a list of numbers")
        )
    if "type" not in constraint:
        shown = (constraint.get("options") or constraint["kernels"])[:_SHOWN_OPTIONS]
        return f"one of {', '.join(map(repr, shown))}"
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
