import pytest
from sklearn.metrics import get_scorer, get_scorer_names

from tunedrop.errors import TuningConfigError
from tunedrop.plan import Metric
from tunedrop.planning.metrics import (
    METRICS,
    NEEDS_PROBABILITIES,
    choose_metric,
)
from tunedrop.reading.columns import ColumnProfile, profile_numbers, profile_words
from tunedrop.reading.target import Task

WHERE = ("tuning.yaml, line 1", "tuning.yaml, line 2")
BINARY = profile_numbers("t", [0.0, 1.0] * 10, 0)
WORDS = profile_words("t", ["a", "b"] * 10, 0)
THREE = profile_numbers("t", [0.0, 1.0, 2.0] * 10, 0)
NUMBERS = profile_numbers("t", [-1.5, 2.5, 3.5], 0)


def test_defaults_are_said_to_be_defaults() -> None:
    metric, why = choose_metric("classification", WORDS, None, None, WHERE)
    assert metric.objective == "balanced_accuracy"
    assert "default" in why
    assert choose_metric("regression", NUMBERS, None, None, WHERE)[0].objective == "r2"


def test_what_is_told_is_taken_once() -> None:
    metric, why = choose_metric(
        "classification", BINARY, "f1", ("f1", "accuracy", "accuracy"), WHERE
    )
    assert metric == Metric(objective="f1", additional=("accuracy",))
    assert why == ""


def test_every_metric_is_a_scorer_of_scikit_learn() -> None:
    assert set(METRICS["classification"]) | set(METRICS["regression"]) <= set(get_scorer_names())


def test_the_metrics_that_need_probabilities_are_those_that_scikit_learn_says() -> None:
    needing = {
        name
        for names in METRICS.values()
        for name in names
        if get_scorer(name)._response_method == "predict_proba"
    }
    assert needing == NEEDS_PROBABILITIES


@pytest.mark.parametrize(
    ("task", "target", "name", "message"),
    [
        ("classification", WORDS, "acuracy", "Write 'accuracy' instead"),
        ("classification", WORDS, "AUC", "Write 'roc_auc' instead"),
        ("regression", NUMBERS, "rmse", "Write 'neg_root_mean_squared_error' instead"),
        ("regression", NUMBERS, "accuracy", "is for classification"),
        ("classification", WORDS, "r2", "is for regression"),
        ("classification", WORDS, "f1", "f1_macro"),
        ("classification", THREE, "roc_auc", "roc_auc_ovr"),
        ("classification", THREE, "precision", "precision_macro"),
        ("regression", NUMBERS, "neg_mean_squared_log_error", "negative"),
        ("regression", NUMBERS, "neg_mean_gamma_deviance", "above 0"),
        ("regression", NUMBERS, "<script>", "no such metric"),
    ],
)
def test_a_metric_that_cannot_be_is_refused_with_a_better_one(
    task: Task, target: ColumnProfile, name: str, message: str
) -> None:
    with pytest.raises(TuningConfigError, match=message):
        choose_metric(task, target, name, None, WHERE)
    with pytest.raises(TuningConfigError, match="line 2"):
        choose_metric(task, target, None, (name,), WHERE)
