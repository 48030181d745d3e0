"""The rows that were predicted worst, by their numbers; their values only where it is allowed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from sklearn_trainer.data.values import Floats
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.intervals import Ints
from tunedrop_common.estimates import Label
from tunedrop_common.model_errors import WorstRow

MOST_ROWS = 10


def worst_rows(
    predictions: ContenderPredictions, X: pd.DataFrame, numbers: Ints, *, show: bool
) -> tuple[WorstRow, ...]:
    """Return the rows of one repeat with the greatest errors, the worst first.

    Parameters
    ----------
    X
        The features of the training rows.
    numbers
        Of the training rows: from 1, over the training files in the plan's order.
    show
        Whether values, the truth and the prediction are shown, too.
    """
    once = predictions.first_repeat()
    error = once.errors * _distance(once)
    order = np.argsort(-error, kind="stable")[:MOST_ROWS]
    return tuple(
        WorstRow(
            number=numbers[once.scored.rows[place]],
            error=error[place],
            **_values(once, X, place) if show else {},
        )
        for place in order.tolist()
        if error[place] > 0
    )


def _distance(once: ContenderPredictions) -> Floats:
    """Return what the errors of rows of another class are multiplied with: by the probabilities."""
    predicted = once.predicted
    if predicted.kind != "probabilities":
        return np.ones(len(once.actual))
    if predicted.values.shape[1] == 1:
        return np.where(once.actual == 1, predicted.of_class(0), predicted.of_class(1))
    of_actual = predicted.values[np.arange(len(once.actual)), once.actual]
    return np.asarray(1.0 - of_actual.astype(np.float64))


def _values(once: ContenderPredictions, X: pd.DataFrame, place: int) -> dict[str, Any]:
    predicted, classes = once.predicted, once.classes
    row = X.iloc[once.scored.rows[place]]
    values = {str(name): _label(value) for name, value in row.items()}
    if classes is None:
        actual, prediction = float(once.actual[place]), float(predicted.values[place, 0])
        return {"actual": actual, "predicted": prediction, "values": values}
    return {
        "actual": classes[once.actual[place]],
        "predicted": classes[predicted.called[place]],
        "values": values,
    }


def _label(value: Any) -> Label:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, str):
        return value
    return int(value) if math.isfinite(value) and value == math.floor(value) else float(value)
