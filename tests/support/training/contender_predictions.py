"""Synthetic predictions of contenders, whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.evaluation.predictions import Kind, Predicted
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from tunedrop_common.estimates import IntervalEstimate

FOLDS = 5
RATIO = 1 / (FOLDS - 1)


class ScoredRows(NamedTuple):
    """The row, the fold and the repeat of each entry."""

    rows: np.ndarray[Any, Any]
    folds: np.ndarray[Any, Any]
    repeats: np.ndarray[Any, Any]


def ends(estimated: IntervalEstimate) -> tuple[float, float]:
    """Return both ends of an interval, which must be there."""
    low, high = estimated.ends
    assert low is not None
    assert high is not None
    return low, high


def scored_rows(rows: int, repeats: int = 4) -> ScoredRows:
    """Return shuffled folds of all rows, as often as there are repeats."""
    draw = np.random.default_rng(0)
    folds = [draw.permutation(rows) % FOLDS + repeat * FOLDS for repeat in range(repeats)]
    return ScoredRows(
        np.tile(np.arange(rows), repeats),
        np.concatenate(folds),
        np.repeat(np.arange(repeats), rows),
    )


def predicted(
    values: np.ndarray[Any, Any], kind: Kind, labels: np.ndarray[Any, Any] | None = None
) -> Predicted:
    """Return what a contender predicted, for each entry."""
    values = values.astype(np.float32)
    if kind not in ("values", "labels") and labels is None:
        labels = values[:, 0] > 0.5 if values.shape[1] == 1 else values.argmax(axis=1)
        labels = labels.astype(np.int32)
    return Predicted(kind, labels, values)


def predictions(
    y: np.ndarray[Any, Any],
    contenders: Mapping[str, Predicted],
    *,
    classes: list[Any] | None = None,
    scored: ScoredRows | None = None,
    weights: np.ndarray[Any, Any] | None = None,
    groups: np.ndarray[Any, Any] | None = None,
    selected: str = "tuned:model",
) -> ContenderPredictions:
    """Return predictions; `y`, weights and groups are those of the training rows."""
    scored = scored or scored_rows(len(y))
    return ContenderPredictions(
        **scored._asdict(),
        actual=y[scored.rows],
        classes=classes,
        row_columns=RowColumns(weights, groups).take(scored.rows),
        contenders=contenders,
        selected=selected,
        of_rows=len(y),
    )
