"""Synthetic errors of models, as the container counts them on simulated predictions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_trainer.explanation.classification import classification_errors
from sklearn_trainer.explanation.regression import regression_errors
from tests.support.training.contender_predictions import RATIO, predicted, predictions, scored_rows
from tunedrop_common.model_errors import ClassificationErrors

Numbers = NDArray[np.float64]


def measured(value: float | None, spread: float = 0.03) -> dict[str, Any]:
    """Make a number with an interval around it; none without a number."""
    interval = None if value is None else [value - spread, value + spread]
    return {"value": value, "interval": interval}


def rate(hits: float, rows: float) -> dict[str, Any]:
    """Make a share, inside 0 and 1."""
    if not rows:
        return measured(None)
    share, spread = hits / rows, 1 / max(rows, 1) ** 0.5 / 2
    return {"value": share, "interval": [max(0.0, share - spread), min(1.0, share + spread)]}


def classification(
    labels: Sequence[Any], *, rows: int = 400, skill: float = 2.5, seed: int = 3
) -> dict[str, Any]:
    """Make a classifier's errors; later classes are rarer, `skill` 0 guesses."""
    return _classification(tuple(labels), rows, skill, seed).model_dump(mode="json")


@lru_cache(typed=True)
def _classification(
    labels: tuple[Any, ...], rows: int, skill: float, seed: int
) -> ClassificationErrors:
    draw = np.random.default_rng(seed)
    frequency = 1 / np.arange(1, len(labels) + 1) ** 0.5
    actual = np.sort(draw.choice(len(labels), rows, p=frequency / frequency.sum()))
    logits = draw.normal(size=(rows, len(labels)))
    logits[np.arange(rows), actual] += skill
    # Bayes' rule makes probabilities of it that are calibrated
    logits *= skill
    chances = frequency * np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    values = predicted(chances[:, 1:] if len(labels) == 2 else chances, "probabilities")
    scored = scored_rows(rows)
    contenders = {"tuned:model": values.take(scored.rows)}
    return classification_errors(
        predictions(actual, contenders, classes=[*labels], scored=scored), RATIO
    )


def regression(*, rows: int = 400, unit: float = 1.0, seed: int = 4) -> dict[str, Any]:
    """Make a regressor's errors: larger for larger values, which it predicts too low."""
    draw = np.random.default_rng(seed)
    values = draw.gamma(4, 6 * unit, size=rows)
    residuals = draw.normal(size=rows) * values / 8
    residuals += np.where(values > np.quantile(values, 0.9), values / 4, 0)
    return regression_of(values, residuals)


def regression_of(values: Numbers, residuals: Numbers) -> dict[str, Any]:
    """Make the errors of these predictions and their residuals (actual minus predicted)."""
    scored = scored_rows(len(values))
    contenders = {"tuned:model": predicted(values[:, None], "values").take(scored.rows)}
    errors = regression_errors(predictions(values + residuals, contenders, scored=scored))
    return errors.model_dump(mode="json")
