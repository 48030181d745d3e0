"""What a fitted model answers for some rows, each answer computed once, and kept as predictions."""

from __future__ import annotations

import warnings
from copy import copy
from functools import cache, wraps
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sklearn.pipeline

from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.predicted import Predicted
from sklearn_trainer.model.pipeline import Pipeline

_METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


def answering_once(model: Pipeline, X: pd.DataFrame) -> Pipeline:
    """Return a twin of a fitted model that prepares X once, and computes each answer for it once.

    Scorers ask for the same again, and not all of them share what was answered.
    """
    twin = copy(model)

    @cache
    def prepared() -> Any:
        rows = X
        for _, step in model.steps[:-1]:
            rows = step.transform(rows)
        return rows

    for name in _METHODS:
        if hasattr(model, name):
            setattr(twin, name, _once(model, name, X, prepared))
    return twin


def _once(model: Pipeline, name: str, X: pd.DataFrame, prepared: Any) -> Any:
    method = getattr(model, name)

    @cache
    def answer() -> Any:
        if isinstance(model, sklearn.pipeline.Pipeline):
            return getattr(model[-1], name)(prepared())
        return method(X)

    @wraps(method)
    def once(rows: pd.DataFrame) -> Any:
        return answer() if rows is X else method(rows)

    return once


def predictions_of(
    model: Pipeline, X: pd.DataFrame, classes: npt.NDArray[Any] | None
) -> Predicted | None:
    """Return a model's predictions; None where it has none that can be kept.

    Parameters
    ----------
    classes
        All labels in sorted order, of which the model may not know all; None: a regression.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _values(model, X) if classes is None else _classes(model, X, classes)
    except Exception:  # the objective's own answer decides alone whether a model can be scored
        return None


def _values(model: Pipeline, X: pd.DataFrame) -> Predicted:
    values = np.asarray(model.predict(X), dtype=np.float64).reshape(len(X), 1)
    return Predicted("values", None, values)


def _classes(model: Pipeline, X: pd.DataFrame, classes: npt.NDArray[Any]) -> Predicted:
    labels = np.searchsorted(classes, model.predict(X)).astype(np.int32)
    if hasattr(model, "predict_proba"):
        values = _aligned(model.predict_proba(X), model.classes_, classes, lacking=0.0)
        return Predicted("probabilities", labels, values)
    if hasattr(model, "decision_function"):
        decisions = np.asarray(model.decision_function(X))
        if decisions.ndim == 1:
            decisions = np.column_stack([-decisions, decisions])
        if decisions.shape[1] == len(model.classes_):  # else one for each pair of classes
            least = decisions.min(axis=1) - 1
            values = _aligned(decisions, model.classes_, classes, lacking=least)
            return Predicted("decisions", labels, values)
    return Predicted("labels", labels, np.empty((len(X), 0)))


def _aligned(
    values: Any, known: npt.NDArray[Any], classes: npt.NDArray[Any], lacking: Any
) -> Floats:
    """Return a column for each class, or of two classes the second's."""
    found = np.empty((len(values), len(classes)))
    found.T[:] = lacking
    found[:, np.searchsorted(classes, known)] = values
    return found[:, 1:] if len(classes) == 2 else found
