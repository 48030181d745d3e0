"""What tuning.yaml asks for is fitted to sampled rows, so that mistakes cost no training job."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.planning import World
from tunedrop.errors import UserInputError
from tunedrop.planning.estimators.trial_fits import try_fits
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop_common.plan import Plan

DRAW = np.random.default_rng(1)


def table(rows: int, target: Any, columns: int = 2) -> str:
    features = {f"x{i}": DRAW.normal(size=rows).round(3) for i in range(columns)}
    words = DRAW.choice(["red", "green", "blue"], rows)
    return pd.DataFrame({**features, "colour": words, "target": target}).to_csv(index=False)


TWO = np.resize(["pear", "plum"], 60)
DATASETS = {
    "two": table(60, TWO),
    "three": table(90, np.resize(["pear", "plum", "apple"], 90)),
    "hundred": table(2_000, [f"class {i % 100}" for i in range(2_000)]),
    "rare": table(120, ["pear", "plum"] * 59 + ["apple"] * 2),
    "many": table(2_000, np.resize(["pear", "plum"], 2_000)),
    "negative": table(80, DRAW.normal(size=80).round(3)),
    "counts": table(80, DRAW.poisson(40.0, size=80) + 0.5),
}


def plan(dataset: str, yaml: str, seconds: float = 3_600) -> Plan:
    world = World()
    world.trial_fits = partial(try_fits, seconds=seconds)
    return world.planned(yaml, DATASETS[dataset])


def estimators(name: str, details: str) -> str:
    return f"estimators:\n  {name}: {{{details}}}\n"


@pytest.mark.parametrize(
    ("dataset", "yaml", "message"),
    [
        ("two", estimators("svm", "fixed: {gama: 1}"), "Write 'gamma' instead"),
        ("two", estimators("svm", "fixed: {C: -1}"), "a float in the range"),
        ("three", estimators("svm", "fixed: {class_weight: {cherry: 2}}"), "'cherry'.*'apple'"),
        ("negative", estimators("hist_gradient_boosting", "fixed: {loss: poisson}"), "poisson"),
        (
            "negative",
            estimators("random_forest", "ranges: {criterion: [squared_error, poisson]}"),
            "key estimators.random_forest.ranges.criterion.*negative",
        ),
        ("negative", "metric: neg_mean_poisson_deviance", "strictly positive"),
        ("negative", "additional_metrics: [neg_mean_squared_log_error]", "line 1.*-1"),
        ("three", "metric: roc_auc", "multi_class.*Write 'roc_auc_ovr' instead"),
        ("two", "metric: neg_log_loss\nestimators: [svm]", "when probability=False"),
        (
            "two",
            estimators("LinearSVC", "fixed: {penalty: l1, loss: hinge}"),
            "key estimators.LinearSVC.*penalty='l1' and loss='hinge' is not supported",
        ),
        (
            "negative",
            estimators("KNeighborsRegressor", "fixed: {n_neighbors: 70}"),
            "n_neighbors = 70",
        ),
        (
            "two",
            estimators("svm", "fixed: {preprocess__encoding: native}"),
            "does not split on categories",
        ),
    ],
)
def test_a_mistake_in_tuning_yaml_costs_no_training_job(
    dataset: str, yaml: str, message: str
) -> None:
    with pytest.raises(UserInputError, match=message) as rejected:
        plan(dataset, yaml)
    assert rejected.value.to_do
    assert "line" in rejected.value.where
    for value in ("pear", "plum", "apple", "cherry"):
        assert value not in rejected.value.for_log


@pytest.mark.parametrize(
    ("dataset", "yaml"),
    [
        ("many", estimators("KNeighborsClassifier", "fixed: {n_neighbors: 500}")),
        ("many", estimators("KNeighborsClassifier", "ranges: {n_neighbors: {min: 400, max: 900}}")),
        ("rare", "folds: 5\nestimators: [linear]"),
        ("hundred", "estimators: [linear, decision_tree, GaussianNB]"),
        (
            "hundred",
            estimators("hist_gradient_boosting", "fixed: {early_stopping: true, max_iter: 2}"),
        ),
        ("three", estimators("svm", "fixed: {class_weight: {pear: 2}}")),
        ("two", "estimators: [adaboost, bagging]"),
        ("two", "strategy: grid\nestimators: {linear: {ranges: {C: [1]}}}"),
        ("two", estimators("linear", "ranges: {C: [1], tol: {min: 1, max: 2}}")),
        (
            "two",
            estimators(
                "OneVsRestClassifier", "fixed: {estimator: SVC}, ranges: {estimator__C: [1, 2]}"
            ),
        ),
        (
            "two",
            estimators("LinearSVC", "ranges: {penalty: [l1, l2], loss: [hinge, squared_hinge]}"),
        ),
        ("two", estimators("gaussian_process", "ranges: {kernel: [RBF, Matern]}")),
        ("two", estimators("hist_gradient_boosting", "fixed: {monotonic_cst: {x0: 1}}")),
        ("counts", "metric: neg_mean_poisson_deviance\nestimators: [PoissonRegressor, linear]"),
        (
            "rare",
            estimators(
                "CalibratedClassifierCV", "fixed: {cv: 2}, ranges: {method: [sigmoid, isotonic]}"
            ),
        ),
    ],
)
def test_what_is_unusual_and_right_is_planned(dataset: str, yaml: str) -> None:
    assert plan(dataset, yaml).tuning_jobs


ENDLESS = "{max_iter: 1000000000, n_iter_no_change: 1000000000, tol: 0, momentum: 0.5}"
MISTAKE = estimators("LinearSVC", "fixed: {penalty: l1, loss: hinge}")


@pytest.mark.parametrize(
    ("yaml", "seconds"),
    [
        (estimators("mlp", f"fixed: {ENDLESS}"), 1.0),  # the time of its trial ends it
        (MISTAKE, 0.0),
        (estimators("mlp", "fixed: {hidden_layer_sizes: [100000, 100000]}"), 600.0),  # memory
    ],
)
def test_a_trial_that_runs_out_of_time_or_memory_proves_nothing(yaml: str, seconds: float) -> None:
    assert plan("two", yaml, seconds).tuning_jobs


@pytest.mark.parametrize(
    ("seconds", "training_job"),
    [(3_600, 900), (0, 3_600)],  # without time no trial ends: the deployment's limits
)
def test_time_limits_follow_from_trials_of_estimators_that_nobody_chose_too(
    seconds: float, training_job: int
) -> None:
    planned = plan("two", "", seconds)
    assert [job.max_training_job_seconds for job in planned.tuning_jobs] == [training_job] * 2
    assert planned.confirm.max_seconds == 3_600


def test_an_estimator_that_nobody_chose_rejects_nothing(world: World) -> None:
    world.trial_fits = lambda rows, estimators, metric, _: try_fits(
        rows, estimators, metric, TuningConfig()
    )
    assert world.planned(MISTAKE, DATASETS["two"]).warnings == ()
