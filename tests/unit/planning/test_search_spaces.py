import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from sklearn_trainer.model.hyperparameters import make_estimator
from tools.sklearn_facts import load_class
from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators import catalogue
from tunedrop.planning.estimators.search_spaces import resolve_estimator, to_text
from tunedrop.planning.estimators.sklearn_estimators import RUN_PARAMETERS, by_path, known
from tunedrop.planning.estimators.values import check_range, checked_value
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, NumericRange, Task
from tunedrop_common.preprocessing import PREFIX

CLASSES = catalogue.classes()
SPACES = json.loads((Path(catalogue.__file__).parent / "search_spaces.json").read_text("utf-8"))


def resolve(yaml: str, key: str, task: Task = "classification") -> EstimatorPlan:
    return resolve_estimator(key, task, read_tuning_config(yaml.encode()), 7)


def task_of(name: str) -> Task:
    found = known(name)
    assert found
    return found.task


def test_every_name_of_the_catalogue_has_a_class_with_ranges_for_both_tasks() -> None:
    for name in catalogue.names():
        for task in ("classification", "regression"):
            plan = resolve("", name, task)
            assert plan.key == name
            assert plan.ranges
            assert catalogue.class_name(name, task) in CLASSES


def test_a_class_of_the_catalogue_has_its_ranges_under_its_own_name_too() -> None:
    by_name = resolve("", "random_forest")
    for written in ("RandomForestClassifier", "sklearn.ensemble.RandomForestClassifier"):
        by_class = resolve(f"estimators: [{written}]", written)
        assert by_class.key == "RandomForestClassifier"
        assert (by_class.ranges, by_class.fixed) == (by_name.ranges, by_name.fixed)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("randomforest", "Write 'random_forest' instead"),
        ("xgboost", "Write 'hist_gradient_boosting' instead"),
        ("CatBoostClassifier", "Write 'hist_gradient_boosting' instead"),
        ("gaussiannb", "Write 'GaussianNB' instead"),
        ("logistic_regression", "Write 'LogisticRegression' instead"),
        ("DecisionTreeClassifier(max_depth=3)", "Write 'decision_tree' instead"),
        ("os.system", "no such estimator .*Choose one of these"),
        ("evil.GaussianNB", "no such estimator"),
        ("sklearn.GaussianNB", "Write 'GaussianNB' instead"),
        ("sklearn.pipeline.Pipeline", "Tunedrop does not tune Pipeline"),
        ("StackingClassifier", "Tunedrop does not tune StackingClassifier"),
        ("SVR", "SVR is for regression, and this is a classification.*expected a classifier"),
    ],
)
def test_a_name_that_is_no_estimators_is_refused_with_its_line(written: str, message: str) -> None:
    with pytest.raises(TuningConfigError, match=message) as raised:
        resolve(f"estimators:\n- svm\n- {written}", written)
    assert "tuning.yaml, line 3" in raised.value.where


@pytest.mark.parametrize("name", CLASSES)
def test_scikit_learn_takes_every_default(name: str) -> None:
    plan = resolve("", name, task_of(name))
    estimator = by_path(plan.class_path)
    inside = {n: v for n, v in plan.fixed.items() if n == estimator.inside}
    for parameter, given in plan.ranges.items():
        if isinstance(given, NumericRange):
            check_range(estimator, parameter, given, "here", inside)
            texts = [str(int(v)) if given.kind == "integer" else repr(v) for v in _ends(given)]
        else:
            texts = list(given.values)
            for text in texts:
                checked_value(estimator, parameter, text, "here", inside)
        for text in texts:
            if not parameter.startswith(PREFIX):  # those of the preprocessing are not its own
                _validate(plan, {parameter: text})
    for parameter, text in plan.fixed.items():
        if parameter in RUN_PARAMETERS:
            continue
        assert checked_value(estimator, parameter, text, "here", inside) == text


@pytest.mark.parametrize("name", CLASSES)
def test_every_default_range_can_be_sent_to_sagemaker_and_says_its_source(name: str) -> None:
    space = catalogue.space_of(name)
    assert 1 <= len(space.ranges) <= 30
    for parameter, given in space.ranges.items():
        assert len(SPACES["classes"][name]["ranges"][parameter]["source"]) > 20
        if isinstance(given, CategoricalRange):
            assert 2 <= len(given.values) <= 30
        else:
            assert given.minimum < given.maximum
            assert given.scaling != "Logarithmic" or given.minimum > 0


@pytest.mark.parametrize("name", CLASSES)
def test_what_draws_random_numbers_gets_the_seed(name: str) -> None:
    plan = resolve("", name, task_of(name))
    seeded = "random_state" in inspect.signature(load_class(plan.class_path)).parameters
    assert (plan.fixed.get("random_state") == "7") == seeded


def test_ranges_of_tuning_yaml_replace_the_catalogue() -> None:
    plan = resolve("estimators: {svm: {ranges: {C: {min: 1, max: 10}}}}", "svm")
    assert plan.ranges == {
        "C": NumericRange(kind="continuous", minimum=1, maximum=10, scaling="Logarithmic")
    }
    assert plan.fixed == {"cache_size": "500", "random_state": "7"}


def test_what_is_fixed_is_not_tuned() -> None:
    plan = resolve("estimators: {svm: {fixed: {gamma: scale, random_state: 1}}}", "svm")
    assert set(plan.ranges) == {"C", "class_weight"}
    assert plan.fixed["gamma"] == "scale"
    assert plan.fixed["cache_size"] == "500"
    assert plan.fixed_by_config == ["gamma", "random_state"]
    assert plan.fixed["random_state"] == "1"


def test_what_the_catalogue_fixes_gives_way_to_what_cannot_stand_beside_it() -> None:
    name = "QuadraticDiscriminantAnalysis"
    assert resolve("", name).fixed == {"solver": "eigen"}
    for told in (
        "ranges: {reg_param: {min: 0.01, max: 1}}",
        "fixed: {reg_param: 0.1}, ranges: {tol: [1e-4, 1e-3]}",
    ):
        assert "solver" not in resolve(f"estimators: {{{name}: {{{told}}}}}", name).fixed


def test_another_estimator_inside_takes_the_ranges_of_the_usual_one_with_it() -> None:
    yaml = "estimators: {adaboost: {fixed: {estimator: LogisticRegression}}}"
    plan = resolve(yaml, "adaboost")
    assert plan.fixed["estimator"] == "sklearn.linear_model.LogisticRegression"
    assert set(plan.ranges) == {"n_estimators", "learning_rate"}


def test_values_are_written_as_the_container_reads_them() -> None:
    yaml = """
    estimators:
      mlp:
        ranges:
          hidden_layer_sizes: [[32], [64, 64], 128]
          early_stopping: [true, false]
          alpha: [1e-3, 0.01]
      random_forest:
        ranges: {max_depth: [null, 3]}
    """
    mlp = resolve(yaml, "mlp")
    assert mlp.ranges["hidden_layer_sizes"] == CategoricalRange(
        kind="categorical", values=("(32,)", "(64, 64)", "128")
    )
    for name in mlp.ranges:
        given = mlp.ranges[name]
        assert isinstance(given, CategoricalRange)
        for text in given.values:
            _validate(mlp, {name: text})
    forest = resolve(yaml, "random_forest").ranges["max_depth"]
    assert forest == CategoricalRange(kind="categorical", values=("None", "3"))


@pytest.mark.parametrize(
    ("given", "kind", "scaling"),
    [
        ("n_estimators: {min: 10, max: 50}", "integer", "Logarithmic"),
        ("max_features: {min: 0.5, max: 1}", "continuous", "Linear"),
        ("max_depth: {min: 2, max: 9, scaling: linear}", "integer", "Linear"),
        ("max_depth: {min: 2.0, max: 9.0}", "integer", "Auto"),
        ("ccp_alpha: {min: 0, max: 0.5}", "continuous", "Auto"),
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
    given: str, kind: str, scaling: str
) -> None:
    plan = resolve(f"estimators: {{random_forest: {{ranges: {{{given}}}}}}}", "random_forest")
    (found,) = plan.ranges.values()
    assert isinstance(found, NumericRange)
    assert (found.kind, found.scaling) == (kind, scaling)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("ranges: {n_estimatorz: {min: 1, max: 2}}", "Write 'n_estimators' instead"),
        ("ranges: {n_estimators: {min: 0, max: 9}}", "whole number from 1"),
        ("ranges: {n_estimators: {min: 1.5, max: 9}}", "expected a whole number from 1"),
        ("ranges: {max_features: {min: 0.5, max: 1.5}}", "not take all values"),
        ("ranges: {criterion: {min: 1, max: 2}}", "list of values"),
        ("ranges: {criterion: [gini, entropi]}", "Write 'entropy' instead"),
        ("ranges: {criterion: []}", "0 values"),
        ("ranges: {criterion: [gini, gini]}", "1 of them different"),
        (f"ranges: {{max_depth: {list(range(1, 40))}}}", "39 values"),
        ("fixed: {bootstrap: maybe}", "true or false"),
        ("fixed: {max_depth: 0}", "whole number from 1"),
        ("fixed: {depth: 1}", "max_depth"),
        ("ranges: {max_depth: [1, 2]}, fixed: {max_depth: 1}", "both tuned and fixed"),
        ("ranges: {max_depth: [1]}", "Nothing is left to tune"),
        (
            "fixed: {n_estimators: 9, max_features: 0.5, min_samples_leaf: 1, criterion: gini, "
            "min_samples_split: 2, class_weight: null}",
            "Nothing is left to tune",
        ),
    ],
)
def test_what_the_estimator_does_not_take_is_refused_with_its_line(
    given: str, message: str
) -> None:
    yaml = f"target: a\nestimators:\n  random_forest: {{{given}}}\n"
    with pytest.raises(TuningConfigError, match=message) as raised:
        resolve(yaml, "random_forest")
    assert "tuning.yaml, line 3" in raised.value.where


@pytest.mark.parametrize(
    ("estimator", "given", "name"),
    [
        ("random_forest", "fixed: {n_jobs: 100000}", "n_jobs"),
        ("random_forest", "ranges: {n_jobs: [1, 2]}", "n_jobs"),
        ("random_forest", "ranges: {verbose: {min: 0, max: 9}}", "verbose"),
        ("random_forest", "fixed: {warm_start: true}", "warm_start"),
        ("svm", "fixed: {cache_size: 1e9}", "cache_size"),
        ("Ridge", "fixed: {copy_X: false}", "copy_X"),
        ("PLSRegression", "fixed: {copy: false}", "copy"),
        ("GaussianProcessRegressor", "fixed: {copy_X_train: false}", "copy_X_train"),
        (
            "adaboost",
            "fixed: {estimator: RandomForestRegressor, estimator__n_jobs: 100000}",
            "n_jobs",
        ),
    ],
)
def test_how_a_model_is_fitted_is_not_for_tuning_yaml(
    estimator: str, given: str, name: str
) -> None:
    with pytest.raises(TuningConfigError) as raised:
        resolve(f"target: a\nestimators:\n  {estimator}: {{{given}}}\n", estimator, "regression")
    error = raised.value
    assert error.what.startswith(f"Tunedrop decides {name}")
    assert "tuning.yaml, line 3" in error.where
    assert (error.found, error.to_do) == (f"'{name}'", f"Remove {name}.")


def test_how_a_model_is_fitted_is_not_offered_either() -> None:
    with pytest.raises(TuningConfigError) as raised:
        resolve("estimators: {random_forest: {fixed: {depth: 1}}}", "random_forest")
    assert "max_depth" in raised.value.expected
    assert "n_jobs" not in raised.value.expected


def test_values_become_text() -> None:
    assert [to_text(v) for v in (None, True, 3, 0.1, "a", [1, 2])] == [
        "None",
        "True",
        "3",
        "0.1",
        "a",
        "(1, 2)",
    ]
    assert to_text({"0": 1, "true": 3}) == "{'0': 1, 'true': 3}"
    assert to_text([[0, 1], [2]]) == "((0, 1), (2,))"


def _ends(given: Any) -> tuple[float, float]:
    return given.minimum, given.maximum


def _validate(plan: EstimatorPlan, tuned: dict[str, str]) -> None:
    """Make the estimator as the training container does, and ask scikit-learn."""
    kinds = {name: given.kind for name, given in plan.ranges.items()}
    kind = load_class(plan.class_path)
    task = by_path(plan.class_path).task
    made = make_estimator(kind, {**plan.fixed, **tuned}, kinds, task=task, seed=1)
    made._validate_params()
    if getattr(made, "estimator", None) is not None:
        made.estimator._validate_params()
