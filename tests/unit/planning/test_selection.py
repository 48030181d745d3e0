"""The estimators of a run fit its task, its target's classes and its features."""

import pytest

from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.selection import check_monotonic, choose_estimators
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop.reading.columns import ColumnProfile, profile_numbers, profile_values, profile_words
from tunedrop_common.plan import EstimatorPlan, Metric

WORDS = profile_words("kind", ["pear", "plum", "apple"] * 10, 0)
CODES = profile_words("zip", ["007", "010"] * 10, 0)
NUMBERS = profile_numbers("grade", [1.0, 2.0, 3.0] * 10, 0)
FLAGS = profile_values("paid", "boolean", [True, False] * 10, 0)


def choose(
    details: str,
    target: ColumnProfile = WORDS,
    *,
    complete: bool = True,
    objective: str = "accuracy",
) -> list[EstimatorPlan]:
    config = read_tuning_config(f"estimators: {{{details}}}".encode())
    metric = Metric(objective=objective)
    plans, _ = choose_estimators(config, "classification", target, metric, 0, complete=complete)
    for plan in plans:
        check_monotonic(plan, config, [profile_numbers("age", [1.5, 2.5], 0), WORDS])
    return plans


@pytest.mark.parametrize(
    ("given", "target", "text"),
    [
        ("{pear: 1, plum: 2.5}", WORDS, "{'pear': 1, 'plum': 2.5}"),
        ("{1: 1, 2: 5}", NUMBERS, "{1: 1, 2: 5}"),
        ("{true: 3}", FLAGS, "{True: 3}"),
        ("{007: 3}", CODES, "{'007': 3}"),
        ("balanced", WORDS, "balanced"),
    ],
)
def test_weights_of_classes_keep_their_names(given: str, target: ColumnProfile, text: str) -> None:
    (plan,) = choose(f"linear: {{fixed: {{class_weight: {given}}}}}", target)
    assert plan.fixed["class_weight"] == text


def test_a_sign_for_a_column_of_numbers_is_taken() -> None:
    (plan,) = choose("hist_gradient_boosting: {fixed: {monotonic_cst: {age: 1}}}")
    assert plan.fixed["monotonic_cst"] == "{'age': 1}"


def test_where_not_every_row_was_seen_any_name_may_be_a_class() -> None:
    (plan,) = choose("linear: {fixed: {class_weight: {cherry: 1}}}", complete=False)
    assert plan.fixed["class_weight"] == "{'cherry': 1}"


@pytest.mark.parametrize(
    ("objective", "details", "tuned"),
    [
        ("balanced_accuracy", "linear: {}", {"C", "class_weight"}),
        ("roc_auc_ovr", "linear: {}", {"C", "class_weight"}),
        ("neg_log_loss", "linear: {}", {"C"}),
        ("d2_brier_score", "linear: {}", {"C"}),
        ("neg_log_loss", "linear: {ranges: {class_weight: [null, balanced]}}", {"class_weight"}),
        ("neg_log_loss", "linear: {fixed: {C: 1}}", {"class_weight"}),  # else none is left
    ],
)
def test_class_weights_are_not_tuned_where_probabilities_are_judged(
    objective: str, details: str, tuned: set[str]
) -> None:
    (plan,) = choose(details, objective=objective)
    assert set(plan.ranges) == tuned


WEIGHT = "linear: {fixed: {class_weight: %s}}"
SIGN = "hist_gradient_boosting: {fixed: {monotonic_cst: %s}}"


@pytest.mark.parametrize(
    ("details", "message"),
    [
        (WEIGHT % "{cherry: 1}", "Found 'cherry'; expected 'apple', 'pear', 'plum'"),
        ("linear: {ranges: {class_weight: [null, {pear: 2, Plum: 1}]}}", "Found 'Plum'"),
        (WEIGHT % "[{pear: 1}]", "a mapping, or one of 'balanced'"),
        (SIGN % "{agee: 1}", "Found 'agee'; expected some of 'age'. Write 'age' instead"),
        (SIGN % "{kind: 1}", "no feature of numbers"),
        (SIGN % "{price: 1}", "no feature of numbers"),
        (SIGN % "[1, 0]", "a mapping, or null"),
        ("svm: {}, SVC: {}", "SVC and svm are the same estimator"),
        ("BaggingClassifier: {fixed: {estimator: SVR}}", "SVR is for regression"),
        ("OneVsRestClassifier: {}", "wraps another estimator, which has to be named"),
        ("SVC: {fixed: {estimator__C: 1}}", "SVC has no such hyperparameter"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(details: str, message: str) -> None:
    with pytest.raises(TuningConfigError, match=message) as refused:
        choose(details)
    assert "tuning.yaml, line 1, key estimators." in refused.value.where
