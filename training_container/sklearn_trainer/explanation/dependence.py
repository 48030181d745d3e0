"""What the fitted model predicts on average when a column has the same value in every row.

scikit-learn's `partial_dependence`, for the most important columns and a sample of the rows. Values
are quantiles of numbers and datetimes, and names of categories that enough rows have; free text and
ids have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.inspection import partial_dependence

from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.schema import FEWEST_ROWS_OF_A_NAME, VERY_MANY_CATEGORIES, WORD_KINDS
from tunedrop_common.explanation import Dependence, Learned
from tunedrop_common.plan import Column

COLUMNS = 4
MOST_ROWS, MOST_VALUES = 500, 20

# The first and the last quantile: beyond them, a few rows decide.
OUTERMOST = 0.05


def find_dependence(
    model: Pipeline, explained: ExplainedModel, learned: Learned, steps: ExplanationSteps
) -> tuple[Dependence, ...]:
    """Compute it for the first significantly important columns that have values to show."""
    if explained.plan.task == "classification" and not hasattr(model, "predict_proba"):
        steps.skip("partial dependence", "The model predicts no probabilities.")
        return ()
    dataset, plan = explained.dataset, explained.plan
    features = {feature.name: feature for feature in dataset.schema.features}
    rows = pd.Series(np.arange(len(dataset.train.y)))
    rows = rows.sample(min(MOST_ROWS, len(rows)), random_state=plan.confirm.seed)
    sample = dataset.train.take(rows.to_numpy())
    names = [item.columns[0] for item in learned.importance if item.is_significant]

    dependences: list[Dependence] = []
    for name in names:
        if len(dependences) == COLUMNS or steps.left <= 0:
            break
        values = choose_values(
            dataset.train.X[name], features[name], names=plan.report.show_categories
        )
        if len(values) > 1:
            averages = partial_dependence(
                model,
                sample.X,
                [name],
                custom_values={name: np.array(values, dtype=object)},
                sample_weight=sample.weights,
                method="brute",
                kind="average",
            )["average"]
            dependences.append(_record(model, features[name], values, averages))
    return tuple(dependences)


def choose_values(column: pd.Series[Any], feature: Column, *, names: bool) -> Sequence[Any]:
    """Return the values to which a column is set, in the order in which they are shown."""
    present = column.dropna()
    counts = present.value_counts()
    frequent = counts[counts >= FEWEST_ROWS_OF_A_NAME].index
    if feature.kind in WORD_KINDS:
        shown = names and feature.kind == "categorical" and feature.distinct <= VERY_MANY_CATEGORIES
        return frequent[:MOST_VALUES].tolist() if shown else []
    if len(counts) <= MOST_VALUES:
        return frequent.sort_values().tolist()
    shares = np.linspace(
        OUTERMOST, 1 - OUTERMOST, min(MOST_VALUES, len(present) // FEWEST_ROWS_OF_A_NAME)
    )
    quantiles = pd.Index(present.quantile(shares, interpolation="nearest"))
    if isinstance(quantiles, pd.DatetimeIndex) and not feature.has_time_of_day:
        quantiles = quantiles.floor("D")
    return list(quantiles.unique())


def _record(model: Pipeline, feature: Column, values: Sequence[Any], averages: Any) -> Dependence:
    """Return the mean predictions, of several classes those of the one that varies most."""
    position = int(np.argmax(np.ptp(averages, axis=1)))
    label = None
    if hasattr(model, "classes_"):
        classes = np.asarray(model.classes_).tolist()
        label = classes[-1 if len(classes) == 2 else position]
    kind: Literal["numeric", "categorical", "datetime"]
    kind = "categorical" if feature.kind in WORD_KINDS else "numeric"
    if feature.kind == "datetime":
        kind = "datetime"
        is_day = not feature.has_time_of_day
        values = [time.date().isoformat() if is_day else time.isoformat() for time in values]
    return Dependence(
        column=feature.name,
        kind=kind,
        of_class=label,
        grid_values=tuple(values),
        predictions=tuple(averages[position].tolist()),
    )
