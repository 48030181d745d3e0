"""Synthetic predictions of contenders, whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sklearn_trainer.evaluation.predictions import Kind, Predicted
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions, ScoredRows

FOLDS = 5
RATIO = 1 / (FOLDS - 1)


def scored_rows(rows: int, repeats: int = 4, *, seed: int = 0) -> ScoredRows:
    """Return shuffled folds of all rows, as often as there are repeats."""
    draw = np.random.default_rng(seed)
    folds = [draw.permutation(rows) % FOLDS + repeat * FOLDS for repeat in range(repeats)]
    return ScoredRows(
        np.tile(np.arange(rows), repeats),
        np.concatenate(folds),
        np.repeat(np.arange(repeats), rows),
    )


def labels_of(values: np.ndarray[Any, Any], kind: Kind) -> np.ndarray[Any, Any]:
    if values.shape[1] == 1:
        middle = 0.5 if kind == "probabilities" else 0.0
        return (values[:, 0] > middle).astype(np.int32)
    return np.asarray(values.argmax(axis=1), dtype=np.int32)


def predicted(
    values: np.ndarray[Any, Any], kind: Kind, labels: np.ndarray[Any, Any] | None = None
) -> Predicted:
    """Return what a contender predicted, for each entry."""
    values = values.astype(np.float32)
    if kind not in ("values", "labels") and labels is None:
        labels = labels_of(values, kind)
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
        scored=scored,
        actual=y[scored.rows],
        classes=classes,
        weights=None if weights is None else weights[scored.rows],
        groups=None if groups is None else groups[scored.rows],
        contenders=contenders,
        selected=selected,
        of_rows=len(y),
    )
