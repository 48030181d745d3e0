"""The loss of each row, over all repeats in which it was predicted: one number a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sklearn_trainer.data.values import Floats
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions, Ints
from sklearn_trainer.explanation.intervals import RowWeighting, sums

LEAST_PROBABILITY = float(np.finfo(np.float32).eps)
"""A log loss counts no less, as scikit-learn's for float32; predictions are kept as such."""

LossName = Literal["log loss", "squared error", "share of errors"]


@dataclass(frozen=True)
class RowLoss:
    """What the shipped model's predictions of each row cost.

    Parameters
    ----------
    rows
        Positions among the training rows, in ascending order.
    entries
        The first entry of each row in the predictions.
    """

    name: LossName
    rows: Ints
    entries: Ints
    loss: Floats
    counted: RowWeighting


def row_loss(predictions: ContenderPredictions) -> RowLoss:
    """Return each row's loss, averaged over the repeats that predicted it."""
    name, loss = _losses(predictions)
    rows, entries, place = np.unique(
        predictions.scored.rows, return_index=True, return_inverse=True
    )
    mean = sums(place, loss) / np.bincount(place)
    return RowLoss(name, rows, entries, mean, predictions.counted(entries))


def _losses(predictions: ContenderPredictions) -> tuple[LossName, Floats]:
    predicted, actual = predictions.predicted, predictions.actual
    if predicted.kind == "values":
        return "squared error", (actual - predicted.values[:, 0].astype(np.float64)) ** 2
    if predicted.kind != "probabilities":
        return "share of errors", (predicted.called != actual).astype(np.float64)
    if predicted.values.shape[1] == 1:
        of_actual = np.where(actual == 1, predicted.of_class(1), predicted.of_class(0))
    else:
        of_actual = predicted.values[np.arange(len(actual)), actual].astype(np.float64)
    return "log loss", -np.log(np.clip(of_actual, LEAST_PROBABILITY, 1.0))
