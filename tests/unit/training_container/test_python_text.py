from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_pipeline
from sklearn_trainer.model.python_text import write_python
from sklearn_trainer.schema import Schema
from tests.support.plans import feature
from tunedrop_common.plan import EstimatorPlan

COLUMNS, CATEGORIES, ROWS = 40, 40, 120
NUMBERS = [f"a column with number {i}" for i in range(COLUMNS)]
SCHEMA = Schema(
    features=(
        *(feature(name, "numeric") for name in NUMBERS),
        feature("it's", "categorical", CATEGORIES),
        feature("size", "categorical", 3),
        feature("picked", "datetime"),
        feature("remark", "text", 100),
    )
)
WEIGHTS = {f"class {i:02}": 1.0 + i for i in range(CATEGORIES)}


def rows() -> pd.DataFrame:
    draw = np.random.default_rng(5)
    frame = pd.DataFrame(draw.normal(size=(ROWS, COLUMNS)), columns=pd.Index(NUMBERS))
    frame.iloc[3, 2] = np.nan
    frame["picked"] = pd.date_range("2026-01-01", periods=ROWS, freq="7h", tz="UTC")
    frame["it's"] = pd.Series([f"'{i % CATEGORIES}'" for i in range(ROWS)], dtype="str")
    frame["size"] = pd.Series([("small", None, "large")[i % 3] for i in range(ROWS)], dtype="str")
    frame["remark"] = pd.Series([f"word{i} word{i * i}" for i in range(ROWS)], dtype="str")
    return frame


def evaluated(text: str) -> Any:
    names: dict[str, Any] = {}
    exec(compile(text, "pasted", "exec"), names)  # noqa: S102 - that is what people do with it
    return names["model"]


@pytest.mark.parametrize(
    ("class_path", "hyperparameters"),
    [
        ("linear_model.LogisticRegression", {"C": "0.5", "class_weight": str(WEIGHTS)}),
        ("ensemble.HistGradientBoostingClassifier", {"max_iter": "3", "class_weight": "balanced"}),
        (
            "ensemble.HistGradientBoostingClassifier",
            {"max_iter": "2", "monotonic_cst": str(dict.fromkeys(NUMBERS, 0))},
        ),
        ("gaussian_process.GaussianProcessClassifier", {"kernel": "Matern"}),
        (
            "ensemble.BaggingClassifier",
            {
                "estimator": "sklearn.tree.DecisionTreeClassifier",
                "n_estimators": "3",
                "preprocess__components": "5",
            },
        ),
    ],
)
def test_evaluates_to_an_equal_pipeline(class_path: str, hyperparameters: dict[str, str]) -> None:
    plan = EstimatorPlan(key="it", class_path=f"sklearn.{class_path}", fixed={}, ranges={})
    pipeline = build_pipeline(SCHEMA, plan, hyperparameters, task="classification", seed=3)
    X = rows()
    classes = CATEGORIES if "class_weight" in hyperparameters else 2
    y = np.array([list(WEIGHTS)[i % classes] for i in range(ROWS)], dtype=object)
    fitted = fit(pipeline, Portion(X, y), JobWarnings())
    again = evaluated(write_python(fitted))
    assert write_python(again) == write_python(fitted)
    assert again.fit(X, y).predict(X).tolist() == fitted.predict(X).tolist()
