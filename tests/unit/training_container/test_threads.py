from __future__ import annotations

from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.pipeline import Pipeline
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_info

from sklearn_trainer.process import resources


@pytest.fixture(autouse=True)
def four_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("joblib.cpu_count", lambda: 4)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


@pytest.mark.parametrize(
    ("variable", "values", "expected"),
    [
        ("", 1_000, 1),
        ("", resources.VALUES_PER_THREAD * 2, 2),
        ("", 10**9, 4),
        ("2", None, 2),
        ("64", None, 4),
        ("0", None, 4),
        ("many", None, 4),
    ],
)
def test_threads_are_limited_by_the_data_the_vcpus_and_omp_num_threads(
    variable: str, values: int | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    assert resources.count_threads(values) == expected


@pytest.mark.parametrize(
    ("model", "values", "jobs", "blas"),
    [
        (RandomForestClassifier(), 10**9, 4, 1),
        (BaggingRegressor(SVR()), 10**9, 4, 1),
        (RandomForestClassifier(), 1_000, 1, None),
        (DecisionTreeClassifier(), 10**9, 1, None),
        (HistGradientBoostingRegressor(), 10**9, 1, None),
    ],
)
def test_an_ensemble_fits_its_models_on_all_vcpus_where_the_data_is_large(
    model: Any, values: int, jobs: int, blas: int | None
) -> None:
    before = blas_threads()
    with resources.all_cpus(Pipeline([("estimator", model)]), values):
        assert joblib.effective_n_jobs(None) == jobs
        assert blas_threads() == ({blas} if blas else before)
    assert joblib.effective_n_jobs(None) == 1


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_more_threads_change_no_bit_of_a_score_and_none_is_left_in_the_model() -> None:
    rows = np.random.default_rng(0).normal(size=(300, 4))
    y = rows @ [1.0, 2.0, 3.0, 4.0] + rows[:, 0] ** 2
    predicted = []
    for values in (1, 10**9):
        ensemble = BaggingRegressor(SVR(), n_estimators=8, random_state=1)
        pipeline = Pipeline([("estimator", TransformedTargetRegressor(regressor=ensemble))])
        with resources.all_cpus(pipeline, values):
            pipeline.fit(rows, y)
        assert pipeline[-1].regressor_.n_jobs is None
        predicted.append(pipeline.predict(rows).tobytes())
    assert predicted[0] == predicted[1]
