"""What PlanRun knows of scikit-learn is what scikit-learn says of itself."""

import json
import warnings

import pytest

from tools.sklearn_facts import FILE, estimators_for, facts, load_class
from tunedrop.planning.estimators.sklearn_estimators import (
    by_path,
    class_names,
    known,
    known_by_path,
)
from tunedrop_common.plan import Task
from tunedrop_common.preprocessing import PREFIX

TASKS: tuple[Task, Task] = ("classification", "regression")


def test_our_data_is_what_scikit_learn_says() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert json.loads(FILE.read_text()) == facts(), (
            "scikit-learn changed: run python -m tools.sklearn_facts"
        )


def test_every_estimator_of_scikit_learn_is_known() -> None:
    for task in TASKS:
        assert class_names(task) == sorted(estimators_for(task))
    assert len(class_names("classification")) + len(class_names("regression")) > 80


def test_paths_are_those_that_can_be_imported() -> None:
    for task in TASKS:
        for name in class_names(task):
            found = known(name)
            assert found
            assert load_class(found.path).__name__ == name
            assert "._" not in found.path
            assert by_path(found.path) == found
    assert known_by_path("sklearn.svm._classes.SVC") is None
    assert known("Pipeline") is None


def test_no_hyperparameter_of_an_estimator_can_be_taken_for_one_of_the_preprocessing() -> None:
    names = {name for found in map(known, all_names()) if found for name in found.parameters}
    assert len(names) > 140
    assert not [name for name in names if f"{name}__".startswith(PREFIX)]


def all_names() -> list[str]:
    return [name for task in TASKS for name in class_names(task)]


@pytest.mark.parametrize(
    ("name", "values", "gives"),
    [
        ("LogisticRegression", {}, True),
        ("SVC", {}, False),
        ("SVC", {"probability": "True"}, True),
        ("SGDClassifier", {}, False),
        ("SGDClassifier", {"loss": "log_loss"}, True),
        ("NearestCentroid", {}, True),
        ("NearestCentroid", {"metric": "manhattan"}, False),
        ("OneVsRestClassifier", {"estimator": "sklearn.svm.LinearSVC"}, False),
        ("OneVsRestClassifier", {"estimator": "sklearn.naive_bayes.GaussianNB"}, True),
        ("OneVsRestClassifier", {"estimator": "sklearn.svm.SVC"}, False),
        (
            "OneVsRestClassifier",
            {"estimator": "sklearn.svm.SVC", "estimator__probability": "True"},
            True,
        ),
        ("Ridge", {}, False),
    ],
)
def test_whether_there_are_probabilities_depends_on_the_hyperparameters(
    name: str, values: dict[str, str], gives: bool
) -> None:
    found = known(name)
    assert found
    assert found.gives_probabilities(values) is gives
