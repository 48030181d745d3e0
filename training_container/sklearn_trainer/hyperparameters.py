"""Turns SageMaker's strings into what an estimator's parameters need, by scikit-learn's own rules.

A string has several readings ("1" is a whole number, a number, a word). The first reading that the
parameter's constraints accept is taken; none is an error that quotes the constraints.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sklearn_trainer.errors import HyperparameterError
from sklearn_trainer.estimators import Estimator

CONTINUOUS = "continuous"

_WORDS = {"None": None, "none": None, "null": None}
_FLAGS = {"True": True, "true": True, "False": False, "false": False}


def parse_parameters(
    estimator: type[Estimator], given: Mapping[str, str], kinds: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return an estimator's constructor arguments.

    Parameters
    ----------
    given
        Names and strings, as SageMaker passes them.
    kinds
        Of the plan's ranges: a value of a continuous one is never a whole number, although its
        string may look like one ("1" of `max_features` is one feature, "1.0" is all).

    Example
    -------
    >>> parse_parameters(RandomForestClassifier, {"max_depth": "None", "n_estimators": "100"})
    {'max_depth': None, 'n_estimators': 100}
    """
    known = [name for name in inspect.signature(estimator).parameters if name != "self"]
    constraints: dict[str, Any] = getattr(estimator, "_parameter_constraints", {})
    result = {}
    for name, text in given.items():
        if name not in known:
            raise _unknown(estimator, name, known)
        kind = (kinds or {}).get(name, "")
        result[name] = _parse(estimator, name, text, constraints.get(name), kind == CONTINUOUS)
    return result


def _parse(
    estimator: type[Estimator], name: str, text: str, constraint: Any, continuous: bool
) -> Any:
    if constraint is None or constraint == "no_validation":
        return next(_readings(text, continuous))
    from sklearn.utils._param_validation import make_constraint

    accepted = [make_constraint(each) for each in constraint]
    for reading in _readings(text, continuous):
        if any(_satisfies(each, reading) for each in accepted):
            return reading
    shown = [str(each) for each in accepted if not each.hidden]
    raise HyperparameterError(
        "The value of a hyperparameter is not allowed",
        where=f"{name} of {estimator.__name__}",
        found=repr(text)[:120],
        expected=" or ".join(shown),
        to_do="Correct the value or the range in tuning.yaml.",
    )


def _readings(text: str, continuous: bool) -> Iterator[Any]:
    """Yield what a string can mean, the most specific meaning first."""
    text = _unquoted(text.strip())
    if text in _WORDS:
        yield _WORDS[text]
    if text in _FLAGS:
        yield _FLAGS[text]
    yield from _numbers(text, continuous)
    if "," in text or text[:1] in ("(", "[", "{"):
        yield from _collections(text)
    yield text


def _numbers(text: str, continuous: bool) -> Iterator[int | float]:
    try:
        whole: int | None = int(text)
    except ValueError:
        whole = None
    try:
        number = float(text)
    except ValueError:
        return
    if whole is not None and not continuous:
        yield whole
    yield number
    if number.is_integer():  # "100.0" and "1e3" where a whole number is needed
        yield int(number)


def _collections(text: str) -> Iterator[Any]:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return
    if isinstance(value, (tuple, list, dict)):
        yield value


def _unquoted(text: str) -> str:
    """Take off the quotes that SageMaker's Python SDK puts around strings."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    try:
        return str(json.loads(text))
    except json.JSONDecodeError:
        return text


def _satisfies(constraint: Any, value: Any) -> bool:
    """Ask a constraint; a boolean is never a number, although Python says so."""
    from sklearn.utils._param_validation import Interval

    if isinstance(value, bool) and isinstance(constraint, Interval):
        return False
    return bool(constraint.is_satisfied_by(value))


def _unknown(estimator: type[Estimator], name: str, known: list[str]) -> HyperparameterError:
    near = difflib.get_close_matches(name, known, 1)
    return HyperparameterError(
        f"{estimator.__name__} has no hyperparameter of that name",
        found=repr(name),
        expected=repr(near[0]) if near else f"one of {', '.join(known)}",
        to_do="Correct the name in tuning.yaml.",
    )
