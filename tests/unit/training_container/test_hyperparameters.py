from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from sklearn_trainer.errors import HyperparameterError
from sklearn_trainer.model.hyperparameters import parse_parameters


@pytest.mark.parametrize(
    ("estimator", "name", "text", "expected"),
    [
        (RandomForestClassifier, "n_estimators", "100.0", 100),
        (RandomForestClassifier, "n_estimators", "1e2", 100),
        (RandomForestClassifier, "max_depth", "None", None),
        (RandomForestClassifier, "bootstrap", "True", True),
        (RandomForestClassifier, "bootstrap", "false", False),
        (RandomForestClassifier, "max_features", "sqrt", "sqrt"),
        (RandomForestClassifier, "max_features", "3", 3),
        (RandomForestClassifier, "max_features", "0.3", 0.3),
        (RandomForestClassifier, "class_weight", "{0: 1, 1: 5}", {0: 1, 1: 5}),
        (LogisticRegression, "C", "1e-3", 0.001),
        (LogisticRegression, "C", "1", 1),
        (SVC, "gamma", "0.1", 0.1),
        (HistGradientBoostingClassifier, "early_stopping", "True", True),
        (MLPClassifier, "hidden_layer_sizes", "100,50", (100, 50)),
        (MLPClassifier, "hidden_layer_sizes", "100,", (100,)),
        (MLPClassifier, "hidden_layer_sizes", "100", 100),
    ],
)
def test_strings_become_what_the_parameter_needs(
    estimator: type, name: str, text: str, expected: Any
) -> None:
    value = parse_parameters(estimator, {name: text})[name]
    assert value == expected
    assert type(value) is type(expected)


def test_a_continuous_range_never_gives_a_whole_number() -> None:
    given_one = {"max_features": "1"}
    assert type(parse_parameters(RandomForestClassifier, given_one)["max_features"]) is int
    kinds = {"max_features": "continuous"}
    value = parse_parameters(RandomForestClassifier, given_one, kinds)["max_features"]
    assert type(value) is float


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("n_estimators", "0", "an int in the range [1, inf)"),
        ("n_estimators", "True", "an int in the range [1, inf)"),
        ("n_estimators", "many", "Found 'many'"),
        ("n_estimators", "10.5", "Found '10.5'"),
        ("criterion", "ginny", "'gini'"),
        ("bootstrap", "perhaps", "bool"),
        ("n_estimatorss", "10", "expected one of n_estimators"),
        ("self", "10", "no hyperparameter of this name"),
    ],
)
def test_what_is_not_allowed_is_rejected_in_words(name: str, text: str, words: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        parse_parameters(RandomForestClassifier, {name: text})
    assert words in str(caught.value)


@given(st.text(max_size=50))
def test_any_text_is_either_a_value_or_rejected(text: str) -> None:
    for name in ("max_features", "class_weight", "max_depth", "random_state"):
        with contextlib.suppress(HyperparameterError):
            assert list(parse_parameters(RandomForestClassifier, {name: text})) == [name]


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_numbers_survive_to_the_bit(number: float) -> None:
    assert parse_parameters(LogisticRegression, {"C": repr(number)})["C"] == number
