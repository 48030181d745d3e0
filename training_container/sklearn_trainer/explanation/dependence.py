"""What the fitted model predicts on average when a column has the same value in every row.

Partial dependence, for the most important columns: of a sample of the rows, the column is set to
one value after the other. Values are quantiles of numbers and moments, and names of categories that
enough rows have; free text and ids have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from sklearn_trainer.data.values import Floats
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.explanation.time_budget import TimeBudget
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.schema import VERY_MANY_CATEGORIES, WORD_KINDS
from tunedrop_common.estimates import Label
from tunedrop_common.explanation import FEWEST_ROWS_OF_A_NAME, Dependence, Learned
from tunedrop_common.plan import Column

COLUMNS = 4
MOST_ROWS, MOST_VALUES = 500, 20

# The first and the last quantile: beyond them, a few rows decide.
OUTERMOST = 0.05


def dependence(
    model: Pipeline, explained: ExplainedModel, learned: Learned, steps: ExplanationSteps
) -> tuple[Dependence, ...]:
    """Return it for the first columns that are surely important and have values to show."""
    if explained.plan.task == "classification" and not hasattr(model, "predict_proba"):
        steps.skip("partial dependence", "The model predicts no probabilities.")
        return ()
    names = [each.columns[0] for each in learned.importance if each.surely]
    found = steps.run_here(
        "partial dependence", lambda: _dependence(model, explained, names, steps.budget)
    )
    return found or ()


def _dependence(
    model: Pipeline, explained: ExplainedModel, names: Sequence[str], budget: TimeBudget
) -> tuple[Dependence, ...]:
    dataset = explained.dataset
    kinds = {each.name: each for each in dataset.schema.features}
    rows = np.arange(len(dataset.y))
    if len(rows) > MOST_ROWS:
        generator = np.random.default_rng(explained.plan.confirm.seed)
        rows = np.sort(generator.choice(rows, MOST_ROWS, replace=False))
    X, weights = dataset.X.iloc[rows], None if dataset.weights is None else dataset.weights[rows]
    found: list[Dependence] = []
    for name in names:
        if len(found) == COLUMNS or budget.left <= 0:
            break
        values = values_of(dataset.X[name], kinds[name], names=explained.plan.report.categories)
        if len(values) > 1:
            answers = _answers(model, X, name, values, weights)
            found.append(_record(model, kinds[name], values, answers))
    return tuple(found)


def values_of(column: pd.Series[Any], feature: Column, *, names: bool) -> Sequence[Any]:
    """Return the values to which a column is set, in the order in which they are shown."""
    known = column.dropna()
    if feature.kind in WORD_KINDS:
        shown = names and feature.kind == "categorical" and feature.distinct <= VERY_MANY_CATEGORIES
        return _enough(known).index[:MOST_VALUES].tolist() if shown else []
    if known.nunique() <= MOST_VALUES:
        return _enough(known).sort_index().index.tolist()
    count = min(MOST_VALUES, len(known) // FEWEST_ROWS_OF_A_NAME)
    shares = np.linspace(OUTERMOST, 1 - OUTERMOST, count)
    if feature.kind == "datetime":
        moments = pd.DatetimeIndex(known.quantile(shares))
        return list((moments if feature.has_time_of_day else moments.floor("D")).unique())
    numbers = known.to_numpy()
    quantiles = np.quantile(numbers, shares)
    whole = bool((numbers == np.rint(numbers)).all())
    return list(np.unique(np.rint(quantiles) if whole else quantiles).tolist())


def _enough(known: pd.Series[Any]) -> pd.Series[int]:
    counts = known.value_counts()
    return counts[counts >= FEWEST_ROWS_OF_A_NAME]


def _answers(
    model: Pipeline, X: pd.DataFrame, name: str, values: Sequence[Any], weights: Floats | None
) -> npt.NDArray[Any]:
    """Return the mean prediction for each value, of each class in a classification."""
    ask = model.predict_proba if hasattr(model, "predict_proba") else model.predict
    found = []
    for value in values:
        same = X.assign(**{name: pd.Series(value, index=X.index, dtype=X[name].dtype)})
        found.append(np.average(ask(same), axis=0, weights=weights))
    return np.array(found)


def _record(
    model: Pipeline, feature: Column, values: Sequence[Any], answers: npt.NDArray[Any]
) -> Dependence:
    label: Label = None
    if answers.ndim > 1:
        classes = np.asarray(model.classes_).tolist()
        place = 1 if len(classes) == 2 else int(np.argmax(np.ptp(answers, axis=0)))
        label, answers = classes[place], answers[:, place]
    shown, kind = values, _kind(feature)
    if kind == "moment":
        shown = [
            each.isoformat() if feature.has_time_of_day else each.date().isoformat()
            for each in values
        ]
    return Dependence(
        column=feature.name,
        kind=kind,
        of_class=label,
        at=tuple(shown),
        predictions=tuple(answers.tolist()),
    )


def _kind(feature: Column) -> Literal["number", "category", "moment"]:
    if feature.kind in WORD_KINDS:
        return "category"
    return "moment" if feature.kind == "datetime" else "number"
