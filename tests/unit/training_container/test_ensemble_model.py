"""The ensemble is scikit-learn's voting, with members that are fitted as they would be alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import get_scorer

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_ensemble, build_pipeline
from sklearn_trainer.schema import Schema
from tests.support.plans import feature
from tunedrop_common.plan import ChampionMember, EstimatorPlan

ROWS = 120
SCHEMA = Schema(
    features=(feature("x", "numeric"), feature("z", "numeric"), feature("size", "categorical", 3))
)
DRAW = np.random.default_rng(3)
X = pd.DataFrame({"x": DRAW.normal(size=ROWS), "z": DRAW.normal(size=ROWS)})
X["size"] = pd.Series([("small", "middle", "large")[i % 3] for i in range(ROWS)], dtype="str")
SIGNAL = X["x"].to_numpy() + 0.5 * DRAW.normal(size=ROWS)
NAMED = np.where(SIGNAL > 0.5, "yes", np.where(SIGNAL > -0.5, "maybe", "no"))
WEIGHTS = DRAW.integers(1, 20, size=ROWS).astype(float)

CLASS_WEIGHT = str({"yes": 5, "no": 1, "maybe": 0.5})
CLASSIFIERS = [
    ("linear_model.LogisticRegression", {"C": "0.1", "class_weight": CLASS_WEIGHT}),
    (
        "ensemble.HistGradientBoostingClassifier",
        {"max_iter": "5", "class_weight": CLASS_WEIGHT, "min_samples_leaf": "5"},
    ),
    (
        "calibration.CalibratedClassifierCV",
        {"estimator": "sklearn.tree.DecisionTreeClassifier", "estimator__max_depth": "3"},
    ),
]
REGRESSORS: list[Any] = [
    ("linear_model.Ridge", {"alpha": "3"}),
    ("svm.SVR", {"C": "2"}),
    ("ensemble.HistGradientBoostingRegressor", {"max_iter": "5"}),
]


def portion(y: Any, weights: Any = None) -> Portion:
    return Portion(X, y, RowColumns(weights))


def members(specs: list[Any]) -> list[ChampionMember]:
    return [
        ChampionMember(
            estimator=EstimatorPlan(key=path, class_path=f"sklearn.{path}", fixed={}, ranges={}),
            hyperparameters=hyperparameters,
        )
        for path, hyperparameters in specs
    ]


def ensemble_of(specs: list[Any], task: str = "classification") -> Any:
    return build_ensemble(SCHEMA, members(specs), task=task, seed=3)


def alone(spec: Any, y: Any, weights: Any, task: str = "classification") -> Any:
    (member,) = members([spec])
    pipeline = build_pipeline(SCHEMA, member.estimator, member.hyperparameters, task=task, seed=3)
    return fit(pipeline, portion(y, weights), JobWarnings())


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["all alike", "rows with weights"])
@pytest.mark.parametrize(
    "y", [NAMED, NAMED == "yes", SIGNAL.round().astype(np.int64)], ids=["words", "flags", "numbers"]
)
def test_probabilities_are_the_mean_of_the_members_alone(y: Any, weights: Any) -> None:
    specs = CLASSIFIERS if y.dtype.kind == "U" else [(path, {}) for path, _ in CLASSIFIERS[:2]]
    fitted = fit(ensemble_of(specs), portion(y, weights), JobWarnings())
    expected = np.mean([alone(spec, y, weights).predict_proba(X) for spec in specs], axis=0)
    np.testing.assert_allclose(fitted.predict_proba(X), expected, atol=1e-12)
    assert fitted.classes_.tolist() == np.unique(y).tolist()
    labels = np.unique(y)[fitted.predict_proba(X).argmax(axis=1)]
    assert fitted.predict(X).tolist() == labels.tolist()
    assert fitted.predict(X).dtype == y.dtype
    get_scorer("neg_log_loss")(fitted, X, y)


def test_a_class_that_a_fold_does_not_have_changes_no_other_classs_weight() -> None:
    rows = np.flatnonzero(NAMED != "maybe")
    fitted = fit(ensemble_of(CLASSIFIERS), portion(NAMED).take(rows), JobWarnings())
    assert fitted.classes_.tolist() == ["no", "yes"]
    assert fitted[-1].estimators_[0][-1].class_weight == {0: 1, 1: 5}


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["all alike", "rows with weights"])
def test_a_regression_is_the_mean(weights: Any) -> None:
    fitted = fit(ensemble_of(REGRESSORS, "regression"), portion(SIGNAL, weights), JobWarnings())
    expected = np.mean(
        [alone(spec, SIGNAL, weights, "regression").predict(X) for spec in REGRESSORS], axis=0
    )
    np.testing.assert_allclose(fitted.predict(X), expected, atol=1e-12)
