"""What an estimator gets: no column is lost on the way, and none is made of the target's values."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.errors import HyperparameterError
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_pipeline
from sklearn_trainer.schema import Schema
from tests.support.plans import feature
from tests.support.training import PYTHONPATH
from tunedrop_common.plan import EstimatorPlan, Kind
from tunedrop_common.trusted_types import trusted_types

BOOSTED = "ensemble.HistGradientBoostingRegressor"
CITIES = [f"city {i % 40}" for i in range(400)]
TABLE = pd.DataFrame({"city": pd.Series(CITIES, dtype="str")})
CATEGORIES = Schema(
    features=(feature("few", "categorical", 10), feature("many", "categorical", 40))
)
FEW_AND_MANY = pd.DataFrame(
    {"few": [f"f{i % 10}" for i in range(400)], "many": CITIES}, dtype="str"
)


def pipeline_of(
    path: str, schema: Schema, hyperparameters: dict[str, str], task: str = "classification"
) -> Any:
    estimator = EstimatorPlan(key="it", class_path=f"sklearn.{path}", fixed={}, ranges={})
    return build_pipeline(schema, estimator, hyperparameters, task=task, seed=1)


@pytest.mark.parametrize(
    ("task", "path", "columns"),
    [
        ("regression", "linear_model.Ridge", 1),
        ("classification", "linear_model.LogisticRegression", 3),
    ],
)
def test_many_categories_become_a_column_for_the_target_or_for_each_class(
    task: str, path: str, columns: int
) -> None:
    schema = Schema(features=(feature("city", "categorical", distinct=40),))
    pipeline = pipeline_of(path, schema, {}, task)
    y = np.arange(400) % 40 * 100 if task == "regression" else np.arange(400) % 3
    pipeline.fit(TABLE, y.astype(np.float64))
    assert pipeline[:-1].transform(TABLE).shape == (400, columns)


@pytest.mark.parametrize("bins", ["5", "20", "255"])
def test_categories_that_do_not_fit_into_the_bins_are_not_lost(bins: str) -> None:
    pipeline = pipeline_of(BOOSTED, CATEGORIES, {"max_bins": bins}, "regression")
    pipeline.fit(FEW_AND_MANY, np.arange(400.0))
    assert pipeline[:-1].transform(FEW_AND_MANY).shape == (400, 2)


@pytest.mark.parametrize(
    ("choices", "native"),
    [
        ({}, [True, True]),
        ({"preprocess__encoding": "native"}, [True, True]),
        ({"preprocess__encoding": "target"}, []),
    ],
)
def test_boosting_splits_on_categories_itself_or_on_the_targets_mean(
    choices: dict[str, str], native: list[bool]
) -> None:
    pipeline = pipeline_of(BOOSTED, CATEGORIES, choices, "regression")
    y = np.arange(400.0) % 40
    pipeline.fit(FEW_AND_MANY, y)
    is_native = pipeline[-1].is_categorical_
    assert ([] if is_native is None else is_native.tolist()) == native
    if not native:
        assert np.corrcoef(pipeline[:-1].transform(FEW_AND_MANY)[:, 1], y)[0, 1] > 0.99


@pytest.mark.parametrize(
    ("path", "more"), [("linear_model.Ridge", {}), (BOOSTED, {"preprocess__components": "2"})]
)
def test_what_cannot_split_on_categories_says_so(path: str, more: dict[str, str]) -> None:
    hyperparameters = {"preprocess__encoding": "native", **more}
    with pytest.raises(HyperparameterError, match="does not split on categories itself"):
        pipeline_of(path, CATEGORIES, hyperparameters, "regression")


ROWS = 120
NAMES = ["x", "x (month)", "=1+1", "<b>&\"'", "größe __ 数", ""]
RNG = np.random.default_rng(0)


def mixed() -> tuple[pd.DataFrame, Schema]:
    """Return a table with every kind of column, names that could clash, and missing values."""
    number, clock, when, category, text, very_many = NAMES
    times = pd.date_range("2020-01-01", periods=ROWS, freq="37h", tz="UTC")
    words = [f"the note number {i} of {i**3}" for i in range(ROWS)]
    frame = pd.DataFrame(
        {
            number: RNG.normal(size=ROWS),
            clock: np.arange(ROWS) * 60.0,
            when: times.astype("datetime64[us, UTC]"),
            category: pd.Series(list("abcd") * (ROWS // 4), dtype="str"),
            text: pd.Series(words, dtype="str"),
            very_many: pd.Series([f"id {i % 60}" for i in range(ROWS)], dtype="str"),
        }
    )
    for step, name in enumerate(frame, start=5):
        frame.loc[::step, name] = pd.NaT if name == when else np.nan
    kinds: tuple[Kind, ...] = (
        "numeric", "duration", "datetime", "categorical", "text", "categorical",
    )  # fmt: skip
    distinct = (0, 0, 0, 4, ROWS, 300)
    return frame, Schema(
        features=tuple(
            feature(name, kind, count)
            for name, kind, count in zip(NAMES, kinds, distinct, strict=True)
        )
    )


X, SCHEMA = mixed()
Y = RNG.integers(0, 3, ROWS)

BOOSTING = "ensemble.HistGradientBoostingClassifier"
CLASSIFIERS = (
    BOOSTING,
    "linear_model.LogisticRegression",
    "ensemble.RandomForestClassifier",
    "naive_bayes.MultinomialNB",
)
CHOICES: tuple[dict[str, str], ...] = (
    {},
    {"components": "5"},
    {"components": "5000", "scaling": "none"},
    {"encoding": "onehot", "imputation": "most_frequent"},
    {"encoding": "ordinal", "scaling": "quantile"},
    {"encoding": "target", "text_components": "3", "imputation": "mean"},
)


def prepared(path: str, schema: Schema = SCHEMA, /, **choices: str) -> Any:
    return pipeline_of(path, schema, {f"preprocess__{name}": choices[name] for name in choices})


@pytest.mark.parametrize(
    ("path", "choice"),
    [*product(CLASSIFIERS[::3], CHOICES), *product(CLASSIFIERS[1:3], CHOICES[:1])],
    ids=str,
)
def test_every_kind_of_column_under_any_name_and_choice_trains_and_predicts(
    path: str, choice: dict[str, str]
) -> None:
    pipeline = prepared(path, **choice).fit(X[:80], Y[:80])
    assert len(pipeline.predict(X[80:])) == ROWS - 80
    if choice.get("components") == "5":
        assert pipeline[:-1].transform(X).shape[1] == 5


@pytest.mark.parametrize("path", CLASSIFIERS)
def test_a_fold_in_which_columns_have_no_values_trains(path: str) -> None:
    empty = X.copy()
    for name in NAMES:
        empty[name] = pd.Series([None] * ROWS).astype(X[name].dtype)
    assert len(fit(prepared(path), Portion(empty, Y), JobWarnings()).predict(X)) == ROWS
    assert len(fit(prepared(path), Portion(X, Y), JobWarnings()).predict(empty[:1])) == 1


@pytest.mark.parametrize("path", CLASSIFIERS)
def test_a_model_with_text_and_times_has_only_types_that_serve_loads(path: str) -> None:
    pipeline = prepared(path).fit(X, Y)
    written = skops.io.dumps(pipeline)
    types = skops.io.get_untrusted_types(data=written)
    assert set(types) <= set(trusted_types())
    assert (skops.io.loads(written, trusted=types).predict(X) == pipeline.predict(X)).all()


def test_what_is_chosen_is_what_the_columns_go_through() -> None:
    def widths(**choices: str) -> int:
        columns = Schema(features=SCHEMA.features[:1] + SCHEMA.features[3:4])
        pipeline = prepared("linear_model.LogisticRegression", columns, **choices).fit(X, Y)
        return int(pipeline[:-1].transform(X).shape[1])

    numbers = 2  # the number and where it was missing
    assert widths(encoding="onehot") == numbers + 5  # four letters and the missing one
    assert widths(encoding="ordinal") == numbers + 1
    assert widths(encoding="target") == numbers + 3  # one for each class
    assert widths(components="2") == 2


def test_only_tables_with_text_or_times_import_skrub() -> None:
    plain = SCHEMA.features[:2] + SCHEMA.features[3:4]
    code = (
        "import sys\n"
        "from sklearn_trainer.schema import Schema\n"
        "from sklearn_trainer.model.pipeline import build_pipeline\n"
        "from tunedrop_common.plan import Column, EstimatorPlan\n"
        "path = 'sklearn.linear_model.Ridge'\n"
        "plan = EstimatorPlan(key='it', class_path=path, fixed={}, ranges={})\n"
        f"for features in ({plain!r}, {SCHEMA.features!r}):\n"
        "    build_pipeline(Schema(features=features), plan, {}, task='regression', seed=1)\n"
        "    print('skrub' in sys.modules)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.split() == ["False", "True"]


def test_codes_of_categories_are_not_negative_for_an_estimator_that_takes_no_such_numbers() -> None:
    schema = Schema(features=(feature("colour", "categorical", 3),))
    table = pd.DataFrame({"colour": [None, "red", "green", "blue"] * 10}, dtype="str")
    pipeline = prepared("naive_bayes.MultinomialNB", schema, encoding="ordinal", scaling="none")
    fitted = fit(pipeline, Portion(table, np.array(["a", "b"] * 20)), JobWarnings())
    assert fitted[:-1].transform(table).min() == 0


@pytest.mark.parametrize("chosen", [{}, {"preprocess__imputation": "mean"}])
@pytest.mark.parametrize("columns", [["x"], None])
def test_a_constraint_by_the_name_of_a_feature_is_kept(
    columns: list[str] | None, chosen: dict[str, str]
) -> None:
    table, schema = mixed()
    if columns:
        table, schema = (
            table[columns],
            schema.without({f.name for f in schema.features} - {"x"}),
        )
    hyperparameters = {"monotonic_cst": "{'x': 1}", "min_samples_leaf": "5", **chosen}
    pipeline = pipeline_of(BOOSTED, schema, hyperparameters, "regression")
    y = np.sin(np.nan_to_num(table["x"].to_numpy()) * 3)  # neither rises nor falls
    model = fit(pipeline, Portion(table, y), JobWarnings())
    rows = pd.concat([table.iloc[[0]]] * 50, ignore_index=True)
    rows["x"] = np.linspace(-2, 2, 50)
    assert (np.diff(model.predict(rows)) >= 0).all()
