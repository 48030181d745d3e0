"""The shipped estimator as a Python expression, with its hyperparameters read as the image does.

Names and values come from a plan and from training jobs, so they enter the code only as names that
scikit-learn has, or as literals.
"""

from __future__ import annotations

import ast
import keyword
import math
from collections.abc import Iterable, Mapping

from tunedrop.planning.estimators.constraints import number_kinds, options
from tunedrop.planning.estimators.sklearn_estimators import (
    Constraint,
    SklearnEstimator,
    known_by_path,
)

KERNELS_MODULE = "sklearn.gaussian_process.kernels"

_WORDS = {"none": "None", "null": "None", "true": "True", "false": "False"}
_MAX_LITERAL = 2_500
_SEED = "random_state"


class Imports:
    """The names that a script uses, by module."""

    def __init__(self) -> None:
        self._names: set[tuple[str, str]] = set()

    def use(self, module: str, name: str) -> str:
        """Return a name, and remember where it comes from."""
        self._names.add((module, name))
        return name

    def lines(self) -> list[str]:
        """Return the import statements."""
        return [
            f"from {module} import {', '.join(sorted(n for m, n in self._names if m == module))}"
            for module in sorted({module for module, _ in self._names})
        ]


def estimator_lines(
    estimator: SklearnEstimator,
    values: Mapping[str, str],
    *,
    continuous: Iterable[str],
    seed: int,
    imports: Imports,
    extra: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the call that makes an estimator, a line for each argument.

    Parameters
    ----------
    values
        Hyperparameters as strings; what the estimator doesn't have is left out.
    continuous
        Those whose ranges have fractions.
    extra
        More arguments, as Python.
    """
    module, _, name = estimator.path.rpartition(".")
    imports.use(module, name)
    arguments: dict[str, list[str]] = {}
    for parameter, text in sorted(values.items()):
        if not parameter.isidentifier() or keyword.iskeyword(parameter):
            continue
        if parameter not in estimator.parameters:
            continue
        takes = estimator.parameters[parameter].takes
        inner = known_by_path(text) if parameter == estimator.inside else None
        if inner is not None:
            prefix = f"{parameter}__"
            arguments[parameter] = estimator_lines(
                inner,
                {n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)},
                continuous=[n.removeprefix(prefix) for n in continuous if n.startswith(prefix)],
                seed=seed,
                imports=imports,
            )
        elif text in _kernels(takes):
            arguments[parameter] = [f"{imports.use(KERNELS_MODULE, text)}()"]
        else:
            arguments[parameter] = [literal(text, takes, continuous=parameter in continuous)]
    if estimator.seeded and _SEED not in arguments:
        arguments[_SEED] = [str(seed)]
    arguments |= {key: [value] for key, value in (extra or {}).items()}
    if not arguments:
        return [f"{name}()"]
    lines = [f"{name}("]
    for parameter, value in arguments.items():
        first, *rest = value
        lines.append(f"    {parameter}={first}")
        lines += [f"    {line}" for line in rest]
        lines[-1] += ","
    return [*lines, ")"]


def literal(
    value: str | int | float | bool | None,
    takes: Iterable[Constraint] = (),
    *,
    continuous: bool = False,
) -> str:
    """Return a hyperparameter as a Python literal, read as the training image reads it.

    Example
    -------
    >>> literal("0.5"), literal("100"), literal("None"), literal("sqrt"), literal("(10, 5)")
    ('0.5', '100', 'None', "'sqrt'", '(10, 5)')
    >>> literal("1", continuous=True)
    '1.0'
    """
    takes = tuple(takes)
    text = str(value).strip()
    if text in options(takes):
        return repr(text)
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        number = float(text)
    except ValueError:
        return _collection(text)
    if math.isinf(number):
        return f'float("{number}")'
    if math.isnan(number):
        return repr(text)
    return _number(text, number, number_kinds(takes, number), continuous)


def _number(text: str, number: float, kinds: set[str], continuous: bool) -> str:
    try:
        whole = None if continuous else int(text)
    except ValueError:
        whole = None
    if whole is not None and kinds != {"float"}:
        return str(whole)
    if kinds == {"int"} and number.is_integer():
        return str(int(number))
    return repr(number)


def _collection(text: str) -> str:
    try:
        read = ast.literal_eval(text[:_MAX_LITERAL])
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return repr(text)
    return repr(read) if isinstance(read, (tuple, list, dict)) else repr(text)


def _kernels(takes: Iterable[Constraint]) -> list[str]:
    return [name for each in takes if isinstance(each, dict) for name in each.get("kernels", ())]
