"""Turns SageMaker's strings into what an estimator's parameters need, by scikit-learn's own rules.

A string has several readings ("1" is a whole number, a number, a word). The first reading that the
parameter's constraints accept is taken; none is an error that quotes the constraints.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, Literal, TypeAlias

from sklearn.utils import _param_validation as validation

from sklearn_trainer.errors import EstimatorError, HyperparameterError
from sklearn_trainer.model.estimators import INSIDE, Estimator, find_estimator, required_parameters
from tunedrop_common.data_text import quote, suggest

CONTINUOUS: Final = "continuous"
RangeKind: TypeAlias = Literal["integer", "continuous"]

# Of a Gaussian process, by the names of their classes.
KERNELS = ("DotProduct", "ExpSineSquared", "Matern", "RBF", "RationalQuadratic", "WhiteKernel")

# What says how a model is fitted, not which one: threads, output, copies, caches. The container
# decides it, by its machine, and the catalogue the size of caches; tuning.yaml may not.
RUN_PARAMETERS = frozenset(
    {"cache_size", "copy", "copy_X", "copy_X_train", "n_jobs", "verbose", "warm_start"}
)

_WORDS = {"None": None, "none": None, "null": None}
_FLAGS = {"True": True, "true": True, "False": False, "false": False}


def make_estimator(
    kind: type[Estimator],
    texts: Mapping[str, str],
    kinds: Mapping[str, str] | None = None,
    *,
    task: str,
    seed: int,
) -> Estimator:
    """Return an estimator with these hyperparameters; what draws random numbers gets the seed.

    Parameters
    ----------
    texts, kinds
        As in `parse_parameters`. Names such as `estimator__max_depth` are those of the estimator
        inside, whose own value is a dotted path.
    """
    texts_left, kinds, inner = dict(texts), kinds or {}, {}
    for name in INSIDE:
        if texts_left.get(name, "None").strip() in _WORDS:
            continue
        path, prefix = texts_left.pop(name).strip(), f"{name}__"
        below = [key for key in texts_left if key.startswith(prefix)]
        inner[name] = make_estimator(
            find_estimator(path, task),
            {key.removeprefix(prefix): texts_left.pop(key) for key in below},
            {key.removeprefix(prefix): kinds.get(key, "") for key in below},
            task=task,
            seed=seed,
        )
    arguments = {**parse_parameters(kind, texts_left, kinds), **inner}
    missing = [name for name in required_parameters(kind) if name not in arguments]
    if missing:
        raise EstimatorError(
            f"The estimator {kind.__name__} needs an inner estimator",
            expected=f"the parameter {missing[0]}, with the name of an estimator",
            to_do="Add it to `fixed` in tuning.yaml.",
        )
    model = kind(**arguments)
    if "random_state" in model.get_params(deep=False) and "random_state" not in texts_left:
        model.set_params(random_state=seed)
    return model


def parse_parameters(
    estimator: type[Estimator], texts: Mapping[str, str], kinds: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return an estimator's constructor arguments.

    Parameters
    ----------
    texts
        Names and strings, as SageMaker passes them.
    kinds
        Of the plan's ranges: a value of a continuous one is never a whole number, although its
        string may look like one ("1" of `max_features` is one feature, "1.0" is all).

    Example
    -------
    >>> parse_parameters(RandomForestClassifier, {"max_depth": "None", "n_estimators": "100"})
    {'max_depth': None, 'n_estimators': 100}
    """
    kinds = kinds or {}
    return {
        name: _parse(estimator, name, text, kinds.get(name, "") == CONTINUOUS)
        for name, text in texts.items()
    }


def accepted_ranges(
    estimator: type[Estimator], name: str, low: float, high: float
) -> set[RangeKind]:
    """Return the kinds of numbers that a parameter takes from `low` to `high`.

    Where it takes all real numbers, whole ones are no kind of their own.
    """
    numbers = (low, low / 2 + high / 2, high)
    integers = [int(end) for end in (low, high) if float(end).is_integer()]
    kinds: set[RangeKind] = set()
    for constraint in _constraints(estimator, name):
        if all(_satisfies(constraint, float(number)) for number in numbers):
            kinds.add("continuous")
        elif len(integers) == 2 and all(_satisfies(constraint, end) for end in integers):
            kinds.add("integer")
    return kinds


def describe_values(estimator: type[Estimator], name: str) -> str:
    """Return in scikit-learn's words which values a parameter takes."""
    return " or ".join(
        str(constraint) for constraint in _constraints(estimator, name) if not constraint.hidden
    )


def hyperparameter_names(estimator: type[Estimator]) -> list[str]:
    """Return the names of the constructor's parameters that change the model."""
    return [name for name in inspect.signature(estimator).parameters if name not in RUN_PARAMETERS]


def _constraints(estimator: type[Estimator], name: str) -> list[Any]:
    """Return scikit-learn's constraints of a parameter.

    Raises
    ------
    HyperparameterError
        If there is no such parameter.
    """
    if name not in inspect.signature(estimator).parameters:
        names = hyperparameter_names(estimator)
        raise HyperparameterError(
            f"{estimator.__name__} has no hyperparameter of this name",
            found=quote(name),
            expected=f"one of {', '.join(names)}" if names else "none: it has no hyperparameters",
            to_do=suggest(name, names, "Correct the name in tuning.yaml."),
        )
    constraints: dict[str, Any] = estimator._parameter_constraints
    return [validation.make_constraint(constraint) for constraint in constraints[name]]


def _parse(estimator: type[Estimator], name: str, text: str, continuous: bool) -> Any:
    constraints = _constraints(estimator, name)
    for reading in _readings(text, continuous):
        if any(_satisfies(constraint, reading) for constraint in constraints):
            return reading
    options = [
        str(word) for constraint in constraints for word in getattr(constraint, "options", ())
    ]
    if any(_is_kernel(constraint) for constraint in constraints):
        if text in KERNELS:
            from sklearn.gaussian_process import kernels

            return getattr(kernels, text)()
        options += KERNELS
    raise HyperparameterError(
        f"{estimator.__name__} does not take this value of {name}",
        found=quote(text),
        expected=describe_values(estimator, name),
        to_do=suggest(text, options, "Correct the value or the range in tuning.yaml."),
    )


def _readings(text: str, continuous: bool) -> Iterator[Any]:
    """Yield what a string can mean, the most specific meaning first."""
    text = text.strip()
    if text in _WORDS:
        yield _WORDS[text]
    if text in _FLAGS:
        yield _FLAGS[text]
    yield from _numbers(text, continuous)
    with suppress(ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        value = ast.literal_eval(text)
        if isinstance(value, (tuple, list)):
            yield from (tuple(value), list(value))
        elif isinstance(value, dict):
            yield value
    yield text


def _numbers(text: str, continuous: bool) -> Iterator[int | float]:
    try:
        number = float(text)
    except ValueError:
        return
    if math.isnan(number):
        return
    if not continuous:
        with suppress(ValueError):
            yield int(text)
    yield number
    if number.is_integer():  # "100.0" and "1e3" where a whole number is needed
        yield int(number)


def _satisfies(constraint: Any, value: Any) -> bool:
    """Return whether a value satisfies a constraint, more strictly than scikit-learn says.

    A boolean is never a number, although Python says so; a word or a mapping is no array and no
    cross-validation, although it has a length; words that only code uses are not allowed.
    """
    if constraint.hidden:
        return False
    if isinstance(value, bool):
        return isinstance(constraint, (validation._Booleans, validation._VerboseHelper))
    if isinstance(value, (str, dict)) and isinstance(constraint, validation._ArrayLikes):
        return False
    if isinstance(constraint, validation._CVObjects):
        return value is None or (isinstance(value, int) and constraint.is_satisfied_by(value))
    if isinstance(value, dict):
        return isinstance(constraint, validation._InstancesOf) and constraint.type is dict
    return bool(constraint.is_satisfied_by(value))


def _is_kernel(constraint: Any) -> bool:
    return isinstance(constraint, validation._InstancesOf) and constraint.type.__name__ == "Kernel"
