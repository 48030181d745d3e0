"""A model that repeats the shipped one's predictions out of fold, for scikit-learn's scorers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from sklearn_trainer.data.values import Floats
from sklearn_trainer.explaining.predictions import Evidence, Ints
from sklearn_trainer.judging.predicted import Kind, Predicted


def replayed(evidence: Evidence) -> Any:
    """Return a fitted model whose rows are places in the evidence, in one column."""
    predicted = evidence.contenders[evidence.shipped]
    if evidence.classes is None:
        return _Regressor(predicted)
    return _Classifier(predicted, evidence.classes)


def _has(kind: Kind) -> Any:
    def check(model: _Classifier) -> bool:
        return model.predicted.kind == kind

    return available_if(check)


class _Regressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    def __init__(self, predicted: Predicted) -> None:
        self.predicted = predicted

    def fit(self, X: Ints, y: Any) -> _Regressor:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: Ints) -> Floats:
        values: Floats = self.predicted.values[X[:, 0], 0].astype(np.float64)
        return values


class _Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    def __init__(self, predicted: Predicted, classes: list[Any]) -> None:
        self.predicted, self.classes = predicted, classes

    def fit(self, X: Ints, y: Any) -> _Classifier:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    @property
    def classes_(self) -> npt.NDArray[Any]:
        return np.asarray(self.classes)

    def predict(self, X: Ints) -> npt.NDArray[Any]:
        if self.predicted.labels is None:
            raise AttributeError("there are no labels")
        return self.classes_[self.predicted.labels[X[:, 0]]]

    @_has("probabilities")  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Ints) -> Floats:
        columns = [self.predicted.of_class(index)[X[:, 0]] for index in range(len(self.classes))]
        shares = np.column_stack(columns)
        shares /= shares.sum(axis=1, keepdims=True)  # rounded to 32 bits, they add up to nearly 1
        return shares

    @_has("decisions")  # type: ignore[untyped-decorator]
    def decision_function(self, X: Ints) -> Floats:
        values = self.predicted.values[X[:, 0]].astype(np.float64)
        return values[:, 0] if values.shape[1] == 1 else values
