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

_NAME = "class_weight"
_SHOWN = 20

# It numbers the classes before it looks them up in class_weight (scikit-learn 1.9).
_NUMBERS_CLASSES = "HistGradientBoostingClassifier"


def check_class_weights(model: Estimator, y: Labels) -> None:
    """Check that all names are classes of the target."""
    known = _by_text(y)
    for owner, weights in _class_weights(model):
        for name in weights:
            if _text(name) not in known:
                shown = ", ".join(repr(each) for each in list(known.values())[:_SHOWN])
                raise HyperparameterError(
                    "A hyperparameter names a class that the target does not have",
                    where=f"{_NAME} of {type(owner).__name__}",
                    found=repr(name)[:80],
                    expected=shown + (", ..." if len(known) > _SHOWN else ""),
                    to_do="Correct the value in tuning.yaml.",
                )


def translate_class_weights(model: Estimator, y: Labels) -> None:
    """Name the classes in an unfitted estimator as they are in the rows that it is fitted to.

    Weights of classes that no row has are left out: some estimators reject them.
    """
    known = _by_text(y)
    for owner, weights in _class_weights(model):
        named = {known[_text(name)]: w for name, w in weights.items() if _text(name) in known}
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
