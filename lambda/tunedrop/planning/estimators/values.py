"""Values of hyperparameters in tuning.yaml, read here as a training job reads them.

Names such as `estimator__max_depth` belong to the estimator inside, `preprocess__*` to the
preprocessing. Values are the strings of a plan: "None" for null, "0.1", "(64, 64)".
"""

from __future__ import annotations

from collections.abc import Mapping

from sklearn_trainer.errors import HyperparameterError
from sklearn_trainer.model.estimators import INSIDE
from sklearn_trainer.model.hyperparameters import (
    RUN_PARAMETERS,
    RangeKind,
    accepted_ranges,
    describe_values,
    hyperparameter_names,
    parse_parameters,
)
from sklearn_trainer.model.preprocessing import PREFIX, Preprocessing
from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.catalogue import find_estimator
from tunedrop.planning.estimators.sklearn_estimators import (
    EstimatorClass,
    find_class,
    path_of,
    task_of,
)
from tunedrop.planning.tuning_config.estimator_config import NumericRangeConfig


def check_value(
    estimator: EstimatorClass, name: str, text: str, where: str, fixed: Mapping[str, str]
) -> str:
    """Return a value as the plan has it.

    Parameters
    ----------
    fixed
        The estimator's fixed values, which name the estimators inside.

    Raises
    ------
    TuningConfigError
        If scikit-learn takes no such hyperparameter, or not this value.
    """
    owner, own_name = _owner(estimator, name, where, fixed)
    try:
        parse_parameters(owner, {own_name: text})
    except HyperparameterError as error:
        if own_name in INSIDE and own_name in hyperparameter_names(owner):
            return path_of(find_estimator(text, task_of(estimator), where))
        raise _at(where, error) from None
    return text


def range_kind(
    estimator: EstimatorClass,
    name: str,
    written: NumericRangeConfig,
    where: str,
    fixed: Mapping[str, str],
) -> RangeKind:
    """Return of which numbers a range is; scikit-learn takes all of them."""
    owner, own_name = _owner(estimator, name, where, fixed)
    try:
        accepted = accepted_ranges(owner, own_name, written.min, written.max)
    except HyperparameterError as error:
        raise _at(where, error) from None
    if written.type == "int" and accepted:  # where real numbers are accepted, whole ones are, too
        return "integer"
    if written.type == "float":
        accepted.discard("integer")
    if not accepted:
        raise TuningConfigError(
            f"{owner.__name__} does not take all values of this range of {own_name}",
            where=where,
            found=f"'{written.min:g} to {written.max:g}'",
            expected=describe_values(owner, own_name),
            to_do="Correct min and max, or write a list of values.",
        )
    has_integer_ends = isinstance(written.min, int) and isinstance(written.max, int)
    preferred: RangeKind = "integer" if has_integer_ends else "continuous"
    return preferred if preferred in accepted else accepted.pop()


def _owner(
    estimator: EstimatorClass, name: str, where: str, fixed: Mapping[str, str]
) -> tuple[EstimatorClass, str]:
    """Return the class that a hyperparameter belongs to, and its name there."""
    if name.startswith(PREFIX):
        return Preprocessing, name.removeprefix(PREFIX)
    if name in RUN_PARAMETERS:
        raise TuningConfigError(
            f"Tunedrop decides {name}, which changes how a model is fitted, not the model",
            where=where,
            found=repr(name),
            expected="hyperparameters of the model",
            to_do=f"Remove {name}.",
        )
    outer, _, inner_name = name.partition("__")
    if not inner_name or outer not in INSIDE or outer not in hyperparameter_names(estimator):
        return estimator, name
    inside = find_class(fixed.get(outer, ""))
    if inside is None:
        raise TuningConfigError(
            f"Hyperparameters of what is inside {estimator.__name__} need to know what that is",
            where=where,
            expected=f"`{outer}` among `fixed`, with the name of an estimator",
            to_do=f"Add for instance `{outer}: {example_inside(estimator)}` to `fixed`.",
        )
    prefix = f"{outer}__"
    inner_fixed = {n.removeprefix(prefix): v for n, v in fixed.items() if n.startswith(prefix)}
    return _owner(inside, inner_name, where, inner_fixed)


def example_inside(estimator: EstimatorClass) -> str:
    """Return the name of an estimator that can be inside, for messages."""
    return f"DecisionTree{'Classifier' if task_of(estimator) == 'classification' else 'Regressor'}"


def _at(where: str, error: HyperparameterError) -> TuningConfigError:
    return TuningConfigError(
        error.what, where=where, found=error.found, expected=error.expected, to_do=error.to_do
    )
