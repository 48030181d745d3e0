"""The rows that were predicted worst, by their numbers; their values only where it is allowed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from sklearn_trainer.explanation.contender_predictions import ContenderPredictions, Ints
from sklearn_trainer.explanation.row_loss import row_loss
from tunedrop_common.estimates import Label
from tunedrop_common.model_errors import WorstRow

MOST_ROWS = 10


def worst(
    predictions: ContenderPredictions, X: pd.DataFrame, numbers: Ints, *, show: bool
) -> list[WorstRow]:
    """Return the rows with the greatest loss, the worst first.

    Parameters
    ----------
    X
        The features of the training rows.
    numbers
        Of the training rows: from 1, over the training files in the plan's order.
    show
        Whether values, the truth and the prediction are shown, too.
    """
    found = row_loss(predictions)
    order = np.argsort(-found.loss, kind="stable")[:MOST_ROWS]
    return [
        WorstRow(
            number=numbers[found.rows[place]],
            loss=found.loss[place],
            **_shown(predictions, X, found.rows[place]) if show else {},
        )
        for place in order
        if found.loss[place] > 0
    ]


def _shown(predictions: ContenderPredictions, X: pd.DataFrame, row: int) -> dict[str, Any]:
    entries = np.flatnonzero(predictions.scored.rows == row)
    predicted = predictions.predicted
    values = {str(name): _label(value) for name, value in X.iloc[row].items()}
    if predictions.classes is None:
        prediction = float(predicted.values[entries, 0].astype(np.float64).mean())
        return {
            "actual": float(predictions.actual[entries[0]]),
            "predicted": prediction,
            "values": values,
        }
    most_called = np.bincount(predicted.called[entries]).argmax()
    return {
        "actual": predictions.classes[predictions.actual[entries[0]]],
        "predicted": predictions.classes[most_called],
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
