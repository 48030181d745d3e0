"""A model that repeats what was predicted, so that scikit-learn's scorers can be asked about it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.predicted import Kind, Predicted

Places = npt.NDArray[np.int64]


def replayed(predicted: Predicted, classes: Any) -> Any:
    """Return a fitted model whose rows are places in the predictions, in one column.

    Parameters
    ----------
    classes
        Labels in sorted order; None in a regression.
    """
    return (_Regressor if classes is None else _Classifier)(predicted, classes)


def _has(kind: Kind) -> Any:
    return available_if(lambda model: model.predicted.kind == kind)


class _Replayed(BaseEstimator):  # type: ignore[misc]
    def __init__(self, predicted: Predicted, classes: Any) -> None:
        self.predicted, self.classes = predicted, classes

    def fit(self, X: Places, y: Any) -> _Replayed:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True


class _Regressor(RegressorMixin, _Replayed):  # type: ignore[misc]
    def predict(self, X: Places) -> Floats:
        return self.predicted.take(X[:, 0]).values[:, 0].astype(np.float64)


class _Classifier(ClassifierMixin, _Replayed):  # type: ignore[misc]
    @property
    def classes_(self) -> npt.NDArray[Any]:
        return np.asarray(self.classes)

    def predict(self, X: Places) -> npt.NDArray[Any]:
        return self.classes_[self.predicted.take(X[:, 0]).called]

    @_has("probabilities")  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Places) -> Floats:
        asked = self.predicted.take(X[:, 0])
        shares = np.column_stack([asked.of_class(index) for index in range(len(self.classes))])
        shares /= shares.sum(axis=1, keepdims=True)  # rounded to 32 bits, they add up to nearly 1
        return shares

    @_has("decisions")  # type: ignore[untyped-decorator]
    def decision_function(self, X: Places) -> Floats:
        values = self.predicted.take(X[:, 0]).values.astype(np.float64)
        return values[:, 0] if values.shape[1] == 1 else values
