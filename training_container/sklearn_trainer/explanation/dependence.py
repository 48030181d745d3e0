"""What the fitted model predicts on average when a column has the same value in every row.

scikit-learn's `partial_dependence`, for the most important columns and a sample of the rows. Values
are quantiles of numbers and moments, and names of categories that enough rows have; free text and
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
from sklearn_trainer.explanation.time_budget import TimeBudget
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.schema import VERY_MANY_CATEGORIES, WORD_KINDS
from tunedrop_common.explanation import FEWEST_ROWS_OF_A_NAME, Dependence, Learned
from tunedrop_common.plan import Column

COLUMNS = 4
MOST_ROWS, MOST_VALUES = 500, 20

# The first and the last quantile: beyond them, a few rows decide.
OUTERMOST = 0.05


def find_dependence(
    model: Pipeline, explained: ExplainedModel, learned: Learned, steps: ExplanationSteps
) -> tuple[Dependence, ...]:
    """Return it for the first columns that are significantly important and have values to show."""
    if explained.plan.task == "classification" and not hasattr(model, "predict_proba"):
        steps.skip("partial dependence", "The model predicts no probabilities.")
        return ()
    names = [each.columns[0] for each in learned.importance if each.is_significant]
    found = steps.run_here(
        "partial dependence", lambda: _dependence(model, explained, names, steps.budget)
    )
    return found or ()


def _dependence(
    model: Pipeline, explained: ExplainedModel, names: Sequence[str], budget: TimeBudget
) -> tuple[Dependence, ...]:
    dataset = explained.dataset
    features = {each.name: each for each in dataset.schema.features}
    seed = explained.plan.confirm.seed
    X = dataset.X.sample(min(MOST_ROWS, len(dataset.X)), random_state=seed)
    weights = None if dataset.weights is None else dataset.weights[X.index]
    found: list[Dependence] = []
    for name in names:
        if len(found) == COLUMNS or budget.left <= 0:
            break
        feature = features[name]
        values = values_of(dataset.X[name], feature, names=explained.plan.report.show_categories)
        if len(values) > 1:
            averages = partial_dependence(
                model,
                X,
                [name],
                custom_values={name: np.array(values, dtype=object)},
                sample_weight=weights,
                method="brute",
                kind="average",
            )["average"]
            found.append(_record(model, feature, values, averages))
    return tuple(found)


def values_of(column: pd.Series[Any], feature: Column, *, names: bool) -> Sequence[Any]:
    """Return the values to which a column is set, in the order in which they are shown."""
    known = column.dropna()
    counts = known.value_counts()
    enough = counts[counts >= FEWEST_ROWS_OF_A_NAME].index
    if feature.kind in WORD_KINDS:
        shown = names and feature.kind == "categorical" and feature.distinct <= VERY_MANY_CATEGORIES
        return enough[:MOST_VALUES].tolist() if shown else []
    if len(counts) <= MOST_VALUES:
        return enough.sort_values().tolist()
    shares = np.linspace(
        OUTERMOST, 1 - OUTERMOST, min(MOST_VALUES, len(known) // FEWEST_ROWS_OF_A_NAME)
    )
    quantiles = pd.Index(known.quantile(shares, interpolation="nearest"))
    if isinstance(quantiles, pd.DatetimeIndex) and not feature.has_time_of_day:
        quantiles = quantiles.floor("D")
    return list(quantiles.unique())


def _record(model: Pipeline, feature: Column, values: Sequence[Any], averages: Any) -> Dependence:
    """Return the mean predictions, of several classes those of the one that varies most."""
    place = int(np.argmax(np.ptp(averages, axis=1)))
    label = None
    if hasattr(model, "classes_"):
        classes = np.asarray(model.classes_).tolist()
        label = classes[-1 if len(classes) == 2 else place]
    kind: Literal["numeric", "categorical", "datetime"] = "numeric"
    if feature.kind in WORD_KINDS:
        kind = "categorical"
    elif feature.kind == "datetime":
        kind = "datetime"
        is_day = not feature.has_time_of_day
        values = [each.date().isoformat() if is_day else each.isoformat() for each in values]
    return Dependence(
        column=feature.name,
        kind=kind,
        of_class=label,
        grid_values=tuple(values),
        predictions=tuple(averages[place].tolist()),
    )
