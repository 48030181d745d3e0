"""What PlanRun accepts, the container reads as a value that scikit-learn accepts, and no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils._param_validation import validate_parameter_constraints

from sklearn_trainer.errors import HyperparameterError
from sklearn_trainer.model.estimators import INSIDE
from sklearn_trainer.model.hyperparameters import KERNELS, parse_parameters
from sklearn_trainer.model.preprocessing import Preprocessing
from tools import sklearn_facts
from tools.sklearn_facts import load_class
from tunedrop.planning.estimators.search_spaces import to_text
from tunedrop.planning.estimators.sklearn_estimators import class_names, known
from tunedrop.planning.estimators.values import PREPROCESSING, options, takes
from tunedrop_common.plan import Task
from tunedrop_common.preprocessing import CHOICES, NUMBERS

TASKS: tuple[Task, Task] = ("classification", "regression")
ODD = (
    *("None", "none", "True", "false", "0", "1", "2", "-1", "3.0", "0.5", "1.5", "-0.1", "1e3"),
    *("1e-3", "inf", "-inf", "nan", "4294967295", "4294967296", "1_000", "auto", "balanced"),
    *("(1, 2)", "[1, 2]", "1,2", "(0.1,)", "()", "{0: 1, 'a': 2}", "{}", "a word", "RBF", "x" * 30),
)


@cache
def parameters() -> tuple[tuple[str, str], ...]:
    """List one parameter for each combination of constraints that there is."""
    found: dict[str, tuple[str, str]] = {}
    for task in TASKS:
        for name in class_names(task):
            estimator = known(name)
            assert estimator
            for parameter, each in estimator.parameters.items():
                if parameter not in INSIDE:
                    # By name as well: what scikit-learn hides is not in our data.
                    found.setdefault(f"{parameter} {json.dumps(each.takes)}", (name, parameter))
    return tuple(found.values())


def planrun_accepts(name: str, parameter: str, text: str) -> bool:
    estimator = known(name)
    assert estimator
    return takes(estimator.parameters[parameter].takes, text)


def container_accepts(name: str, parameter: str, text: str) -> bool:
    """Read the text as the container does; what it reads must satisfy scikit-learn."""
    estimator = known(name)
    assert estimator
    kind = load_class(estimator.path)
    try:
        value = parse_parameters(kind, {parameter: text})[parameter]
    except HyperparameterError:
        return False
    constraints = kind._parameter_constraints
    validate_parameter_constraints(constraints, {parameter: value}, caller_name=name)
    return True


def agree(name: str, parameter: str, text: str) -> bool:
    """Tell whether both accept it, or neither; only PlanRun knows where lists are for columns."""
    by_planrun = planrun_accepts(name, parameter, text)
    by_container = container_accepts(name, parameter, text)
    collection = "," in text or text[:1] in ("(", "[", "{")
    return by_container or not by_planrun if collection else by_planrun == by_container


def words_of(name: str, parameter: str) -> Iterator[str]:
    """Yield what is near the limits of a parameter's constraints."""
    estimator = known(name)
    assert estimator
    for each in estimator.parameters[parameter].takes:
        if isinstance(each, dict):
            yield from each.get("options", ())
            yield from each.get("kernels", ())
            for bound in (each.get("low"), each.get("high")):
                if bound is not None:
                    yield from (str(bound), repr(float(bound) + 0.25), repr(float(bound) - 0.25))


@pytest.mark.parametrize("task", TASKS)
def test_both_agree_on_values_at_and_around_every_limit(task: Task) -> None:
    names = set(class_names(task))
    for name, parameter in parameters():
        if name in names:
            for text in (*ODD, *words_of(name, parameter)):
                assert agree(name, parameter, text), (name, parameter, text)


literals = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text("ab' \\,", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a1", max_size=2), inner),
    max_leaves=5,
)


@given(st.data(), literals)
def test_both_agree_on_any_value_of_yaml(data: st.DataObject, value: Any) -> None:
    name, parameter = data.draw(st.sampled_from(parameters()))
    text = to_text(value)
    assert agree(name, parameter, text)


def test_a_default_that_can_be_written_is_accepted() -> None:
    for name, parameter in parameters():
        estimator = known(name)
        assert estimator
        default = estimator.parameters[parameter].default
        if default not in (None, "deprecated", "warn"):
            assert planrun_accepts(name, parameter, default), (name, parameter, default)


def test_both_know_the_same_kernels() -> None:
    assert sklearn_facts.KERNELS == KERNELS


def test_the_preprocessing_reads_every_choice_that_planrun_accepts() -> None:
    assert set(PREPROCESSING) == {f"preprocess__{name}" for name in (*CHOICES, *NUMBERS)}
    for full_name, constraints in PREPROCESSING.items():
        name = full_name.removeprefix("preprocess__")
        accepted = [t for t in (*ODD, *options(constraints), "300") if takes(constraints, t)]
        assert accepted
        for text in accepted:
            expected = int(float(text.strip('"'))) if name in NUMBERS else text.strip('"')
            assert getattr(Preprocessing.parse({full_name: text}), name) == expected
