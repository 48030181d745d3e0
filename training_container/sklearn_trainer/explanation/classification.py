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

from sklearn_trainer.data.folds import FoldSizes
from sklearn_trainer.data.values import Floats, Mask
from sklearn_trainer.evaluation.bootstrap import ScoredRows
from sklearn_trainer.evaluation.scoring import positive_class
from sklearn_trainer.explanation.bins import split_evenly
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
    sizes = FoldSizes(ratio, len(np.unique(predictions.rows)))
    once = predictions.first_repeat()
    classes, kind = once.classes or [], once.predicted.kind
    rows, order = _count_rows(once)
    positive = classes.index(positive_class(classes)) if len(classes) == 2 else None
    shown = order[rows[order] > 0][:MOST_CLASSES_SHOWN] if positive is None else [positive]
    roc, precision_recall = _curves(
        predictions, once, () if kind == "labels" else [int(index) for index in shown], sizes
    )
    has_probabilities = kind == "probabilities"
    return ClassificationErrors(
        basis=predictions.basis(),
        classes=class_errors(once),
        confusion=count_confusion(once),
        positive=None if positive is None else classes[positive],
        roc=roc,
        precision_recall=precision_recall,
        calibration=_calibration(predictions, once, positive, sizes) if has_probabilities else None,
        thresholds=_thresholds(once, positive)
        if has_probabilities and positive is not None
        else (),
    )


def _count_rows(once: ContenderPredictions | ScoredRows) -> tuple[Ints, Ints]:
    """Return how many rows each class has, and the classes, the most frequent first."""
    rows = np.bincount(once.actual, minlength=len(once.classes or []))
    return rows, np.argsort(-rows, kind="stable")


def class_errors(once: ContenderPredictions | ScoredRows) -> tuple[ClassErrors, ...]:
    """Return precision and recall of each class, the most frequent first."""
    rows, order = _count_rows(once)
    predicted, actual = once.predicted.predicted_class, once.actual
    weights = once.row_columns.weights
    precision, recall, _, _ = precision_recall_fscore_support(
        actual, predicted, labels=order, sample_weight=weights, zero_division=np.nan
    )
    is_correct = predicted == actual

    def estimate_rate(value: float, rows: Mask) -> IntervalEstimate:
        interval = rate_interval(is_correct[rows], once.row_columns.take(rows)).interval
        return IntervalEstimate(value=value, interval=interval)

    return tuple(
        ClassErrors(
            label=(once.classes or [])[index],
            rows=rows[index],
            predicted=(predicted == index).sum(),
            precision=estimate_rate(precision[position], predicted == index),
            recall=estimate_rate(recall[position], actual == index),
        )
        for position, index in enumerate(order.tolist())
    )


def count_confusion(once: ContenderPredictions | ScoredRows) -> Confusion:
    """Count pairs of actual and predicted class; those not shown are one more class, the last."""
    _, order = _count_rows(once)
    shown = np.sort(order[:MOST_CLASSES_SHOWN])
    classes = once.classes or []
    line = np.full(len(classes), len(shown))
    line[shown] = np.arange(len(shown))
    folded = len(classes) - len(shown)
    lines = np.arange(len(shown) + bool(folded))
    pairs = line[once.actual], line[once.predicted.predicted_class]
    weights = once.row_columns.weights
    shares = confusion_matrix(*pairs, labels=lines, sample_weight=weights, normalize="true")
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
    sizes: FoldSizes,
) -> tuple[tuple[Curve, ...], tuple[Curve, ...]]:
    """Return the ROC and the precision-recall curves of classes, each against the rest."""
    folds = list(predictions.by_fold())
    roc, precision_recall = [], []
    for index in shown:
        label, areas = (once.classes or [])[index], _areas(once, index)
        if not math.isfinite(areas[0]):
            continue
        roc_area, average_precision = (
            score_interval(area, list(fold_areas), sizes)
            for area, *fold_areas in zip(
                areas, *(_areas(fold, index) for fold in folds), strict=True
            )
        )
        ranked = once.actual == index, once.predicted.of_class(index)
        options = {"sample_weight": once.weights, "drop_intermediate": True}
        false_positives, true_positives, _ = roc_curve(*ranked, **options)
        precision, recall, _ = precision_recall_curve(*ranked, **options)
        roc.append(Curve(label=label, area=roc_area, **_points(false_positives, true_positives)))
        precision_recall.append(
            Curve(label=label, area=average_precision, **_points(recall[::-1], precision[::-1]))
        )
    return tuple(roc), tuple(precision_recall)


def _areas(predictions: ContenderPredictions, index: int) -> tuple[float, float]:
    """Return ROC AUC and average precision of a class; NaN where it has all rows, or none."""
    is_class = predictions.actual == index
    if is_class.all() or not is_class.any():
        return math.nan, math.nan
    values, weights = predictions.predicted.of_class(index), predictions.weights
    return (
        float(roc_auc_score(is_class, values, sample_weight=weights)),
        float(average_precision_score(is_class, values, sample_weight=weights)),
    )


def _points(x: Floats, y: Floats) -> dict[str, Any]:
    drawn = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(int))
    return {"x": x[drawn].round(_DIGITS).tolist(), "y": y[drawn].round(_DIGITS).tolist()}


def _calibration(
    predictions: ContenderPredictions,
    once: ContenderPredictions,
    positive: int | None,
    sizes: FoldSizes,
) -> Calibration:
    """Return how often probabilities came true: of the positive, or of the predicted class."""
    classes, actual = once.classes or [], once.actual
    if positive is None:
        predicted = once.predicted.predicted_class
        values = once.predicted.values[np.arange(len(predicted)), predicted].astype(np.float64)
        came_true = predicted == actual
    else:
        values, came_true = once.predicted.of_class(positive), actual == positive
    shares = np.bincount(actual, once.weights, len(classes))
    bins = split_evenly(values, MOST_BINS)
    return Calibration(
        label=None if positive is None else classes[positive],
        bins=tuple(  # calibration_curve has neither weights nor counts
            CalibrationBin(
                predicted=np.average(values[inside], weights=once.row_columns.take(inside).weights),
                observed=rate_interval(
                    came_true[inside], once.row_columns.take(inside), tests=len(bins)
                ),
                rows=inside.sum(),
            )
            for inside in bins
        ),
        brier=score_interval(
            _brier(once),
            [_brier(fold) for fold in predictions.by_fold()],
            sizes,
            greatest=2.0,
        ),
        baseline_brier=_brier(once, np.tile(shares / shares.sum(), (len(actual), 1))),
    )


def _brier(predictions: ContenderPredictions, probabilities: Floats | None = None) -> float:
    """Return the Brier score of the predictions, or of other probabilities for the same rows."""
    classes = len(predictions.classes or [])
    if probabilities is None:
        probabilities = predictions.predicted.probabilities(classes)
    return float(
        brier_score_loss(
            predictions.actual,
            probabilities,
            sample_weight=predictions.weights,
            labels=np.arange(classes),
        )
    )


def _thresholds(once: ContenderPredictions, positive: int) -> tuple[Threshold, ...]:
    """Return what predicting the positive class from each of some probabilities on would bring."""
    values, is_positive = once.predicted.of_class(positive), once.actual == positive
    _, false_positives, false_negatives, true_positives, cutoffs = confusion_matrix_at_thresholds(
        is_positive, values, sample_weight=once.weights
    )
    quantiles = np.quantile(values, np.linspace(0, 1, THRESHOLDS)[1:-1])
    levels = np.unique([*np.linspace(0, 1, THRESHOLDS).round(_DIGITS), *quantiles])
    first = np.searchsorted(-cutoffs, -levels, side="right")  # 0: no row is flagged
    hits = np.append(0.0, true_positives)[first]
    flagged = hits + np.append(0.0, false_positives)[first]
    with np.errstate(invalid="ignore"):
        precision = hits / flagged
        recall = hits / (true_positives[0] + false_negatives[0])
    shares = flagged / (false_positives[-1] + true_positives[-1])
    return tuple(
        Threshold(threshold=level, precision=right, recall=part, flagged=share)
        for level, right, part, share in zip(levels, precision, recall, shares, strict=True)
    )
