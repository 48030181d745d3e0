import inspect
import json
from typing import Any

import pytest

from sklearn_trainer.model.estimators import import_estimator
from sklearn_trainer.model.hyperparameters import RUN_PARAMETERS, parse_parameters
from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.catalogue import (
    CATALOGUE,
    TASKS,
    classes_for,
    find_class,
    path_of,
    task_of,
)
from tunedrop.planning.estimators.search_spaces import resolve_estimator
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, NumericRange, Task

CLASSES = tuple(CATALOGUE.classes)


def resolve(yaml: str, key: str, task: Task = "classification") -> EstimatorPlan:
    return resolve_estimator(key, task, read_tuning_config(yaml.encode()), 7)


def class_of(name: str) -> type[Any]:
    estimator = find_class(name)
    assert estimator
    return estimator


def resolve_default(name: str) -> EstimatorPlan:
    return resolve("", name, task_of(class_of(name)))


def test_every_class_is_found_by_the_path_that_a_training_job_imports() -> None:
    names = [name for task in TASKS for name in classes_for(task)]
    assert len(names) > 80
    for name in names:
        estimator = class_of(name)
        path = path_of(estimator)
        assert estimator.__name__ == name
        assert import_estimator(path) is estimator is find_class(path)
        assert "._" not in path
    assert find_class("sklearn.svm._classes.SVC") is None


def test_a_class_of_the_catalogue_has_its_ranges_under_every_name() -> None:
    by_name = resolve("", "random_forest")
    assert by_name.ranges
    for written in ("RandomForestClassifier", "sklearn.ensemble.RandomForestClassifier"):
        by_class = resolve(f"estimators: [{written}]", written)
        assert by_class.key == "RandomForestClassifier"
        assert (by_class.ranges, by_class.fixed) == (by_name.ranges, by_name.fixed)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("randomforest", "Write 'random_forest' instead"),
        ("logistic_regression", "Write 'LogisticRegression' instead"),
        ("DecisionTreeClassifier(max_depth=3)", "Write 'decision_tree' instead"),
        ("os.system", "no estimator of this name .*Choose one of these"),
        ("sklearn.GaussianNB", "Write 'GaussianNB' instead"),
        ("StackingClassifier", "no estimator of this name .*StackingClassifier"),
        ("SVR", "SVR is for regression, and this is a classification.*expected a classifier"),
    ],
)
def test_a_name_that_is_no_estimators_is_refused_with_its_line(written: str, message: str) -> None:
    with pytest.raises(TuningConfigError, match=message) as raised:
        resolve(f"estimators:\n- svm\n- {written}", written)
    assert "tuning.yaml, line 3" in raised.value.where


@pytest.mark.parametrize("name", CLASSES)
def test_a_person_may_write_every_default(name: str) -> None:
    space = CATALOGUE.classes[name]
    fixed = {key: text for key, text in space.fixed.items() if key not in RUN_PARAMETERS}
    ranges = {
        key: list(searched.values)
        if isinstance(searched, CategoricalRange)
        else {
            "min": searched.minimum,
            "max": searched.maximum,
            "type": "int" if searched.kind == "integer" else "float",
        }
        for key, searched in space.ranges.items()
    }
    document = json.dumps({"estimators": {name: {"fixed": fixed, "ranges": ranges}}})
    written = resolve(document, name, task_of(class_of(name)))
    assert written.ranges == resolve_default(name).ranges
    assert written.fixed == resolve_default(name).fixed


@pytest.mark.parametrize("name", CLASSES)
def test_what_draws_random_numbers_gets_the_seed(name: str) -> None:
    seeded = "random_state" in inspect.signature(class_of(name)).parameters
    assert (resolve_default(name).fixed.get("random_state") == "7") == seeded


def test_what_is_fixed_is_not_tuned() -> None:
    plan = resolve("estimators: {svm: {fixed: {gamma: scale, random_state: 1}}}", "svm")
    assert set(plan.ranges) == {"C", "class_weight"}
    assert plan.fixed["gamma"] == "scale"
    assert plan.fixed["cache_size"] == "500"
    assert plan.fixed_by_config == ["gamma", "random_state"]
    assert plan.fixed["random_state"] == "1"


def test_another_estimator_inside_takes_the_ranges_of_the_usual_one_with_it() -> None:
    yaml = "estimators: {adaboost: {fixed: {estimator: LogisticRegression}}}"
    plan = resolve(yaml, "adaboost")
    assert plan.fixed["estimator"] == "sklearn.linear_model.LogisticRegression"
    assert set(plan.ranges) == {"n_estimators", "learning_rate"}


@pytest.mark.parametrize(
    ("details", "kind", "scaling"),
    [
        ("n_estimators: {min: 10, max: 50}", "integer", "Logarithmic"),
        ("max_features: {min: 0.5, max: 1}", "continuous", "Linear"),
        ("max_depth: {min: 2, max: 9, scaling: linear}", "integer", "Linear"),
        ("max_depth: {min: 2.0, max: 9.0}", "integer", "Auto"),
        ("ccp_alpha: {min: 0, max: 1}", "continuous", "Auto"),
        ("max_samples: {min: 10, max: 50}", "integer", "Auto"),
        ("preprocess__components: {min: 1, max: 9}", "integer", "Auto"),
        (
            "max_samples: {min: 0.1, max: 0.9, scaling: reverse_log}",
            "continuous",
            "ReverseLogarithmic",
        ),
        ("min_samples_split: {min: 0.1, max: 0.5, type: float}", "continuous", "Logarithmic"),
    ],
)
def test_types_and_scalings_that_are_not_told_are_found(
    details: str, kind: str, scaling: str
) -> None:
    plan = resolve(f"estimators: {{random_forest: {{ranges: {{{details}}}}}}}", "random_forest")
    (searched,) = plan.ranges.values()
    assert isinstance(searched, NumericRange)
    assert (searched.kind, searched.scaling) == (kind, scaling)


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ("ranges: {n_estimatorz: {min: 1, max: 2}}", "Write 'n_estimators' instead"),
        ("ranges: {n_estimators: {min: 0, max: 9}}", "an int in the range .1, inf"),
        ("ranges: {max_features: {min: 0.5, max: 1.5}}", "not take all values"),
        ("ranges: {max_depth: {min: 2, max: 9, type: float}}", "not take all values"),
        ("ranges: {criterion: {min: 1, max: 2}}", "list of values"),
        ("ranges: {criterion: [gini, entropi]}", "Write 'entropy' instead"),
        ("ranges: {criterion: [gini, gini]}", "has nothing to tune"),
        (f"ranges: {{max_depth: {list(range(1, 40))}}}", "at most 30 items"),
        ("fixed: {bootstrap: maybe}", "expected .*bool"),
        ("fixed: {depth: 1}", "max_depth"),
        ("fixed: {n_jobs: 100000}", "Tunedrop sets n_jobs.*Remove n_jobs"),
        ("ranges: {verbose: {min: 0, max: 9}}", "Tunedrop sets verbose"),
        ("fixed: {warm_start: true}", "Tunedrop sets warm_start"),
        ("ranges: {max_depth: [1, 2]}, fixed: {max_depth: 1}", "both tuned and fixed"),
        ("ranges: {max_depth: [1]}", "has nothing to tune"),
    ],
)
def test_what_the_estimator_does_not_take_is_refused_with_its_line(
    details: str, message: str
) -> None:
    yaml = f"target: a\nestimators:\n  random_forest: {{{details}}}\n"
    with pytest.raises(TuningConfigError, match=message) as raised:
        resolve(yaml, "random_forest")
    assert "tuning.yaml, line 3" in raised.value.where


def test_run_parameters_of_an_estimator_inside_are_not_for_tuning_yaml_either() -> None:
    inside = "{estimator: RandomForestRegressor, estimator__n_jobs: 100000}"
    with pytest.raises(TuningConfigError, match="Tunedrop sets n_jobs"):
        resolve(f"estimators: {{adaboost: {{fixed: {inside}}}}}", "adaboost", "regression")


@pytest.mark.parametrize(
    ("estimator", "name", "values", "texts"),
    [
        ("mlp", "hidden_layer_sizes", "[[32], [64, 64], 128]", ("(32,)", "(64, 64)", "128")),
        ("mlp", "alpha", "[1e-3, 0.01]", ("0.001", "0.01")),
        ("random_forest", "max_depth", "[null, 3]", ("None", "3")),
    ],
)
def test_values_are_written_as_the_container_reads_them(
    estimator: str, name: str, values: str, texts: tuple[str, ...]
) -> None:
    plan = resolve(f"estimators: {{{estimator}: {{ranges: {{{name}: {values}}}}}}}", estimator)
    assert plan.ranges[name] == CategoricalRange(kind="categorical", values=texts)
    parse_parameters(class_of(plan.class_path), {name: texts[0]})
