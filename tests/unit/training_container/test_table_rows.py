"""The tuning learns from an array of plain numbers what Confirm learns from a data frame."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_trainer.data.dataset import load
from sklearn_trainer.data.table_rows import take, without_empty_columns
from sklearn_trainer.judging.evaluate import score_folds
from sklearn_trainer.judging.folds import make_folds
from sklearn_trainer.judging.scoring import make_scorers
from sklearn_trainer.model.pipeline import build_pipeline
from sklearn_trainer.notes import Notes
from tests.support.training.every_estimator import ALL, METRICS, TARGETS, planned
from tests.support.training.fruit import as_csv
from tests.support.training.jobs import Job, column, estimator, plan
from tunedrop_common.plan import Task

USUAL: list[tuple[str, Task]] = [
    ("GaussianNB", "classification"),
    ("HistGradientBoostingClassifier", "classification"),
    ("LogisticRegression", "classification"),
    ("RandomForestClassifier", "classification"),
    ("CategoricalNB", "classification"),
    ("KNeighborsRegressor", "regression"),
    ("MLPRegressor", "regression"),
    ("SVR", "regression"),
]
PREPROCESSING = [
    {"preprocess__scaling": "quantile"},
    {"preprocess__components": "2"},
    {"preprocess__imputation": "mean", "preprocess__scaling": "robust"},
]


def rows() -> str:
    """Return a table of numbers and flags, some missing, in one column most of them."""
    draw = random.Random(5)  # noqa: S311 - a table that is the same every time
    return as_csv(
        [
            {
                "size": "" if index % 9 == 4 else draw.gauss(2.0 * (index % 2), 1.0) * 1e3,
                "weight": draw.gauss(index % 2, 1.0),
                "rare": draw.gauss(0, 1) if index in (3, 4) else "",
                "sold": draw.choice(["true", "false", ""]),
                "kind": ("pear", "plum")[index % 2],
                "price": 3.0 + index % 2 + draw.gauss(0, 0.3),
            }
            for index in range(90)
        ]
    )


def scores(
    base: Path, name: str, task: Task, preprocessing: dict[str, str], *, named: bool
) -> tuple[list[float], list[str]]:
    """Return the scores of all folds, and what there is to say about the fits."""
    it = planned(name, task)
    target = TARGETS[task].name
    columns = [
        *(column(number) for number in ("size", "weight", "rare")),
        column("sold", "boolean"),
        column(target, "categorical" if task == "classification" else "numeric", "target"),
    ]
    content = plan(columns, task=task, estimators=[estimator(it.key, it.class_path)])
    job = Job(base / f"named {named}", content, files={"train/train.csv": rows()}).write()
    read, notes = job.read_plan(), Notes()
    dataset = load(read, job.folders, notes, named=named)
    assert isinstance(dataset.train.X, pd.DataFrame if named else np.ndarray)
    given = {**it.fixed, **preprocessing}
    pipeline = build_pipeline(dataset.schema, read.estimator(it.key), given, task=task, seed=1)
    folds = make_folds(dataset.train.splits(read), read.cross_validation, notes)
    scorers = make_scorers((METRICS[task],), dataset.y)
    found = score_folds(pipeline, dataset.train.X, dataset.y, folds, scorers, notes)
    return [fold.values[METRICS[task]] for fold in found], notes.sentences


@pytest.mark.parametrize(("name", "task"), USUAL)
def test_names_make_no_difference_to_a_score(name: str, task: Task, tmp_path: Path) -> None:
    found = scores(tmp_path, name, task, {}, named=False)
    assert found == scores(tmp_path, name, task, {}, named=True)
    assert all(math.isfinite(score) for score in found[0])


@pytest.mark.parametrize("chosen", PREPROCESSING)
def test_names_make_no_difference_to_the_preprocessing(
    chosen: dict[str, str], tmp_path: Path
) -> None:
    found = scores(tmp_path, "Ridge", "regression", chosen, named=False)
    assert found == scores(tmp_path, "Ridge", "regression", chosen, named=True)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "task"), ALL)
def test_names_make_no_difference_to_any_estimator(name: str, task: Task, tmp_path: Path) -> None:
    found = scores(tmp_path, name, task, {}, named=False)
    assert found == scores(tmp_path, name, task, {}, named=True)


X = np.asfortranarray(np.arange(12.0).reshape(4, 3))


@pytest.mark.parametrize("some", [np.array([3, 1]), np.array([True, False, False, True])])
def test_rows_of_an_array_lie_in_memory_as_those_of_a_data_frame(some: np.ndarray) -> None:
    found = take(X, some)
    expected = take(pd.DataFrame(X, copy=False), some)
    assert isinstance(found, np.ndarray)
    assert isinstance(expected, pd.DataFrame)
    assert np.array_equal(found, expected.to_numpy())
    assert found.strides == expected.to_numpy().strides


def test_a_column_of_nothing_has_one_value_in_these_rows_only() -> None:
    holes = np.where(X < 3, np.nan, X)  # the first row
    assert without_empty_columns(holes) is holes
    filled = without_empty_columns(take(holes, np.array([0])))
    assert isinstance(filled, np.ndarray)
    assert filled.tolist() == [[0.0, 0.0, 0.0]]
    assert np.isnan(holes[0]).all()
