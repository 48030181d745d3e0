"""How a classifier errs, by scikit-learn's metrics of the rows that it had not seen.

Counts, rates and curves are those of one repeat of the fresh folds, in which each row is once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    confusion_matrix_at_thresholds,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

from sklearn_trainer.data.values import Floats, Mask
from sklearn_trainer.evaluation.scoring import positive_class
from sklearn_trainer.explanation.bins import FEWEST_ROWS, bin_of, cut_points
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.intervals import Ints, rate_interval, score_interval
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.model_errors import (
    MOST_CLASSES_SHOWN,
    Calibration,
    CalibrationBin,
    ClassErrors,
    ClassificationErrors,
    Confusion,
    Curve,
    Threshold,
)

MOST_BINS = 10
"""Of the calibration."""

MOST_POINTS = 100
"""Of a curve that is drawn."""

THRESHOLDS = 51
"""At even distances from 0 to 1, and as many at even shares of the rows."""

_DIGITS = 5  # of a curve's points, and of thresholds


def classification_errors(predictions: ContenderPredictions, ratio: float) -> ClassificationErrors:
    """Return how the selected classifier errs.

    Parameters
    ----------
    ratio
        Validation rows / training rows of a fold.
    """
    predictions = predictions.with_weight()
    once = predictions.first_repeat()
    classes, kind = once.classes or [], once.predicted.kind
    rows = np.bincount(once.actual, minlength=len(classes))
    order = np.argsort(-rows, kind="stable")
    positive = classes.index(positive_class(classes)) if len(classes) == 2 else None
    shown = order[rows[order] > 0][:MOST_CLASSES_SHOWN] if positive is None else [positive]
    roc, precision_recall = _curves(
        predictions, once, () if kind == "labels" else [int(index) for index in shown], ratio
    )
    likely = kind == "probabilities"
    return ClassificationErrors(
        basis=predictions.basis(),
        classes=_classes(once, rows, order),
        confusion=_confusion(once, np.sort(order[:MOST_CLASSES_SHOWN])),
        positive=None if positive is None else classes[positive],
        roc=roc,
        precision_recall=precision_recall,
        calibration=_calibration(predictions, once, positive, ratio) if likely else None,
        thresholds=_thresholds(once, positive) if likely and positive is not None else (),
    )


def _classes(once: ContenderPredictions, rows: Ints, order: Ints) -> tuple[ClassErrors, ...]:
    called, actual = once.predicted.called, once.actual
    precision, recall, _, _ = precision_recall_fscore_support(
        actual, called, labels=order, sample_weight=once.weights, zero_division=np.nan
    )
    right = called == actual

    def rate(value: float, rows: Mask) -> IntervalEstimate:
        interval = rate_interval(right[rows], once.weighting.take(rows)).interval
        return IntervalEstimate(value=value, interval=interval)

    return tuple(
        ClassErrors(
            label=(once.classes or [])[index],
            rows=rows[index],
            predicted=(called == index).sum(),
            precision=rate(precision[place], called == index),
            recall=rate(recall[place], actual == index),
        )
        for place, index in enumerate(order.tolist())
    )


def _confusion(once: ContenderPredictions, shown: Ints) -> Confusion:
    """Count the pairs of actual and called class; what is not shown is one more class, the last."""
    classes = once.classes or []
    line = np.full(len(classes), len(shown))
    line[shown] = np.arange(len(shown))
    folded = len(classes) - len(shown)
    lines = np.arange(len(shown) + bool(folded))
    pairs = line[once.actual], line[once.predicted.called]
    shares = confusion_matrix(*pairs, labels=lines, sample_weight=once.weights, normalize="true")
    return Confusion(
        labels=tuple(classes[index] for index in shown.tolist()),
        folded=folded,
        counts=confusion_matrix(*pairs, labels=lines).tolist(),
        shares=shares.tolist(),
    )


def _curves(
    predictions: ContenderPredictions,
    once: ContenderPredictions,
    shown: Iterable[int],
    ratio: float,
) -> tuple[tuple[Curve, ...], tuple[Curve, ...]]:
    """Return the ROC and the precision-recall curves of classes, each against the rest."""
    folds, rows = list(predictions.folds()), len(np.unique(predictions.scored.rows))
    roc, precision_recall = [], []
    for index in shown:
        label, areas = (once.classes or [])[index], _areas(once, index)
        if not math.isfinite(areas[0]):
            continue
        of_folds = np.array([_areas(fold, index) for fold in folds])
        roc_area, average_precision = (
            score_interval(area, of_folds[:, place].tolist(), ratio, rows)
            for place, area in enumerate(areas)
        )
        ranked = once.actual == index, once.predicted.of_class(index)
        weighted = {"sample_weight": once.weights, "drop_intermediate": True}
        alarms, found, _ = roc_curve(*ranked, **weighted)
        precision, recall, _ = precision_recall_curve(*ranked, **weighted)
        roc.append(Curve(label=label, area=roc_area, **_points(alarms, found)))
        precision_recall.append(
            Curve(label=label, area=average_precision, **_points(recall[::-1], precision[::-1]))
        )
    return tuple(roc), tuple(precision_recall)


def _areas(predictions: ContenderPredictions, index: int) -> tuple[float, float]:
    """Return ROC AUC and average precision of a class; NaN where it has all rows, or none."""
    true = predictions.actual == index
    if true.all() or not true.any():
        return math.nan, math.nan
    values, weights = predictions.predicted.of_class(index), predictions.weights
    return (
        float(roc_auc_score(true, values, sample_weight=weights)),
        float(average_precision_score(true, values, sample_weight=weights)),
    )


def _points(x: Floats, y: Floats) -> dict[str, Any]:
    places = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(int))
    return {"x": x[places].round(_DIGITS).tolist(), "y": y[places].round(_DIGITS).tolist()}


def _calibration(
    predictions: ContenderPredictions,
    once: ContenderPredictions,
    positive: int | None,
    ratio: float,
) -> Calibration:
    """Return how often probabilities came true: of the positive class, or of the class called."""
    classes, actual = once.classes or [], once.actual
    if positive is None:
        called = once.predicted.called
        probability = once.predicted.values[np.arange(len(called)), called].astype(np.float64)
        true = called == actual
    else:
        probability, true = once.predicted.of_class(positive), actual == positive
    shares = np.bincount(actual, once.weights, len(classes))
    guess = np.tile(shares / shares.sum(), (len(actual), 1))
    return Calibration(
        label=None if positive is None else classes[positive],
        bins=_bins(once, probability, true),
        brier=score_interval(
            _brier(once, _probabilities(once)),
            [_brier(fold, _probabilities(fold)) for fold in predictions.folds()],
            ratio,
            len(np.unique(predictions.scored.rows)),
            greatest=2.0,
        ),
        brier_of_guessing=_brier(once, guess),
    )


def _bins(
    once: ContenderPredictions, probability: Floats, true: Mask
) -> tuple[CalibrationBin, ...]:
    """Return bins of about equal count; calibration_curve has neither weights nor counts."""
    if len(probability) < FEWEST_ROWS:
        return ()
    cuts = cut_points(probability, MOST_BINS)
    numbers, found = bin_of(probability, cuts), []
    for number in range(len(cuts) + 1):
        inside = numbers == number
        weighting = once.weighting.take(inside)
        found.append(
            CalibrationBin(
                predicted=np.average(probability[inside], weights=weighting.weights),
                observed=rate_interval(true[inside], weighting, tests=len(cuts) + 1),
                rows=inside.sum(),
            )
        )
    return tuple(found)


def _probabilities(predictions: ContenderPredictions) -> Floats:
    """Return the probabilities of all classes; rounded to 32 bits, they add up to nearly 1."""
    of_class = predictions.predicted.of_class
    shares = np.column_stack([of_class(index) for index in range(len(predictions.classes or []))])
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _brier(predictions: ContenderPredictions, probabilities: Floats) -> float:
    labels = np.arange(probabilities.shape[1])
    return float(
        brier_score_loss(
            predictions.actual, probabilities, sample_weight=predictions.weights, labels=labels
        )
    )


def _thresholds(once: ContenderPredictions, positive: int) -> tuple[Threshold, ...]:
    """Return what calling the positive class from each of some probabilities on would bring."""
    values, true = once.predicted.of_class(positive), once.actual == positive
    _, alarms, missed, found, from_here = confusion_matrix_at_thresholds(
        true, values, sample_weight=once.weights
    )
    even = np.quantile(values, np.linspace(0, 1, THRESHOLDS)[1:-1])
    levels = np.unique([*np.linspace(0, 1, THRESHOLDS).round(_DIGITS), *even])
    last = np.searchsorted(-from_here, -levels, side="right") - 1
    total = alarms[-1] + found[-1]
    thresholds = []
    for level, place in zip(levels.tolist(), last.tolist(), strict=True):
        hits, flagged = (found[place], found[place] + alarms[place]) if place >= 0 else (0.0, 0.0)
        thresholds.append(
            Threshold(
                threshold=level,
                precision=hits / flagged if flagged else None,
                recall=hits / (found[0] + missed[0]) if found[0] + missed[0] else None,
                flagged=flagged / total,
            )
        )
    return tuple(thresholds)
