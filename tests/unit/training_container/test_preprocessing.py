"""What an estimator gets: no column is lost on the way, and none is made of the target's values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sklearn_trainer.features import Feature, Schema
from sklearn_trainer.pipeline import build_pipeline
from sklearn_trainer.plan import EstimatorPlan

CITIES = [f"city {i % 40}" for i in range(400)]
TABLE = pd.DataFrame({"city": pd.Series(CITIES, dtype="str")})


@pytest.mark.parametrize(
    ("task", "class_path", "columns"),
    [
        ("regression", "sklearn.linear_model.Ridge", 1),
        ("classification", "sklearn.linear_model.LogisticRegression", 3),
    ],
)
def test_many_categories_become_a_column_for_the_target_or_for_each_class(
    task: str, class_path: str, columns: int
) -> None:
    estimator = EstimatorPlan(key="it", class_path=class_path, fixed={}, ranges={})
    schema = Schema((Feature("city", "category", distinct=40),))
    pipeline = build_pipeline(schema, estimator, {}, task=task, seed=1)
    y = np.arange(400) % 40 * 100 if task == "regression" else np.arange(400) % 3
    pipeline.fit(TABLE, y.astype(np.float64))
    assert pipeline[:-1].transform(TABLE).shape == (400, columns)


@pytest.mark.parametrize("bins", ["5", "20", "255"])
def test_categories_that_do_not_fit_into_the_bins_are_not_lost(bins: str) -> None:
    path = "sklearn.ensemble.HistGradientBoostingRegressor"
    estimator = EstimatorPlan(key="it", class_path=path, fixed={}, ranges={})
    schema = Schema(tuple(Feature(n, "category", d) for n, d in (("few", 10), ("many", 40))))
    table = pd.DataFrame({"few": [f"f{i % 10}" for i in range(400)], "many": CITIES}, dtype="str")
    pipeline = build_pipeline(schema, estimator, {"max_bins": bins}, task="regression", seed=1)
    pipeline.fit(table, np.arange(400.0))
    assert pipeline[:-1].transform(table).shape == (400, 2)
