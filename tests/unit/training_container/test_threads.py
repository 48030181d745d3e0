from __future__ import annotations

import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from sklearn_trainer import threads


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
