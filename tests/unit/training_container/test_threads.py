from __future__ import annotations

from typing import Any

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
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_info

from sklearn_trainer.process import threads


@pytest.fixture(autouse=True)
def four_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("joblib.cpu_count", lambda: 4)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def test_small_data_gets_one_thread_and_large_data_all_vcpus() -> None:
    assert threads.useful(1_000) == 1
    assert threads.useful(threads.VALUES_PER_THREAD * 2) == 2
    assert threads.useful(10**9) == 4


@pytest.mark.parametrize(("asked", "given"), [("2", 2), ("64", 4), ("0", 4), ("many", 4)])
def test_omp_num_threads_is_an_upper_limit(
    asked: str, given: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert threads.available() == given


def test_a_forest_grows_on_all_vcpus_and_predicts_on_one() -> None:
    forest = RandomForestClassifier()
    with threads.all_cpus(Pipeline([("estimator", forest)]), 10**9):
        assert forest.n_jobs == 4
    assert forest.n_jobs is None


def test_an_n_jobs_that_was_set_is_respected() -> None:
    forest = RandomForestClassifier(n_jobs=3)
    with threads.all_cpus(Pipeline([("estimator", forest)]), 10**9):
        assert forest.n_jobs == 3


def test_estimators_without_threads_of_their_own_are_left_alone() -> None:
    with threads.all_cpus(Pipeline([("estimator", DecisionTreeClassifier())]), 10**9):
        pass


@pytest.mark.parametrize(
    ("inner", "expected"), [(DecisionTreeRegressor(), 4), (HistGradientBoostingRegressor(), None)]
)
def test_an_ensemble_fits_its_models_side_by_side_unless_each_takes_all_vcpus(
    inner: Any, expected: int | None
) -> None:
    ensemble = BaggingRegressor(inner)
    with threads.all_cpus(Pipeline([("estimator", ensemble)]), 10**9):
        assert ensemble.n_jobs == expected
        if expected:
            blas = [each for each in threadpool_info() if each["user_api"] == "blas"]
            assert {each["num_threads"] for each in blas} == {1}
    assert ensemble.n_jobs is None


def test_more_threads_change_no_bit_of_a_score_and_none_is_left_in_the_model() -> None:
    rows = np.random.default_rng(0).normal(size=(300, 4))
    y = rows @ [1.0, 2.0, 3.0, 4.0] + rows[:, 0] ** 2
    predicted = []
    for values in (1, 10**9):
        ensemble = BaggingRegressor(SVR(), n_estimators=8, random_state=1)
        pipeline = Pipeline([("estimator", TransformedTargetRegressor(regressor=ensemble))])
        with threads.all_cpus(pipeline, values):
            pipeline.fit(rows, y)
        assert pipeline[-1].regressor_.n_jobs is None
        predicted.append(pipeline.predict(rows).tobytes())
    assert predicted[0] == predicted[1]
