"""Synthetic ways of models to err, counted on simulated predictions: classifiers and regressors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import auc, confusion_matrix, precision_recall_curve, roc_curve

from tunedrop_common.model_errors import MOST_CLASSES_SHOWN

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
BASIS = {"repeats": 4, "weighted": False, "groups": None}


def measured(value: float | None, spread: float = 0.03) -> dict[str, Any]:
    """Make a number with an interval around it; none without a number."""
    if value is None:
        return {"value": None, "interval": None}
    return {"value": value, "interval": [value - spread, value + spread]}


def rate(hits: float, of: float) -> dict[str, Any]:
    """Make a share, inside 0 and 1."""
    if not of:
        return measured(None)
    share, spread = hits / of, 1 / max(of, 1) ** 0.5 / 2
    return {"value": share, "interval": [max(0.0, share - spread), min(1.0, share + spread)]}


def classification(
    labels: Sequence[Any], *, rows: int = 400, skill: float = 2.5, seed: int = 3
) -> dict[str, Any]:
    """Make a classifier's errors; later classes are rarer, `skill` 0 guesses."""
    chance = np.random.default_rng(seed)
    many = len(labels)
    frequency = 1 / np.arange(1, many + 1) ** 0.5
    actual = np.sort(chance.choice(many, rows, p=frequency / frequency.sum()))
    logits = chance.normal(size=(rows, many))
    logits[np.arange(rows), actual] += skill
    # what Bayes makes of such a look at a row: percentages that come true
    logits *= skill
    chances = frequency * np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    called = chances.argmax(axis=1)
    two = many == 2
    curves = range(1, 2) if two else range(many)
    return {
        "kind": "classification",
        "basis": {"rows": rows, "of_rows": rows, **BASIS},
        "classes": [_class(label, i, actual, called) for i, label in enumerate(labels)],
        "confusion": _confusion(labels, actual, called),
        "positive": labels[1] if two else None,
        "roc": [_roc(labels[i], actual == i, chances[:, i]) for i in curves],
        "precision_recall": [_found(labels[i], actual == i, chances[:, i]) for i in curves],
        "calibration": _calibration(
            labels[1] if two else None,
            chances[:, 1] if two else chances.max(axis=1),
            actual == (1 if two else called),
        ),
        "thresholds": _thresholds(actual == 1, chances[:, 1]) if two else [],
    }


def _class(label: Any, place: int, actual: Places, called: Places) -> dict[str, Any]:
    hits = int(((actual == place) & (called == place)).sum())
    rows, predicted = int((actual == place).sum()), int((called == place).sum())
    return {
        "label": label, "rows": rows, "predicted": predicted,
        "precision": rate(hits, predicted), "recall": rate(hits, rows),
    }  # fmt: skip


def _confusion(labels: Sequence[Any], actual: Places, called: Places) -> dict[str, Any]:
    folded = max(0, len(labels) - MOST_CLASSES_SHOWN)
    last = MOST_CLASSES_SHOWN if folded else len(labels) - 1
    shown = [*labels[:MOST_CLASSES_SHOWN], *(["other"] if folded else [])]
    counts = confusion_matrix(
        np.minimum(actual, last), np.minimum(called, last), labels=np.arange(len(shown))
    )
    sums = counts.sum(axis=1, keepdims=True)
    shares = np.where(sums, counts / np.maximum(sums, 1), 0.0)
    return {
        "labels": shown, "folded": folded, "counts": counts.tolist(), "shares": shares.tolist(),
    }  # fmt: skip


def _roc(label: Any, hits: NDArray[np.bool_], scores: Numbers) -> dict[str, Any]:
    if not hits.any():
        return {"label": label, "area": measured(None), "x": [0.0, 1.0], "y": [0.0, 1.0]}
    x, y, _ = roc_curve(hits, scores)
    return {"label": label, "area": measured(float(auc(x, y)), 0.02), **_thin(x, y)}


def _found(label: Any, hits: NDArray[np.bool_], scores: Numbers) -> dict[str, Any]:
    precision, recall, _ = precision_recall_curve(hits, scores)
    x, y = recall[::-1], precision[::-1]
    return {"label": label, "area": measured(float(auc(x, y)), 0.02), **_thin(x, y)}


def _thin(x: Numbers, y: Numbers) -> dict[str, Any]:
    kept = np.unique(np.linspace(0, len(x) - 1, 100).astype(int))
    return {"x": x[kept].tolist(), "y": y[kept].tolist()}


def _calibration(label: Any, predicted: Numbers, came: NDArray[np.bool_]) -> dict[str, Any]:
    parts = np.array_split(np.argsort(predicted), 10)
    guess = float(came.mean())
    return {
        "label": label,
        "bins": [
            {
                "predicted": float(predicted[part].mean()),
                "observed": rate(float(came[part].sum()), len(part)),
                "rows": len(part),
            }
            for part in parts
        ],
        "brier": measured(float(((predicted - came) ** 2).mean()), 0.01),
        "brier_of_guessing": guess * (1 - guess),
    }


def _thresholds(hits: NDArray[np.bool_], scores: Numbers) -> list[dict[str, Any]]:
    found = []
    for threshold in np.linspace(0.01, 0.99, 50):
        flagged = scores >= threshold
        right = float((flagged & hits).sum())
        found.append(
            {
                "threshold": float(threshold),
                "precision": right / float(flagged.sum()) if flagged.any() else None,
                "recall": right / float(hits.sum()) if hits.any() else None,
                "flagged": float(flagged.mean()),
            }
        )
    return found


def regression(*, rows: int = 400, unit: float = 1.0, seed: int = 4) -> dict[str, Any]:
    """Make a regressor's errors: larger for larger values, which it predicts too low."""
    chance = np.random.default_rng(seed)
    predicted = chance.gamma(4, 6 * unit, size=rows)
    residual = chance.normal(size=rows) * predicted / 8
    residual += np.where(predicted > np.quantile(predicted, 0.9), predicted / 4, 0)
    return regression_of(predicted, residual)


def regression_of(predicted: Numbers, residual: Numbers) -> dict[str, Any]:
    """Make the errors of these predictions and their residuals (actual minus predicted)."""
    order = np.argsort(predicted)
    same = float(np.ptp(predicted)) == 0
    parts = [order] if same else np.array_split(order, min(20, len(predicted)))
    quantiles = (0.1, 0.25, 0.5, 0.75, 0.9)
    actual = predicted + residual
    rows = len(predicted)
    edges = np.linspace(np.quantile(residual, 0.005), np.quantile(residual, 0.995), 31)
    heights, _ = np.histogram(np.clip(residual, edges[0], edges[-1]), edges)
    return {
        "kind": "regression",
        "basis": {"rows": rows, "of_rows": rows, **BASIS},
        "bins": [
            {
                "predicted": float(predicted[part].mean()),
                "rows": len(part),
                "actual": np.quantile(actual[part], quantiles).tolist(),
                "residual": np.quantile(residual[part], quantiles).tolist(),
            }
            for part in parts
        ],
        "histogram": [
            {"low": float(low), "high": float(high), "rows": int(height)}
            for low, high, height in zip(edges[:-1], edges[1:], heights, strict=True)
        ],
        "bounds": [
            {
                "level": level,
                "low": float(np.quantile(residual, (1 - level) / 2)),
                "high": float(np.quantile(residual, (1 + level) / 2)),
                "coverage": measured(level - 0.004, 0.02),
            }
            for level in (0.5, 0.8, 0.95)
        ],
        "mean_absolute_error": measured(float(np.abs(residual).mean()), 0.1),
        "median_absolute_error": float(np.median(np.abs(residual))),
    }
