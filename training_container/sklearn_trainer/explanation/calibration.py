"""Whether a probability of 0.8 comes true in 8 of 10 rows.

Each repeat by itself, then averaged: averaged predictions look better calibrated than any model.
"""

from __future__ import annotations

import numpy as np

from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.predicted import Predicted
from sklearn_trainer.explanation.bins import FEWEST_ROWS, bin_of, equal_cuts
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions, Ints
from sklearn_trainer.explanation.intervals import over_folds, rates_around, sums
from sklearn_trainer.explanation.one_repeat import OneRepeat
from tunedrop_common.model_errors import Calibration, CalibrationBin

MOST_BINS = 10


def calibration(
    predictions: ContenderPredictions, once: OneRepeat, positive: int | None, ratio: float
) -> Calibration:
    """Return how often probabilities came true, and how far they were from what was.

    Parameters
    ----------
    positive
        Of two classes, the one whose probability it is about; None: the class called.
    ratio
        Validation rows / training rows of a fold.
    """
    predicted, classes = predictions.predicted, predictions.classes or []
    if positive is None:
        labels = predicted.called
        probability = predicted.values[np.arange(len(labels)), labels].astype(np.float64)
        true = labels == predictions.actual
        distance = _distance(predicted, predictions.actual)
    else:
        probability, true = predicted.of_class(positive), predictions.actual == positive
        distance = (probability - true) ** 2
    weights = np.ones(len(true)) if predictions.weights is None else predictions.weights
    shares = sums(once.actual, once.counted.by_weight, len(classes))
    shares = shares / shares.sum()
    guessing = float(1 - np.sum(shares**2))
    repeats = np.unique(predictions.scored.repeats, return_inverse=True)[1]
    by_fold = [np.average(distance[fold], weights=weights[fold]) for fold in predictions.folds()]
    brier = (sums(repeats, weights * distance) / sums(repeats, weights)).mean()
    rows = len(np.unique(predictions.scored.rows))
    return Calibration(
        label=None if positive is None else classes[positive],
        bins=_bins(once, probability, true, weights, repeats),
        brier=over_folds(float(brier), by_fold, ratio, rows, greatest=2.0),
        brier_of_guessing=guessing if positive is None else guessing / 2,
    )


def _distance(predicted: Predicted, actual: Ints) -> Floats:
    """Return the squared distance of all classes' probabilities from what was."""
    squares = np.einsum("ij,ij->i", predicted.values, predicted.values, dtype=np.float64)
    of_actual = predicted.values[np.arange(len(actual)), actual].astype(np.float64)
    return np.asarray(squares - 2 * of_actual + 1, dtype=np.float64)


def _bins(
    once: OneRepeat, probability: Floats, true: Ints, weights: Floats, repeats: Ints
) -> tuple[CalibrationBin, ...]:
    """Return bins of about equal count in one repeat, each averaged over all repeats."""
    if once.basis.rows < FEWEST_ROWS:
        return ()
    cuts = equal_cuts(probability[once.places], MOST_BINS)
    bins, count = bin_of(probability, cuts), len(cuts) + 1
    cells = repeats * count + bins
    shape = (int(repeats.max()) + 1, count)
    total, of_predicted, of_true = (
        sums(cells, each, shape[0] * shape[1]).reshape(shape)
        for each in (weights, weights * probability, weights * true)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        predicted = np.nanmean(of_predicted / total, axis=0)
        observed = np.nanmean(of_true / total, axis=0)
    here = bins[once.places]
    measured = rates_around(observed, true[once.places], once.counted, here, count)
    rows = np.bincount(here, minlength=count)
    return tuple(
        CalibrationBin(predicted=predicted[index], observed=measured[index], rows=rows[index])
        for index in range(count)
    )
