"""The estimators of a run fit its task, its target's classes and its features."""

import pytest

from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.selection import choose_estimators
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop_common.plan import EstimatorPlan, Metric


def choose(details: str, objective: str = "accuracy") -> list[EstimatorPlan]:
    config = read_tuning_config(f"estimators: {{{details}}}".encode())
    return choose_estimators(config, "classification", Metric(objective=objective), 0)[0]


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ("{pear: 1, plum: 2.5}", "{'pear': 1, 'plum': 2.5}"),
        ("{1: 1, 2: 5}", "{'1': 1, '2': 5}"),
        ("{007: 3}", "{'007': 3}"),
        ("balanced", "balanced"),
    ],
)
def test_weights_of_classes_keep_their_names(weights: str, text: str) -> None:
    (plan,) = choose(f"linear: {{fixed: {{class_weight: {weights}}}}}")
    assert plan.fixed["class_weight"] == text


@pytest.mark.parametrize(
    ("objective", "details", "tuned"),
    [
        ("balanced_accuracy", "linear: {}", {"C", "class_weight"}),
        ("neg_log_loss", "linear: {}", {"C"}),
        ("neg_log_loss", "linear: {ranges: {class_weight: [null, balanced]}}", {"class_weight"}),
        ("neg_log_loss", "linear: {fixed: {C: 1}}", {"class_weight"}),  # else none is left
    ],
)
def test_class_weights_are_not_tuned_where_probabilities_are_judged(
    objective: str, details: str, tuned: set[str]
) -> None:
    (plan,) = choose(details, objective)
    assert set(plan.ranges) == tuned


WEIGHT = "linear: {fixed: {class_weight: %s}}"
MANY_CLASSES = ", ".join(f"class{number:03}: 1" for number in range(30))
SIGN = "hist_gradient_boosting: {fixed: {monotonic_cst: %s}}"


@pytest.mark.parametrize(
    ("details", "message"),
    [
        (WEIGHT % "[{pear: 1}]", "an instance of 'dict'"),
        (SIGN % "up", "an instance of 'dict'"),
        ("SVC: {}, sklearn.svm.SVC: {}", "SVC and SVC are the same estimator"),
        ("BaggingClassifier: {fixed: {estimator__C: 1}}", "no hyperparameter of this name"),
        ("BaggingClassifier: {fixed: {estimator: SVR}}", "SVR is for regression"),
        ("OneVsRestClassifier: {}", "wraps another estimator, which must be named"),
        ("SVC: {fixed: {estimator__C: 1}}", "SVC has no hyperparameter of this name"),
        (
            f"linear: {{ranges: {{class_weight: [null, {{{MANY_CLASSES}}}]}}}}",
            "A value of class_weight is too long.*at most 256",
        ),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(details: str, message: str) -> None:
    with pytest.raises(TuningConfigError, match=message) as refused:
        choose(details)
    assert "tuning.yaml, line 1, key estimators." in refused.value.where
