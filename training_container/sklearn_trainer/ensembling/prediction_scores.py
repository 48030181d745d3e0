"""Scores predictions fold by fold, as the search's scores are: the mean over its folds.

The selection asks for thousands of scores, each of which takes scikit-learn a millisecond or more.
The usual metrics are computed here for all folds at once; tests hold them to scikit-learn's values.
All others are scikit-learn's own scorers.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from sklearn_trainer.data.values import Floats
from sklearn_trainer.ensembling.selection import Score, Values
from sklearn_trainer.evaluation.predicted import Predicted
from sklearn_trainer.evaluation.replayed import replayed
from sklearn_trainer.evaluation.scoring import Scorer

Codes: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Truth:
    """The rows that were predicted, and what is true of them.

    Parameters
    ----------
    actual
        The class's place among `classes` (int64), or the target (float64).
    folds
        Which fold predicted each row, from 0.
    classes
        In sorted order; None in a regression.
    weights
        None where all rows count the same.
    """

    actual: npt.NDArray[Any]
    folds: Codes
    classes: npt.NDArray[Any] | None
    weights: Floats | None

    def at(self, rows: npt.NDArray[Any]) -> Truth:
        """Return some of the rows; folds of which there are none are left out."""
        _, folds = np.unique(self.folds[rows], return_inverse=True)
        weights = None if self.weights is None else self.weights[rows]
        return Truth(self.actual[rows], folds.astype(np.int64), self.classes, weights)

    @property
    def fold_count(self) -> int:
        """How many folds there are."""
        return int(self.folds.max()) + 1

    @property
    def counts(self) -> Floats:
        """How much each row counts."""
        return np.ones(len(self.actual)) if self.weights is None else self.weights


FoldScores: TypeAlias = Callable[[Values], Floats]


def score_of(metric: str, scorer: Scorer, truth: Truth) -> Score:
    """Return the function that scores predictions of these rows by the metric.

    Folds for which the metric is not defined, as one with a single class, are left out; where it is
    for none, the score is minus infinity.
    """
    by_fold = _fold_scores(metric, scorer, truth)

    def score(values: Values) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = by_fold(values)
        known = found[np.isfinite(found)]
        return float(known.mean()) if len(known) else -math.inf

    return score


def _fold_scores(metric: str, scorer: Scorer, truth: Truth) -> FoldScores:
    if metric in _OF_CLASSES and truth.classes is not None:
        return _counted(truth, len(truth.classes), _OF_CLASSES[metric])
    if metric in _OF_NUMBERS and truth.classes is None:
        return _of_residuals(truth, metric)
    if metric == "neg_log_loss" and truth.classes is not None:
        return _log_loss(truth)
    if metric == "roc_auc" and truth.weights is None and _two_classes(truth):
        return _ranked(truth)
    return _by_scikit_learn(scorer, truth)


def _two_classes(truth: Truth) -> bool:
    return truth.classes is not None and len(truth.classes) == 2


def _means_by(groups: Codes, count: int, weights: Floats) -> Callable[[Floats], Floats]:
    """Return a function from values of rows to their weighted mean in each group."""
    totals = np.bincount(groups, weights, count)
    return lambda values: np.bincount(groups, weights * values, count) / totals


def _of_residuals(truth: Truth, metric: str) -> FoldScores:
    counts, actual = truth.counts, truth.actual
    by_fold = _means_by(truth.folds, truth.fold_count, counts)
    means = by_fold(actual)
    variances = by_fold((actual - means[truth.folds]) ** 2)

    def score(values: Values) -> Floats:
        residuals = actual - values[:, 0].astype(np.float64)
        errors = np.abs(residuals) if metric == "neg_mean_absolute_error" else residuals**2
        losses = by_fold(errors)
        if metric == "r2":
            return np.asarray(1.0 - losses / variances)
        return -(np.sqrt(losses) if metric == "neg_root_mean_squared_error" else losses)

    return score


def _log_loss(truth: Truth) -> FoldScores:
    by_fold = _means_by(truth.folds, truth.fold_count, truth.counts)
    rows, least = np.arange(len(truth.actual)), np.finfo(np.float32).eps

    def score(values: Values) -> Floats:
        if values.shape[1] == 1:
            right = np.where(truth.actual == 1, values[:, 0], 1.0 - values[:, 0])
        else:
            right = values[rows, truth.actual]
        return by_fold(np.log(np.clip(right, least, 1.0 - least)))

    return score


def _counted(
    truth: Truth, classes: int, of_counts: Callable[[Floats, Floats, Floats], Floats]
) -> FoldScores:
    """Score by how many rows of each class are called so, rightly or not, in each fold."""
    shape = (truth.fold_count, classes)
    counts, size = truth.counts, shape[0] * shape[1]
    starts = truth.folds * shape[1]

    def rows_of(classes_of_rows: Codes, weights: Floats) -> Floats:
        found = np.bincount(starts + classes_of_rows, weights, size)
        return np.asarray(found, dtype=np.float64).reshape(shape)

    actual = rows_of(truth.actual, counts)

    def score(values: Values) -> Floats:
        called = called_of(values)
        right = np.where(called == truth.actual, counts, 0.0)
        return of_counts(rows_of(called, right), rows_of(called, counts), actual)

    return score


def called_of(values: Values) -> Codes:
    """Return the class that soft voting calls, as its place: of two equal ones the first."""
    if values.shape[1] == 1:
        return (values[:, 0] > np.float32(0.5)).astype(np.int64)
    return np.asarray(values.argmax(axis=1), dtype=np.int64)


def _accuracy(hits: Floats, predicted: Floats, actual: Floats) -> Floats:
    return np.asarray(hits.sum(axis=1) / actual.sum(axis=1))


def _balanced_accuracy(hits: Floats, predicted: Floats, actual: Floats) -> Floats:
    return np.asarray(np.nanmean(np.where(actual > 0, hits / actual, np.nan), axis=1))


def _f1(hits: Floats, predicted: Floats, actual: Floats) -> Floats:
    both = predicted + actual
    return np.where(both > 0, 2.0 * hits / both, np.nan)


def _f1_macro(hits: Floats, predicted: Floats, actual: Floats) -> Floats:
    return np.asarray(np.nanmean(_f1(hits, predicted, actual), axis=1))


def _f1_weighted(hits: Floats, predicted: Floats, actual: Floats) -> Floats:
    return np.asarray(np.nansum(_f1(hits, predicted, actual) * actual, axis=1) / actual.sum(axis=1))


_OF_CLASSES: dict[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1_macro": _f1_macro,
    "f1_weighted": _f1_weighted,
}
_OF_NUMBERS = (
    "r2",
    "neg_mean_squared_error",
    "neg_root_mean_squared_error",
    "neg_mean_absolute_error",
)


def _ranked(truth: Truth) -> FoldScores:
    of_folds = [np.flatnonzero(truth.folds == fold) for fold in range(truth.fold_count)]
    positive = [truth.actual[rows] == 1 for rows in of_folds]

    def score(values: Values) -> Floats:
        found = []
        for rows, ones in zip(of_folds, positive, strict=True):
            first, second = int(ones.sum()), int((~ones).sum())
            above = rankdata(values[rows, 0])[ones].sum() - first * (first + 1) / 2
            found.append(above / (first * second) if first and second else np.nan)
        return np.asarray(found)

    return score


def _by_scikit_learn(scorer: Scorer, truth: Truth) -> FoldScores:
    y = truth.actual if truth.classes is None else truth.classes[truth.actual]
    of_folds = [np.flatnonzero(truth.folds == fold) for fold in range(truth.fold_count)]
    weighted = truth.weights is not None and scorer._accept_sample_weight()

    def score(values: Values) -> Floats:
        predicted = Predicted("values", None, values)
        if truth.classes is not None:
            predicted = Predicted("probabilities", called_of(values).astype(np.int32), values)
        model, found = replayed(predicted, truth.classes), []
        for rows in of_folds:
            given = {"sample_weight": truth.counts[rows]} if weighted else {}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    found.append(scorer(model, rows[:, np.newaxis], y[rows], **given))
                except ValueError:  # it is not defined for these rows
                    found.append(np.nan)
        return np.asarray(found)

    return score
