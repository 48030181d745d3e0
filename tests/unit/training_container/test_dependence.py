"""What a model predicts on average when a column has the same value in every row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.explanation.dependence import dependence
from sklearn_trainer.explanation.parts import Parts
from sklearn_trainer.explanation.subject import Subject
from sklearn_trainer.notes import Notes
from tests.support.training.subjects import amount_of, noise, parts, subject_of
from tunedrop_common.explanation import Dependence, Importance, Learned
from tunedrop_common.measured import Measured

ROWS = 200
X = noise(ROWS, 5)
AMOUNT = amount_of(X)
DRAW = np.random.default_rng(1)
SIZE = pd.Series(np.where(X["x0"] > 0, "large", "small"), dtype="str")


@pytest.fixture(scope="module")
def subject() -> Subject:
    return subject_of(X, AMOUNT)


def sure(*names: str) -> Learned:
    drop = Measured(value=0.1)
    return Learned(
        folds=20,
        permutations=5,
        importance=tuple(Importance(columns=(name,), drop=drop, surely=True) for name in names),
    )


def dependences(
    subject: Subject, *names: str, there: Parts | None = None
) -> tuple[Dependence, ...]:
    data = subject.dataset
    pipeline = subject.contender.pipeline(subject.plan, data.schema)
    model = fit(pipeline, data.X, data.y, Notes(), data.weights)
    return dependence(model, subject, sure(*names), there or parts())


def test_the_dependence_on_a_linear_effect_is_a_line(subject: Subject) -> None:
    up, down = dependences(subject, "x0", "x1")
    assert (up.column, up.kind, up.of_class, down.column) == ("x0", "number", None, "x1")
    assert len(up.at) == len(up.predictions) == ROWS // 20
    slopes = np.diff(up.predictions) / np.diff(np.array(up.at, dtype=np.float64))
    assert slopes == pytest.approx(slopes[0])
    assert slopes[0] == pytest.approx(2, abs=0.2)
    mean = np.average(up.predictions)
    assert mean == pytest.approx(AMOUNT.mean(), abs=0.5)


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
    subject = subject_of(mixed(), AMOUNT, "boosting", kinds={"id": "text"})
    found = {
        each.column: each for each in dependences(subject, "id", "size", "when", "count", "x0")
    }
    assert set(found) == {"size", "when", "count", "x0"}
    assert set(found["size"].at) == {"large", "small"}
    assert found["size"].kind == "category"
    assert found["when"].at[0] == "2026-01-10"
    assert found["when"].kind == "moment"
    assert found["count"].at == (0.0, 1.0, 2.0, 3.0)


def test_no_category_is_named_where_the_deployment_shows_none() -> None:
    subject = subject_of(mixed(), AMOUNT, kinds={"id": "text"}, report={"categories": False})
    assert [each.column for each in dependences(subject, "size", "x0")] == ["x0"]


def test_four_columns_are_shown_and_only_those_that_surely_matter(subject: Subject) -> None:
    assert [each.column for each in dependences(subject, *X.columns)] == ["x0", "x1", "x2", "x3"]
    assert dependences(subject) == ()


def test_probabilities_are_those_of_the_second_of_two_classes_else_of_one_that_varies() -> None:
    two = subject_of(X, np.where(AMOUNT > 0, "yes", "no"))
    (found,) = dependences(two, "x0")
    assert found.of_class == "yes"
    assert list(found.predictions) == sorted(found.predictions)
    three = subject_of(X, np.array(["a", "b", "c"])[np.digitize(AMOUNT, [-2, 2])])
    (found,) = dependences(three, "x0")
    assert found.of_class in ("a", "c")


def test_a_model_without_probabilities_shows_no_dependence_and_says_so() -> None:
    there = parts()
    y: npt.NDArray[Any] = np.where(AMOUNT > 0, "yes", "no")
    assert dependences(subject_of(X, y, "machine"), "x0", there=there) == ()
    assert [each.part for each in there.left_out] == ["partial dependence"]


def test_without_time_dependence_is_left_out_and_named(subject: Subject) -> None:
    there = parts(0)
    assert dependences(subject, "x0", there=there) == ()
    assert [each.part for each in there.left_out] == ["partial dependence"]
