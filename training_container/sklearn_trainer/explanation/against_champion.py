"""What shipping the model instead of the champion changes, for each class or tenth of the target.

Both are compared on the same rows, each counted once.
"""

from __future__ import annotations

import numpy as np

from sklearn_trainer.data.target import class_text
from sklearn_trainer.evaluation.verdict import CHAMPION
from sklearn_trainer.explanation.bins import FEWEST_ROWS, Scale, bin_of, equal_cuts, kept_cuts
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions, Ints
from sklearn_trainer.explanation.intervals import changes_of_rates, means, sums
from sklearn_trainer.explanation.one_repeat import OneRepeat, one_repeat
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.model_errors import AgainstChampion, Change

TENTHS = 10


def changes(predictions: ContenderPredictions) -> AgainstChampion | None:
    """Return what changes; None where there is no champion, or it is what is shipped."""
    if predictions.shipped == CHAMPION or CHAMPION not in predictions.contenders:
        return None
    predictions = predictions.that_count()
    once = one_repeat(predictions)
    return (
        _of_values(predictions, once)
        if predictions.classes is None
        else _of_classes(predictions, once)
    )


def _of_classes(predictions: ContenderPredictions, once: OneRepeat) -> AgainstChampion:
    classes = predictions.classes or []
    champion, shipped = (
        (predictions.contenders[name].called[once.places] == once.actual).astype(np.float64)
        for name in (CHAMPION, predictions.shipped)
    )
    gains = changes_of_rates(shipped - champion, once.counted, once.actual, len(classes))
    rows = np.bincount(once.actual, minlength=len(classes))
    order = np.argsort(-rows, kind="stable")
    names = [class_text(label) for label in classes]
    found = _changes(once, names, once.actual, champion, shipped, gains)
    return AgainstChampion(
        measure="recall", changes=tuple(found[index] for index in order if rows[index])
    )


def _of_values(predictions: ContenderPredictions, once: OneRepeat) -> AgainstChampion:
    champion, shipped = (
        np.abs(once.actual - predictions.contenders[name].values[once.places, 0].astype(np.float64))
        for name in (CHAMPION, predictions.shipped)
    )
    scale = Scale.of(once.actual)
    rounded = scale.rounded(equal_cuts(once.actual, TENTHS, FEWEST_ROWS))
    cuts = kept_cuts(once.actual, rounded, FEWEST_ROWS)
    part = bin_of(once.actual, cuts)
    gains = means(champion - shipped, once.counted, part, len(cuts) + 1)
    return AgainstChampion(
        measure="mean absolute error",
        changes=tuple(_changes(once, scale.names(cuts), part, champion, shipped, gains)),
    )


def _changes(
    once: OneRepeat,
    names: list[str],
    part: Ints,
    champion: np.ndarray[tuple[int], np.dtype[np.float64]],
    shipped: np.ndarray[tuple[int], np.dtype[np.float64]],
    gains: list[IntervalEstimate],
) -> list[Change]:
    weights = once.counted.by_weight
    total = sums(part, weights, len(names))
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = (
            sums(part, weights * each, len(names)) / total for each in (champion, shipped)
        )
    rows = np.bincount(part, minlength=len(names))
    return [
        Change(
            label=name,
            rows=rows[index],
            champion=before[index],
            shipped=after[index],
            gain=gains[index],
        )
        for index, name in enumerate(names)
    ]
