"""`class_weight` by the names of classes: translated into the target's own type.

They are strings in tuning.yaml and in SageMaker's API, and whole numbers, booleans or text in the
target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sklearn_trainer.data.target import Labels
from sklearn_trainer.errors import HyperparameterError
from sklearn_trainer.model.estimators import Estimator
from tunedrop_common.targets import class_text, listed_classes

_NAME = "class_weight"

# It numbers the classes before it looks them up in class_weight (scikit-learn 1.9).
_NUMBERS_CLASSES = "HistGradientBoostingClassifier"


def check_class_weights(model: Estimator, y: Labels) -> None:
    """Check that all names are classes of the target."""
    known = _by_text(y)
    for owner, weights in _class_weights(model):
        for name in weights:
            if class_text(name) not in known:
                raise HyperparameterError(
                    "A hyperparameter names a class that the target does not have",
                    where=f"{_NAME} of {type(owner).__name__}",
                    found=repr(name)[:80],
                    expected=listed_classes(list(known.values())),
                    to_do="Correct the value in tuning.yaml.",
                )


def translate_class_weights(model: Estimator, y: Labels) -> None:
    """Name the classes in an unfitted estimator as they are in the rows that it is fitted to.

    Weights of classes that no row has are left out: some estimators reject them.
    """
    known = _by_text(y)
    for owner, weights in _class_weights(model):
        named = {
            known[class_text(name)]: w for name, w in weights.items() if class_text(name) in known
        }
        if type(owner).__name__ == _NUMBERS_CLASSES:
            labels = list(known.values())
            named = {labels.index(label): weight for label, weight in named.items()}
        else:
            named = {_looked_up(label): weight for label, weight in named.items()}
        owner.set_params(**{_NAME: named or None})


def _class_weights(model: Estimator) -> Iterator[tuple[Estimator, Mapping[Any, float]]]:
    """Yield the weights of an estimator and of those inside, each with its owner."""
    parameters = model.get_params()
    for path, value in parameters.items():
        outer, _, name = path.rpartition("__")
        if name == _NAME and isinstance(value, Mapping):
            yield parameters[outer] if outer else model, value


def _by_text(y: Labels) -> dict[str, Any]:
    """Return the classes in their order, by what people write for them."""
    return {class_text(label): label for label in np.unique(y).tolist()}


def _looked_up(label: Any) -> Any:
    """Return what scikit-learn looks a class up by: words that are digits by their number."""
    try:
        return int(label)
    except ValueError:
        return label
