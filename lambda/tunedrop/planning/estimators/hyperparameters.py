"""Checks hyperparameters: are they the estimator's, and may they have these values.

scikit-learn's own parameter constraints decide, so that a wrong value costs no training job. Names
such as `estimator__max_depth` belong to the estimator inside, `preprocess__*` to the preprocessing.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.constraints import (
    in_words,
    intervals,
    options,
    takes,
    takes_range,
)
from tunedrop.planning.estimators.names import inside_class
from tunedrop.planning.estimators.preprocessing import PREPROCESSING
from tunedrop.planning.estimators.sklearn_estimators import (
    Constraint,
    SklearnEstimator,
    known_by_path,
)
from tunedrop_common.plan import NumericRange
from tunedrop_common.preprocessing import PREFIX

_INSIDE_SEPARATOR = "__"
_NO_INSIDE: Mapping[str, str] = {}


def checked_value(
    estimator: SklearnEstimator,
    name: str,
    text: str,
    where: str,
    inside: Mapping[str, str] = _NO_INSIDE,
) -> str:
    """Return a value as the plan has it; refuse one that the estimator doesn't take.

    Parameters
    ----------
    inside
        Of the fixed hyperparameters, the class path of the estimator inside, by its parameter.
    """
    constraints = constraints_of(estimator, name, where, inside)
    if takes(constraints, text):
        return text
    if "estimator" in constraints:
        return inside_class(estimator, text, where)
    near = get_close_matches(text, options(constraints), 1)
    raise TuningConfigError(
        f"{_owner(estimator, name)} does not take this value of {name}",
        where=where,
        found=repr(text[:80]),
        expected=in_words(constraints),
        to_do=f"Write {near[0]!r} instead." if near else _way_out(text),
    )


def _way_out(text: str) -> str:
    """Guess what somebody meant who wrote a list or a range where one value is expected."""
    if text.startswith(("(", "{'min'", "{'max'")):
        return "Write one value, or move it to `ranges` to tune it."
    return "Correct the value."


def check_range(
    estimator: SklearnEstimator,
    name: str,
    given: NumericRange,
    where: str,
    inside: Mapping[str, str] = _NO_INSIDE,
) -> None:
    """Refuse a range with values that the estimator doesn't take."""
    constraints = constraints_of(estimator, name, where, inside)
    if takes_range(constraints, given):
        return
    numbers = intervals(constraints)
    fitting = [each for each in numbers if each["type"] == "float" or given.kind == "integer"]
    if numbers and not fitting:
        what, to_do = "needs whole numbers", "Write `type: int`, with whole numbers as min and max."
    else:
        what, to_do = "does not take all values of this range", "Correct min and max."
    raise TuningConfigError(
        f"{_owner(estimator, name)} {what} of {name}",
        where=where,
        found=f"'{given.minimum:g} to {given.maximum:g}'",
        expected=in_words(constraints),
        to_do=to_do if numbers else "Write a list of values instead of a range.",
    )


def number_types(constraints: tuple[Constraint, ...]) -> set[str]:
    """Return which numbers a hyperparameter can be: "int", "float", both or none."""
    return {each["type"] for each in intervals(constraints)}


def constraints_of(
    estimator: SklearnEstimator, name: str, where: str, inside: Mapping[str, str] = _NO_INSIDE
) -> tuple[Constraint, ...]:
    """Return what a hyperparameter takes; refuse one that there is not."""
    if name.startswith(PREFIX):
        if name in PREPROCESSING:
            return PREPROCESSING[name]
        raise _unknown("The preprocessing", name, where, list(PREPROCESSING))
    outer, _, inner = name.partition(_INSIDE_SEPARATOR)
    if inner and outer == estimator.inside:
        return constraints_of(_named_inside(estimator, outer, where, inside), inner, where)
    if name not in estimator.parameters:
        raise _unknown(estimator.name, name, where, list(estimator.parameters))
    return estimator.parameters[name].takes


def tunable(estimator: SklearnEstimator) -> str:
    """List for people what may be tuned, and what each takes."""
    lines = [
        f"{name} ({in_words(parameter.takes)})"
        for name, parameter in estimator.parameters.items()
        if _is_worth_tuning(name, parameter.takes)
    ]
    if lines and estimator.inside is not None:
        lines.append(f"those of what is inside, such as {estimator.inside}__max_depth of a tree")
    return "; ".join(lines)


# What changes how long a fit takes, or what it prints, and not what it learns.
_NOT_TUNED = ("n_jobs", "verbose", "copy", "random_state", "warm_start", "cache_size", "callback")


def _is_worth_tuning(name: str, constraints: tuple[Constraint, ...]) -> bool:
    if name.startswith(_NOT_TUNED):
        return False
    words = {each for each in constraints if isinstance(each, str)}
    return bool(
        intervals(constraints)
        or options(constraints)
        or words & {"boolean", "list", "estimator"}
        or any(isinstance(each, dict) and "list" in each for each in constraints)
    )


def _named_inside(
    estimator: SklearnEstimator, parameter: str, where: str, inside: Mapping[str, str]
) -> SklearnEstimator:
    found = known_by_path(inside.get(parameter, ""))
    if found is None:
        raise TuningConfigError(
            f"Hyperparameters of what is inside {estimator.name} need to know what that is",
            where=where,
            expected=f"`{parameter}` among `fixed`, with the name of an estimator",
            to_do=f"Add for instance `{parameter}: DecisionTree"
            f"{'Classifier' if estimator.task == 'classification' else 'Regressor'}` to `fixed`.",
        )
    return found


def _owner(estimator: SklearnEstimator, name: str) -> str:
    return "The preprocessing" if name.startswith(PREFIX) else estimator.name


def _unknown(owner: str, name: str, where: str, known: list[str]) -> TuningConfigError:
    near = get_close_matches(name, known, 1)
    return TuningConfigError(
        f"{owner} has no such hyperparameter",
        where=where,
        found=repr(name[:80]),
        expected=f"one of {', '.join(known)}" if known else "none: it has no hyperparameters",
        to_do=f"Write {near[0]!r} instead." if near else "Correct the name.",
    )
