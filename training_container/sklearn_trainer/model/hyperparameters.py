"""Turns SageMaker's strings into what an estimator's parameters need, by scikit-learn's own rules.

A string has several readings ("1" is a whole number, a number, a word). The first reading that the
parameter's constraints accept is taken; none is an error that quotes the constraints. The names of
classes in `class_weight` are translated into the target's own type once its rows are known.
"""

from __future__ import annotations

import ast
import inspect
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from sklearn.utils import _param_validation as validation

from sklearn_trainer.data.target import Labels, class_text
from sklearn_trainer.errors import EstimatorError, HyperparameterError
from sklearn_trainer.model.estimators import INSIDE, Estimator, find_estimator, required_parameters
from tunedrop_common.data_text import quote, quote_all

CONTINUOUS = "continuous"

# Of a Gaussian process, by the names of their classes.
KERNELS = ("DotProduct", "ExpSineSquared", "Matern", "RBF", "RationalQuadratic", "WhiteKernel")

_CLASS_WEIGHT = "class_weight"

# It numbers the classes before it looks them up in class_weight (scikit-learn 1.9).
_NUMBERS_CLASSES = "HistGradientBoostingClassifier"

_WORDS = {"None": None, "none": None, "null": None}
_FLAGS = {"True": True, "true": True, "False": False, "false": False}


def make_estimator(
    kind: type[Estimator],
    given: Mapping[str, str],
    kinds: Mapping[str, str] | None = None,
    *,
    task: str,
    seed: int,
) -> Estimator:
    """Return an estimator with these hyperparameters; what draws random numbers gets the seed.

    Parameters
    ----------
    given, kinds
        As in `parse_parameters`. Names such as `estimator__max_depth` are those of the estimator
        inside, whose own value is a dotted path.
    """
    own, kinds, inner = dict(given), kinds or {}, {}
    for name in INSIDE:
        if own.get(name, "None").strip() in _WORDS:
            continue
        path, prefix = own.pop(name).strip(), f"{name}__"
        below = [each for each in own if each.startswith(prefix)]
        inner[name] = make_estimator(
            find_estimator(path, task),
            {each.removeprefix(prefix): own.pop(each) for each in below},
            {each.removeprefix(prefix): kinds.get(each, "") for each in below},
            task=task,
            seed=seed,
        )
    arguments = {**parse_parameters(kind, own, kinds), **inner}
    missing = [name for name in required_parameters(kind) if name not in arguments]
    if missing:
        raise EstimatorError(
            f"The estimator {kind.__name__} wraps another one and cannot be made on its own",
            expected=f"the parameter {missing[0]}, with the name of an estimator",
            to_do="Add it to `fixed` in tuning.yaml.",
        )
    model = kind(**arguments)
    if "random_state" in model.get_params(deep=False) and "random_state" not in own:
        model.set_params(random_state=seed)
    return model


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
            raise HyperparameterError(
                f"{estimator.__name__} has no hyperparameter of that name",
                found=quote(name),
                expected=f"one of {', '.join(known)}",
                to_do="Correct the name in tuning.yaml.",
            )
        kind = (kinds or {}).get(name, "")
        result[name] = _parse(estimator, name, text, constraints.get(name), kind == CONTINUOUS)
    return result


def _parse(
    estimator: type[Estimator], name: str, text: str, constraint: Any, continuous: bool
) -> Any:
    if constraint is None or constraint == "no_validation":
        return next(_readings(text, continuous))
    accepted = [validation.make_constraint(each) for each in constraint]
    for reading in _readings(text, continuous):
        if any(_satisfies(each, reading) for each in accepted):
            return reading
    if any(_is_kernel(each) for each in accepted) and text in KERNELS:
        from sklearn.gaussian_process import kernels

        return getattr(kernels, text)()
    shown = [str(each) for each in accepted if not each.hidden]
    raise HyperparameterError(
        "The value of a hyperparameter is not allowed",
        where=f"{name} of {estimator.__name__}",
        found=quote(text),
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
    if math.isnan(number):
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
    if isinstance(value, (tuple, list)):
        yield tuple(value)
        yield list(value)
    elif isinstance(value, dict):
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
    """Ask a constraint, more strictly than scikit-learn itself where a string can be meant.

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


def check_class_weights(model: Estimator, y: Labels) -> None:
    """Check that all names are classes of the target."""
    known = _classes_by_text(y)
    for owner, weights in _class_weights(model):
        for name in weights:
            if class_text(name) not in known:
                raise HyperparameterError(
                    "A hyperparameter names a class that the target does not have",
                    where=f"{_CLASS_WEIGHT} of {type(owner).__name__}",
                    found=quote(name),
                    expected=quote_all(known.values(), 20),
                    to_do="Correct the value in tuning.yaml.",
                )


def translate_class_weights(model: Estimator, y: Labels, *, by_number: bool = False) -> None:
    """Name the classes in an unfitted estimator as they are in the rows that it is fitted to.

    Weights of classes that no row has are left out: some estimators reject them.

    Parameters
    ----------
    by_number
        By their places in sorted order, which is how the members of an ensemble know them.
    """
    known = _classes_by_text(y)
    for owner, weights in _class_weights(model):
        named = {
            known[class_text(name)]: w for name, w in weights.items() if class_text(name) in known
        }
        if by_number or type(owner).__name__ == _NUMBERS_CLASSES:
            labels = np.unique(y).tolist()
            named = {labels.index(label): weight for label, weight in named.items()}
        else:
            named = {_looked_up(label): weight for label, weight in named.items()}
        owner.set_params(**{_CLASS_WEIGHT: named or None})


def _class_weights(model: Estimator) -> Iterator[tuple[Estimator, Mapping[Any, float]]]:
    """Yield the weights of an estimator and of those inside, each with its owner."""
    parameters = model.get_params()
    for path, value in parameters.items():
        outer, _, name = path.rpartition("__")
        if name == _CLASS_WEIGHT and isinstance(value, Mapping):
            yield parameters[outer] if outer else model, value


def _classes_by_text(y: Labels) -> dict[str, Any]:
    """Return the classes in their order, by what people write for them."""
    return {class_text(label): label for label in np.unique(y).tolist()}


def _looked_up(label: Any) -> Any:
    """Return what scikit-learn looks a class up by: words that are digits by their number."""
    try:
        return int(label)
    except ValueError:
        return label
