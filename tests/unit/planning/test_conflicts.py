"""What scikit-learn refuses in fit only is refused, or said, before it costs a training job."""

import json

import pytest

from tools.sklearn_conflicts import FILE, NUMBER, conflicts, fits
from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.selection import choose_estimators
from tunedrop.planning.estimators.sklearn_estimators import known
from tunedrop.planning.target import Task
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop.reading.columns import profile_numbers, profile_words
from tunedrop_common.plan import Metric

TWO = profile_words("t", ["a", "b"] * 10, 0)
THREE = profile_words("t", ["a", "b", "c"] * 10, 0)
NUMBERS = profile_numbers("t", [0.5, 2.0, 3.5], 0)


def choose(details: str, *, task: Task = "classification", three: bool = False) -> str:
    target = NUMBERS if task == "regression" else THREE if three else TWO
    metric = Metric(objective="r2" if task == "regression" else "accuracy")
    config = read_tuning_config(f"estimators: {{{details}}}".encode())
    return choose_estimators(config, task, target, metric, 0)[1]


@pytest.mark.slow
def test_our_data_is_what_scikit_learn_does() -> None:
    assert json.loads(FILE.read_text()) == conflicts(), (
        "scikit-learn changed: run python -m tools.sklearn_conflicts"
    )


def test_what_our_data_calls_a_conflict_is_one() -> None:
    for name, each in json.loads(FILE.read_text()).items():
        estimator = known(name)
        assert estimator
        table = "regression" if estimator.task == "regression" else "two"
        for first, a, second, b in each.get("together", ()):
            if "metric" not in (first, second):
                assert not fits(estimator, {first: a, second: b}, table), (name, first, second)
        for parameter, value in each.get("two_classes", ()):
            assert fits(estimator, {parameter: value}, "two")
            assert not fits(estimator, {parameter: value}, "three")
        assert all(value != NUMBER for _, value in each.get("never", ()))


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ("LinearSVC: {fixed: {penalty: l1, loss: hinge}}", "loss 'hinge' and penalty 'l1'"),
        ("LinearSVC: {fixed: {penalty: l1}, ranges: {loss: [hinge, squared_hinge]}}", "hinge"),
        ("RidgeClassifier: {fixed: {solver: lbfgs}}", r"positive 'False' \(the default\)"),
        ("RandomForestClassifier: {fixed: {bootstrap: false, max_samples: 0.5}}", "a number"),
        ("LinearDiscriminantAnalysis: {fixed: {solver: svd}}", "shrinkage a number"),
        ("KNeighborsClassifier: {fixed: {metric: precomputed}}", "cannot be fitted to a table"),
        ("svm: {ranges: {kernel: [rbf, precomputed]}}", "cannot be fitted to a table"),
        (
            "bagging: {fixed: {estimator: LogisticRegression, estimator__penalty: l1}}",
            r"LogisticRegression cannot be fitted with penalty 'l1' and solver 'lbfgs' \(the def",
        ),
        (
            "OneVsRestClassifier: {fixed: {estimator: SVC}, ranges: "
            "{estimator__kernel: [rbf, precomputed]}}",
            "SVC cannot be fitted to a table with kernel 'precomputed'",
        ),
        ("nearest_neighbors: {fixed: {n_neighbors: null}}", "with n_neighbors 'None'"),
        ("DummyClassifier: {ranges: {strategy: [prior, constant]}}", "constant 'None' "),
        (
            "TunedThresholdClassifierCV: {fixed: {estimator: SVC, scoring: r2}, "
            "ranges: {thresholds: [10, 20]}}",
            "takes no words for classes with scoring 'r2'",
        ),
        (
            "TunedThresholdClassifierCV: {fixed: {estimator: SVC, scoring: f1}, "
            "ranges: {thresholds: [10, 20]}}",
            "takes no words for classes with scoring 'f1'",
        ),
    ],
)
def test_values_that_never_work_are_refused_at_their_place(details: str, message: str) -> None:
    with pytest.raises(TuningConfigError, match=message) as refused:
        choose(details)
    assert "tuning.yaml, line 1, key estimators." in refused.value.where


def test_what_takes_more_than_two_classes_only_is_refused_for_two() -> None:
    details = "LogisticRegressionCV: {fixed: {scoring: f1_macro}, ranges: {Cs: [5, 10]}}"
    assert choose(details, three=True) == ""
    with pytest.raises(TuningConfigError, match="three classes or more only"):
        choose(details)


def test_what_takes_two_classes_only_is_refused_for_three() -> None:
    details = "LogisticRegression: {fixed: {solver: liblinear}}"
    assert choose(details) == ""
    with pytest.raises(TuningConfigError, match="two classes only"):
        choose(details, three=True)


def test_lists_of_which_some_combinations_fail_are_taken_and_that_is_said() -> None:
    lists = "{loss: [hinge, squared_hinge], penalty: [l1, l2]}"
    assert "Some training jobs of LinearSVC will fail" in choose(f"LinearSVC: {{ranges: {lists}}}")


def test_what_is_right_together_is_taken() -> None:
    assert choose("LogisticRegression: {fixed: {solver: saga, l1_ratio: 0.5}}") == ""
    assert choose("Ridge: {fixed: {solver: lbfgs, positive: true}}", task="regression") == ""
    assert choose("QuadraticDiscriminantAnalysis: {}") == ""
