"""What a model predicts for rows: computed once, kept, and repeated for scikit-learn's scorers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from sklearn_trainer.data.values import Floats
from sklearn_trainer.model.pipeline import Pipeline

Kind = Literal["probabilities", "decisions", "labels", "values"]

_METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


@dataclass(frozen=True)
class Predicted:
    """What one contender predicted, entry by entry: the scored rows of one fold after the other.

    Parameters
    ----------
    kind
        Of `values`: probabilities where the model has them, else its decision function, else
        nothing (labels); of a regression the predictions themselves (values).
    labels
        The predicted class, as its position among the classes; None in a regression.
    values
        Shape (n_entries, n_columns). One column for a regression, for probabilities and decisions
        of two classes (those of the second class), none for labels, else one for each class.
    """

    kind: Kind
    labels: npt.NDArray[np.int32] | None
    values: npt.NDArray[np.floating[Any]]

    @property
    def predicted_class(self) -> npt.NDArray[np.int64]:
        """The predicted class, as its position among the classes."""
        if self.labels is None:
            raise ValueError("a regression predicts no classes")
        return self.labels.astype(np.int64)

    def of_class(self, index: int) -> Floats:
        """Return each entry's probability (or decision) of a class."""
        if self.values.shape[1] > 1:
            return self.values[:, index].astype(np.float64)
        second = self.values[:, 0].astype(np.float64)
        if index == 1:
            return second
        return 1.0 - second if self.kind == "probabilities" else -second

    def probabilities(self, classes: int) -> Floats:
        """Return all classes' probabilities, shape (n_entries, n_classes), which add up to 1."""
        shares = np.column_stack([self.of_class(index) for index in range(classes)])
        # rounded to 32 bits, they add up to nearly 1
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def take(self, entries: npt.NDArray[Any]) -> Predicted:
        """Return the predictions of some entries, by a mask or by their positions."""
        labels = None if self.labels is None else self.labels[entries]
        return Predicted(self.kind, labels, self.values[entries])

    @classmethod
    def join(cls, folds: Sequence[Predicted | None]) -> Predicted | None:
        """Return the predictions of all folds in one; None unless all have the same kind."""
        first = folds[0]
        same_kind = [fold for fold in folds if fold and first and fold.kind == first.kind]
        if first is None or len(same_kind) < len(folds):
            return None
        labels = [fold.labels for fold in same_kind if fold.labels is not None]
        return cls(
            first.kind,
            np.concatenate(labels) if labels else None,
            np.concatenate([fold.values for fold in same_kind]),
        )

    @classmethod
    def mean(cls, members: Sequence[Predicted]) -> Predicted:
        """Return the mean of several models' predictions, of one kind: values or probabilities."""
        values = np.mean([member.values for member in members], axis=0)
        if members[0].kind == "values":
            return cls("values", None, values)
        labels = values[:, 0] > 0.5 if values.shape[1] == 1 else values.argmax(axis=1)
        return cls("probabilities", labels.astype(np.int32), values)


def predict(model: Pipeline, X: pd.DataFrame, classes: Sequence[Any] | None) -> Predicted | None:
    """Return a fitted model's predictions; None where it has none that can be kept.

    Parameters
    ----------
    classes
        All labels in sorted order, of which the model may not know all; None: a regression.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if classes is not None:
                return _predict_classes(model, X, classes)
            values = np.asarray(model.predict(X), dtype=np.float64)
            return Predicted("values", None, values.reshape(len(X), 1))
    except Exception:  # the objective's own answer decides alone whether a model can be scored
        return None


def _predict_classes(model: Pipeline, X: pd.DataFrame, classes: Sequence[Any]) -> Predicted:
    labels = np.searchsorted(classes, model.predict(X)).astype(np.int32)
    if hasattr(model, "predict_proba"):
        values = _align(model.predict_proba(X), model.classes_, classes, absent=0.0)
        return Predicted("probabilities", labels, values)
    if hasattr(model, "decision_function"):
        decisions = np.asarray(model.decision_function(X))
        if decisions.ndim == 1:
            decisions = np.column_stack([-decisions, decisions])
        if decisions.shape[1] == len(model.classes_):  # else one for each pair of classes
            least = decisions.min(axis=1) - 1
            values = _align(decisions, model.classes_, classes, absent=least)
            return Predicted("decisions", labels, values)
    return Predicted("labels", labels, np.empty((len(X), 0)))


def _align(
    values: Any, model_classes: npt.NDArray[Any], classes: Sequence[Any], absent: Any
) -> Floats:
    """Return a column for each class, or of two classes the second's."""
    aligned = np.empty((len(values), len(classes)))
    aligned.T[:] = absent
    aligned[:, np.searchsorted(classes, model_classes)] = values
    return aligned[:, 1:] if len(classes) == 2 else aligned


def with_cached_answers(model: Pipeline, X: pd.DataFrame) -> Pipeline:
    """Return a twin of a fitted model that transforms X once, and computes each answer for it once.

    Scorers call the same methods again, and not all of them share the answers.
    """
    twin = copy(model)

    @cache
    def transform() -> Any:
        rows = X
        for _, step in model.steps[:-1]:
            rows = step.transform(rows)
        return rows

    def with_cache(name: str) -> Any:
        method = getattr(model, name)
        answer = cache(lambda: getattr(model[-1], name)(transform()))
        return wraps(method)(lambda rows: answer() if rows is X else method(rows))

    for name in _METHODS:
        if hasattr(model, name):
            setattr(twin, name, with_cache(name))
    return twin


def replay(predicted: Predicted, classes: Any) -> Any:
    """Return a fitted model that repeats the predictions, so that scorers can be called with it.

    It takes the rows that were predicted for granted, in their order.

    Parameters
    ----------
    classes
        Labels in sorted order; None in a regression.
    """
    return (_ReplayedRegressor if classes is None else _ReplayedClassifier)(predicted, classes)


def _has(kind: Kind) -> Any:
    return available_if(lambda model: model.predicted.kind == kind)


class _Replayed(BaseEstimator):  # type: ignore[misc]
    def __init__(self, predicted: Predicted, classes: Any) -> None:
        self.predicted, self.classes = predicted, classes

    def fit(self, X: Any, y: Any) -> _Replayed:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True


class _ReplayedRegressor(RegressorMixin, _Replayed):  # type: ignore[misc]
    def predict(self, X: Any) -> Floats:
        return np.asarray(self.predicted.values[:, 0], dtype=np.float64)


class _ReplayedClassifier(ClassifierMixin, _Replayed):  # type: ignore[misc]
    @property
    def classes_(self) -> npt.NDArray[Any]:
        return np.asarray(self.classes)

    def predict(self, X: Any) -> npt.NDArray[Any]:
        return np.asarray(self.classes_[self.predicted.predicted_class])

    @_has("probabilities")  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Floats:
        return self.predicted.probabilities(len(self.classes))

    @_has("decisions")  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Floats:
        values = np.asarray(self.predicted.values, dtype=np.float64)
        return values[:, 0] if values.shape[1] == 1 else values
