"""What a model predicts on average when a column has the same value in every row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.explanation.dependence import find_dependence
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.job_warnings import JobWarnings
from tests.support.training.explained_models import (
    amount_of,
    explained_model_of,
    noise,
    steps_within,
)
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import Dependence, Importance, Learned

ROWS = 200
X = noise(ROWS, 5)
AMOUNT = amount_of(X)
DRAW = np.random.default_rng(1)
SIZE = pd.Series(np.where(X["x0"] > 0, "large", "small"), dtype="str")


@pytest.fixture(scope="module")
def explained() -> ExplainedModel:
    return explained_model_of(X, AMOUNT)


def sure(*names: str) -> Learned:
    drop = IntervalEstimate(value=0.1, interval=(0.05, 0.15))
    return Learned(
        folds=20,
        permutations=5,
        importance=tuple(Importance(columns=(name,), drop=drop) for name in names),
    )


def dependences(
    explained: ExplainedModel, *names: str, steps: ExplanationSteps | None = None
) -> tuple[Dependence, ...]:
    data = explained.dataset
    pipeline = explained.contender.pipeline(explained.plan, data.schema)
    model = fit(pipeline, data.train, JobWarnings())
    return find_dependence(model, explained, sure(*names), steps or steps_within())


def test_the_dependence_on_a_linear_effect_is_a_line(explained: ExplainedModel) -> None:
    up, down = dependences(explained, "x0", "x1")
    assert (up.column, up.kind, up.of_class, down.column) == ("x0", "numeric", None, "x1")
    assert len(up.grid_values) == len(up.predictions) == ROWS // 20
    slopes = np.diff(up.predictions) / np.diff(np.array(up.grid_values, dtype=np.float64))
    assert slopes == pytest.approx(slopes[0])
    assert slopes[0] == pytest.approx(2, abs=0.2)
    mean = np.average(up.predictions)
    assert mean == pytest.approx(AMOUNT.mean(), abs=0.5)


def test_weights_are_those_of_the_sampled_rows_wherever_they_are_in_the_files() -> None:
    half = np.flatnonzero(np.arange(ROWS) % 2)
    weights = RowColumns(weights=np.where(X["x1"].iloc[half] > 0, 1.0, 1e-9))
    (weighted,) = dependences(
        explained_model_of(X.iloc[half], AMOUNT[half], row_columns=weights), "x0"
    )
    (plain,) = dependences(explained_model_of(X.iloc[half], AMOUNT[half]), "x0")
    assert np.mean(weighted.predictions) > np.mean(plain.predictions) + 0.4


def mixed() -> pd.DataFrame:
    names = [f"name {i}" for i in range(ROWS)]
    return pd.DataFrame(
        {
            "x0": X["x0"],
            "size": SIZE.where(np.arange(ROWS) > 3, "rare"),
            "when": pd.to_datetime("2026-01-01", utc=True) + pd.to_timedelta(np.arange(ROWS), "D"),
            "id": pd.Series(names, dtype="str"),
            "count": DRAW.integers(0, 4, ROWS).astype(np.float64),
        }
    )


def test_values_are_quantiles_dates_and_names_that_enough_rows_have() -> None:
    explained = explained_model_of(mixed(), AMOUNT, "boosting", kinds={"id": "text"})
    by_column = {
        dependence.column: dependence
        for dependence in dependences(explained, "id", "size", "when", "count", "x0")
    }
    assert set(by_column) == {"size", "when", "count", "x0"}
    assert set(by_column["size"].grid_values) == {"large", "small"}
    assert by_column["size"].kind == "categorical"
    assert by_column["when"].grid_values[0] == "2026-01-11"
    assert by_column["when"].kind == "datetime"
    assert by_column["count"].grid_values == (0.0, 1.0, 2.0, 3.0)


def test_no_category_is_named_where_the_deployment_shows_none() -> None:
    explained = explained_model_of(
        mixed(), AMOUNT, kinds={"id": "text"}, report={"show_categories": False}
    )
    assert [dependence.column for dependence in dependences(explained, "size", "x0")] == ["x0"]


def test_four_columns_are_shown_and_only_those_that_surely_matter(
    explained: ExplainedModel,
) -> None:
    assert [dependence.column for dependence in dependences(explained, *X.columns)] == [
        "x0",
        "x1",
        "x2",
        "x3",
    ]
    assert dependences(explained) == ()


def test_probabilities_are_those_of_the_second_of_two_classes_else_of_one_that_varies() -> None:
    two = explained_model_of(X, np.where(AMOUNT > 0, "yes", "no"))
    (dependence,) = dependences(two, "x0")
    assert dependence.of_class == "yes"
    assert list(dependence.predictions) == sorted(dependence.predictions)
    three = explained_model_of(X, np.array(["a", "b", "c"])[np.digitize(AMOUNT, [-2, 2])])
    (dependence,) = dependences(three, "x0")
    assert dependence.of_class in ("a", "c")


def test_a_model_without_probabilities_shows_no_dependence_and_says_so() -> None:
    steps = steps_within()
    y: npt.NDArray[Any] = np.where(AMOUNT > 0, "yes", "no")
    assert dependences(explained_model_of(X, y, "machine"), "x0", steps=steps) == ()
    assert [skipped.step for skipped in steps.skipped] == ["partial dependence"]
