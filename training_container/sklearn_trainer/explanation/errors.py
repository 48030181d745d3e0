"""Errors as the predictions alone show them: how many, the worst rows, the champion's beside them.

The selected model and the champion are compared on the same rows, each counted once, for each
class or tenth of the target.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from sklearn_trainer.data.target import class_text
from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.verdict import CHAMPION
from sklearn_trainer.explanation.bins import Bins, bin_numbers
from sklearn_trainer.explanation.classification import classification_errors
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.intervals import mean_interval, paired_rate_interval
from sklearn_trainer.explanation.regression import regression_errors
from tunedrop_common.estimates import Label
from tunedrop_common.model_errors import AgainstChampion, Change, WorstRow

TENTHS = 10
MOST_WORST_ROWS = 10


def explain_errors(explained: ExplainedModel, predictions: ContenderPredictions) -> dict[str, Any]:
    """Return the fields of the explanation that depend on the predictions alone."""
    show = explained.plan.report.show_worst_rows
    return {
        "errors": regression_errors(predictions)
        if predictions.classes is None
        else classification_errors(predictions, explained.fresh.sizes.ratio),
        "against_champion": compare_to_champion(predictions),
        "worst_rows": worst_rows(predictions, explained.dataset.train.X, show=show),
    }


def compare_to_champion(predictions: ContenderPredictions) -> AgainstChampion | None:
    """Compare the selected model to the champion; None without one, or if it is selected."""
    if predictions.selected == CHAMPION or CHAMPION not in predictions.contenders:
        return None
    once = predictions.with_weight().first_repeat()
    if once.classes is None:
        bins = bin_numbers(once.actual, TENTHS)
        order = list(range(len(bins.names)))
    else:
        bins = Bins(once.actual, tuple(class_text(label) for label in once.classes))
        rows = np.bincount(once.actual, minlength=len(bins.names))
        order = [index for index in np.argsort(-rows, kind="stable").tolist() if rows[index]]
    return AgainstChampion(
        measure="mean absolute error" if once.classes is None else "recall",
        changes=tuple(_compare_bin(once, bins, index) for index in order),
    )


def _compare_bin(once: ContenderPredictions, bins: Bins, index: int) -> Change:
    inside = once.take(bins.numbers == index)
    champion, selected = (inside.of(name).errors for name in (CHAMPION, once.selected))
    is_rate = once.classes is not None
    interval = paired_rate_interval if is_rate else mean_interval

    def average(errors: Floats) -> float:
        return float(np.average(1 - errors if is_rate else errors, weights=inside.weights))

    return Change(
        label=bins.names[index],
        rows=len(inside.actual),
        champion=average(champion),
        selected=average(selected),
        gain=interval(champion - selected, inside.row_columns),
    )


def worst_rows(
    predictions: ContenderPredictions, X: pd.DataFrame, *, show: bool
) -> tuple[WorstRow, ...]:
    """Return the rows of one repeat with the greatest errors, the worst first.

    Parameters
    ----------
    X
        The features of the training rows.
    show
        Whether values, the truth and the prediction are shown, too.
    """
    once = predictions.first_repeat()
    errors = once.errors * _weigh_errors(once)
    order = np.argsort(-errors, kind="stable")[:MOST_WORST_ROWS]
    return tuple(
        WorstRow(
            number=X.index[once.rows[entry]] + 1,
            error=errors[entry],
            **_row_values(once, X, entry) if show else {},
        )
        for entry in order.tolist()
        if errors[entry] > 0
    )


def _weigh_errors(once: ContenderPredictions) -> Floats:
    """Return the probability of all other classes; 1 where there are no probabilities."""
    predicted, actual = once.predicted, once.actual
    if predicted.kind != "probabilities":
        return np.ones(len(actual))
    probabilities = predicted.probabilities(len(once.classes or []))
    return np.asarray(1.0 - probabilities[np.arange(len(actual)), actual])


def _row_values(once: ContenderPredictions, X: pd.DataFrame, entry: int) -> dict[str, Any]:
    predicted, classes = once.predicted, once.classes
    row = X.iloc[once.rows[entry]]
    values = {str(name): _label(value) for name, value in row.items()}
    actual = once.actual[entry].item()
    if classes is None:
        return {"actual": actual, "predicted": predicted.values[entry, 0].item(), "values": values}
    predicted_label = classes[predicted.predicted_class[entry]]
    return {"actual": classes[actual], "predicted": predicted_label, "values": values}


def _label(value: Any) -> Label:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, str):
        return value
    return int(value) if math.isfinite(value) and value == math.floor(value) else float(value)
