"""What a classifier's ranking of the rows is worth: its curves, and what each threshold brings."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sklearn_trainer.data.values import Floats
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.intervals import over_folds
from sklearn_trainer.explanation.one_repeat import OneRepeat
from tunedrop_common.estimates import IntervalEstimate, Label
from tunedrop_common.model_errors import Curve, Threshold

MOST_POINTS = 100
"""Of a curve that is drawn."""

INVISIBLE = 5e-4
"""Of a chart's width: a curve may be so far from the one drawn."""

THRESHOLDS = 51
"""At even distances from 0 to 1, and almost as many that flag even shares of the rows."""

_DIGITS = 5  # of a curve's points

Line: TypeAlias = tuple[Floats, Floats]


@dataclass(frozen=True)
class Ranking:
    """How many rows of a class, and how many others, are called so above each threshold.

    The same as scikit-learn's confusion_matrix_at_thresholds, whose checks take most of its time,
    and from which its areas come: they are computed for each fold and class.
    """

    right: Floats
    wrong: Floats

    @classmethod
    def of(
        cls, true: npt.NDArray[np.bool_], values: Floats, weights: Floats | None
    ) -> Ranking | None:
        """Return the ranking; None where all rows are of the class, or none is."""
        if true.all() or not true.any():
            return None
        order = np.argsort(-values)
        ranked = values[order]
        ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
        weight = np.ones(len(order)) if weights is None else weights[order]
        right, every = (np.cumsum(each)[ends] for each in (weight * true[order], weight))
        return cls(np.insert(right, 0, 0.0), np.insert(every - right, 0, 0.0))

    @property
    def roc(self) -> Line:
        """The share of the others that are called so, and of the class that is found."""
        return self.wrong / self.wrong[-1], self.right / self.right[-1]

    @property
    def precision_recall(self) -> Line:
        """The share of the class that is found, and of those called so that are of it."""
        precision = self.right[1:] / (self.right[1:] + self.wrong[1:])
        return self.right / self.right[-1], np.insert(precision, 0, 1.0)

    @property
    def areas(self) -> tuple[float, float]:
        """ROC AUC and average precision."""
        x, y = self.roc
        recall, precision = self.precision_recall
        return float(np.trapezoid(y, x)), float(np.sum(np.diff(recall) * precision[1:]))


def curves(
    predictions: ContenderPredictions, once: OneRepeat, classes: Iterable[int], ratio: float
) -> tuple[tuple[Curve, ...], tuple[Curve, ...]]:
    """Return the ROC and the precision-recall curves of some classes against the rest.

    They are about one repeat, the intervals of their areas about all folds.
    """
    predicted, labels = predictions.predicted, predictions.classes or []
    rows = len(np.unique(predictions.scored.rows))
    folds = predictions.folds()
    found: tuple[list[Curve], list[Curve]] = ([], [])
    for index in classes:
        true, values = predictions.actual == index, predicted.of_class(index)

        def of(places: Any, true: Any = true, values: Floats = values) -> Ranking | None:
            weights = None if predictions.weights is None else predictions.weights[places]
            return Ranking.of(true[places], values[places], weights)

        drawn = of(once.places)
        if drawn is None:
            continue
        by_fold = [each.areas for each in map(of, folds) if each]
        for which, line in enumerate((drawn.roc, drawn.precision_recall)):
            areas = [each[which] for each in by_fold]
            measured = over_folds(drawn.areas[which], areas, ratio, rows)
            found[which].append(_curve(labels[index], measured, line))
    return tuple(found[0]), tuple(found[1])


def _curve(label: Label, area: IntervalEstimate, line: Line) -> Curve:
    x, y = (tuple(np.round(each, _DIGITS).tolist()) for each in thinned(*line))
    return Curve(label=label, area=area, x=x, y=y)


def thinned(x: Floats, y: Floats) -> Line:
    """Return the points of a line without which it would look different.

    Douglas and Peucker's: the point that is farthest from the line so far is the next one kept.
    """
    kept = {0, len(x) - 1}
    waiting = [_farthest(x, y, 0, len(x) - 1)]
    while waiting and len(kept) < MOST_POINTS:
        distance, point, first, last = heapq.heappop(waiting)
        if -distance <= INVISIBLE:
            break
        kept.add(point)
        for ends in ((first, point), (point, last)):
            heapq.heappush(waiting, _farthest(x, y, *ends))
    places = np.array(sorted(kept))
    return x[places], y[places]


def _farthest(x: Floats, y: Floats, first: int, last: int) -> tuple[float, int, int, int]:
    """Return minus its distance, the place of the point farthest from a chord, and the chord."""
    if last - first < 2:
        return 0.0, first, first, last
    dx, dy = x[last] - x[first], y[last] - y[first]
    right, up = x[first + 1 : last] - x[first], y[first + 1 : last] - y[first]
    length = math.hypot(dx, dy)
    away = np.abs(dx * up - dy * right) / length if length else np.hypot(right, up)
    point = int(np.argmax(away))
    return -float(away[point]), first + 1 + point, first, last


def thresholds(
    predictions: ContenderPredictions, once: OneRepeat, positive: int
) -> tuple[Threshold, ...]:
    """Return what calling the positive class from each of some probabilities on would bring."""
    values = predictions.predicted.of_class(positive)[once.places]
    true = once.actual == positive
    weights = once.counted.by_weight
    even = np.quantile(values, np.arange(1, THRESHOLDS) / THRESHOLDS)
    rounded = [float(f"{each:.3g}") for each in even]
    order = np.argsort(values, kind="stable")
    levels = np.unique([*np.linspace(0, 1, THRESHOLDS).round(_DIGITS), *rounded])
    first = np.searchsorted(values[order], levels, side="left")
    flagged, right = (_from(each[order])[first] for each in (weights, weights * true))
    with np.errstate(divide="ignore", invalid="ignore"):
        precision, recall = right / flagged, right / (weights * true).sum()
    return tuple(
        Threshold(threshold=level, precision=p, recall=r, flagged=share)
        for level, p, r, share in zip(
            levels.tolist(),
            precision.tolist(),
            recall.tolist(),
            (flagged / weights.sum()).tolist(),
            strict=True,
        )
    )


def _from(values: Floats) -> Floats:
    """Return the sum of the values from each place on, and 0 after the last."""
    return np.append(np.cumsum(values[::-1])[::-1], 0.0)
