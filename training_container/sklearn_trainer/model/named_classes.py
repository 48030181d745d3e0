"""Hyperparameters that name classes of the target: told to an estimator in the classes' own type.

They are strings in tuning.yaml and in SageMaker's API, and whole numbers, booleans or text in the
target. A name that is no class's is refused before the first fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sklearn_trainer.data.target import Labels
from sklearn_trainer.errors import HyperparameterError
from sklearn_trainer.model.estimators import Estimator

_SHOWN = 20

_WEIGHTS = "class_weight"
_ONE_CLASS = ("pos_label", "constant", "outlier_label")
_NOT_A_CLASS = (None, "most_frequent")

# They number the classes before they fit the estimators inside.
_RENUMBER = (
    "BaggingClassifier", "OneVsRestClassifier", "OneVsOneClassifier", "OutputCodeClassifier",
)  # fmt: skip

# So does this one, before it looks the classes up in class_weight (scikit-learn 1.9).
_RENUMBERS_ITSELF = "HistGradientBoostingClassifier"


def check_named_classes(model: Estimator, y: Labels) -> None:
    """Refuse names that are none of the target's classes.

    Raises
    ------
    HyperparameterError
        With the classes that there are.
    """
    known = _by_text(y)
    for owner, name, value in _naming(model):
        kind = type(owner).__name__
        if owner is not model and type(model).__name__ in _RENUMBER:
            raise HyperparameterError(
                f"The models inside {type(model).__name__} know the classes by numbers of its own",
                where=f"{name} of {kind}",
                found=repr(value)[:120],
                expected="'balanced', or nothing" if name == _WEIGHTS else "nothing",
                to_do="Correct the value in tuning.yaml.",
            )
        for given in value if name == _WEIGHTS else (value,):
            if _text(given) not in known:
                shown = ", ".join(repr(each) for each in list(known.values())[:_SHOWN])
                raise HyperparameterError(
                    "A hyperparameter names a class that the target does not have",
                    where=f"{name} of {kind}",
                    found=repr(given)[:80],
                    expected=shown + (", ..." if len(known) > _SHOWN else ""),
                    to_do="Correct the value in tuning.yaml.",
                )


def tell_classes(model: Estimator, y: Labels) -> None:
    """Give an unfitted estimator the classes of the rows that it is fitted to, for their names.

    Weights of classes that no row has are left out: some estimators refuse them.
    """
    known = _by_text(y)
    for owner, name, value in _naming(model):
        if name != _WEIGHTS:
            owner.set_params(**{name: known.get(_text(value), value)})
            continue
        weights = {known[_text(c)]: w for c, w in value.items() if _text(c) in known}
        if type(owner).__name__ == _RENUMBERS_ITSELF:
            numbers = {label: number for number, label in enumerate(known.values())}
            weights = {numbers[label]: weight for label, weight in weights.items()}
        else:
            weights = {_looked_up(label): weight for label, weight in weights.items()}
        owner.set_params(**{name: weights or None})


def _naming(model: Estimator) -> Iterator[tuple[Estimator, str, Any]]:
    """Yield what names classes, in an estimator and in those inside: owner, parameter, value."""
    parameters = model.get_params()
    for path, value in parameters.items():
        outer, _, name = path.rpartition("__")
        owner = parameters[outer] if outer else model
        if name == _WEIGHTS and isinstance(value, Mapping):
            yield owner, name, value
        if name in _ONE_CLASS and not any(value is each or value == each for each in _NOT_A_CLASS):
            yield owner, name, value


def _by_text(y: Labels) -> dict[str, Any]:
    """Return the classes in their order, by what people write for them."""
    return {_text(label): label for label in np.unique(y).tolist()}


def _looked_up(label: Any) -> Any:
    """Return what scikit-learn looks a class up by: words that are digits by their number."""
    try:
        return int(label)
    except ValueError:
        return label


def _text(label: Any) -> str:
    """Return the same for true and True, 1 and 1.0."""
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    text = str(label)
    return text.lower() if text.lower() in ("true", "false") else text
