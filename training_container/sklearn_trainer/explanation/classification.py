"""How a classifier errs: which classes it takes for which others, and how often it is right."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix

from sklearn_trainer.evaluation.scoring import positive_class
from sklearn_trainer.explanation.calibration import calibration
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions, Ints
from sklearn_trainer.explanation.curves import curves, thresholds
from sklearn_trainer.explanation.intervals import rates
from sklearn_trainer.explanation.one_repeat import OneRepeat, one_repeat
from tunedrop_common.model_errors import (
    MOST_CLASSES_SHOWN,
    ClassErrors,
    ClassificationErrors,
    Confusion,
)


def errors(predictions: ContenderPredictions, ratio: float) -> ClassificationErrors:
    """Return how the shipped classifier errs.

    Parameters
    ----------
    ratio
        Validation rows / training rows of a fold.
    """
    predictions = predictions.that_count()
    classes = predictions.classes or []
    predicted = predictions.predicted
    once = one_repeat(predictions)
    labels = predicted.called[once.places]
    rows = np.bincount(once.actual, minlength=len(classes))
    order = np.argsort(-rows, kind="stable")
    two = len(classes) == 2
    positive = classes.index(positive_class(classes)) if two else None
    shown = order[rows[order] > 0][:MOST_CLASSES_SHOWN] if positive is None else [positive]
    graded = predicted.kind != "labels"
    roc, precision_recall = curves(predictions, once, shown if graded else (), ratio)
    likely = predicted.kind == "probabilities"
    return ClassificationErrors(
        basis=once.basis,
        classes=_classes(once, labels, classes, order),
        confusion=_confusion(once, labels, classes, order[:MOST_CLASSES_SHOWN]),
        positive=None if positive is None else classes[positive],
        roc=roc,
        precision_recall=precision_recall,
        calibration=calibration(predictions, once, positive, ratio) if likely else None,
        thresholds=()
        if positive is None or not likely
        else thresholds(predictions, once, positive),
    )


def _classes(
    once: OneRepeat, labels: Ints, classes: list[Any], order: Ints
) -> tuple[ClassErrors, ...]:
    right = labels == once.actual
    recall = rates(right, once.counted, once.actual, len(classes))
    precision = rates(right, once.counted, labels, len(classes))
    rows, predicted = (np.bincount(each, minlength=len(classes)) for each in (once.actual, labels))
    return tuple(
        ClassErrors(
            label=classes[index],
            rows=rows[index],
            predicted=predicted[index],
            precision=precision[index],
            recall=recall[index],
        )
        for index in order.tolist()
    )


def _confusion(once: OneRepeat, labels: Ints, classes: list[Any], shown: Ints) -> Confusion:
    """Count the pairs of actual and called class; what is not shown is one more class, the last."""
    shown = np.sort(shown)
    line = np.full(len(classes), len(shown))
    line[shown] = np.arange(len(shown))
    folded = len(classes) - len(shown)
    lines = np.arange(len(shown) + bool(folded))
    actual, predicted = line[once.actual], line[labels]
    counts = confusion_matrix(actual, predicted, labels=lines)
    weighted = confusion_matrix(actual, predicted, labels=lines, sample_weight=once.counted.weights)
    sums = weighted.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = weighted / sums
    return Confusion(
        labels=tuple(classes[index] for index in shown.tolist()),
        folded=folded,
        counts=counts.tolist(),
        shares=shares.tolist(),
    )
