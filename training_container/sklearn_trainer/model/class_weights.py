"""The names of classes in `class_weight`: checked, and translated into the target's own type.

People write them as text; what an estimator looks up is known once its rows are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sklearn_trainer.data.target import Labels, class_text
from sklearn_trainer.errors import HyperparameterError
from sklearn_trainer.model.estimators import Estimator
from tunedrop_common.data_text import quote, quote_all

_CLASS_WEIGHT = "class_weight"

# It numbers the classes before it looks them up in class_weight (scikit-learn 1.9).
_NUMBERS_CLASSES = "HistGradientBoostingClassifier"


def check_class_weights(model: Estimator, y: Labels) -> None:
    """Check that all names are classes of the target."""
    classes = _classes_by_text(y)
    for owner, weights in _class_weights(model):
        for name in weights:
            if class_text(name) not in classes:
                raise HyperparameterError(
                    "A hyperparameter names a class that the target does not have",
                    where=f"{_CLASS_WEIGHT} of {type(owner).__name__}",
                    found=quote(name),
                    expected=quote_all(classes.values(), 20),
                    to_do="Correct the value in tuning.yaml.",
                )


def translate_class_weights(model: Estimator, y: Labels, *, by_number: bool = False) -> None:
    """Set the classes in an unfitted estimator to the labels of the rows that it is fitted to.

    Weights of classes that no row has are excluded: some estimators reject them.

    Parameters
    ----------
    by_number
        By their places in sorted order, which is how the members of an ensemble know them.
    """
    classes = _classes_by_text(y)
    for owner, weights in _class_weights(model):
        named = {
            classes[class_text(name)]: weight
            for name, weight in weights.items()
            if class_text(name) in classes
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
