"""Every estimator that PlanRun knows trains."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import skops.io
import yaml

from sklearn_trainer.data.dataset import load
from sklearn_trainer.model.pipeline import build_pipeline
from sklearn_trainer.model.trusted_types import trusted_types
from sklearn_trainer.notes import Notes
from tests.support.training.forks import ForkServer
from tests.support.training.fruit import as_csv
from tests.support.training.jobs import Job, column, estimator, metric_value, plan
from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.selection import choose_estimators
from tunedrop.planning.estimators.sklearn_estimators import class_names, known
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop.reading.columns import ColumnProfile, profile_numbers, profile_words
from tunedrop_common.plan import EstimatorPlan, Metric, Task

TASKS: tuple[Task, Task] = ("classification", "regression")
CASES = [(name, task) for task in TASKS for name in class_names(task)]

# Small, so that all of them train in seconds; and what an estimator cannot do without.
_TREE = {"estimator": "DecisionTreeClassifier"}
FIXED: dict[str, dict[str, Any]] = {
    "AdaBoostClassifier": {"n_estimators": 5},
    "AdaBoostRegressor": {"n_estimators": 5},
    "BaggingClassifier": {"n_estimators": 3},
    "BaggingRegressor": {"n_estimators": 3},
    "CalibratedClassifierCV": {"cv": 2},
    "ElasticNetCV": {"cv": 2, "alphas": 5},
    "ExtraTreesClassifier": {"n_estimators": 5},
    "ExtraTreesRegressor": {"n_estimators": 5},
    "FixedThresholdClassifier": _TREE,
    "GradientBoostingClassifier": {"n_estimators": 5},
    "GradientBoostingRegressor": {"n_estimators": 5},
    "HistGradientBoostingClassifier": {"max_iter": 3},
    "HistGradientBoostingRegressor": {"max_iter": 3},
    "LassoCV": {"cv": 2, "alphas": 5},
    "LogisticRegressionCV": {"cv": 2, "Cs": 2},
    "MLPClassifier": {"max_iter": 10},
    "MLPRegressor": {"max_iter": 10},
    "OneVsOneClassifier": _TREE,
    "OneVsRestClassifier": _TREE,
    "OutputCodeClassifier": _TREE,
    "QuadraticDiscriminantAnalysis": {"reg_param": 0.1},
    "RadiusNeighborsClassifier": {"radius": 50},
    "RadiusNeighborsRegressor": {"radius": 50},
    "RandomForestClassifier": {"n_estimators": 5},
    "RandomForestRegressor": {"n_estimators": 5},
    "TheilSenRegressor": {"max_subpopulation": 50},
    "TunedThresholdClassifierCV": {**_TREE, "cv": 2},
}


def rows() -> list[dict[str, Any]]:
    draw = random.Random(5)  # noqa: S311 - a table that is the same every time
    return [
        {
            "size": "" if index % 9 == 4 else round(draw.gauss(2.0 * (index % 2), 1.0), 3),
            "weight": round(draw.gauss(index % 2, 1.0), 3),
            "colour": "" if index % 11 == 3 else draw.choice(["red", "green", "blue"]),
            "kind": ("pear", "plum")[index % 2],
            "price": round(3.0 + index % 2 + draw.gauss(0, 0.3), 3),
        }
        for index in range(48)
    ]


TABLE = as_csv(rows())
TARGETS: dict[Task, ColumnProfile] = {
    "classification": profile_words("kind", [row["kind"] for row in rows()], 0),
    "regression": profile_numbers("price", [row["price"] for row in rows()], 0),
}
METRICS = {"classification": "balanced_accuracy", "regression": "neg_mean_absolute_error"}


def columns_for(task: Task) -> list[dict[str, Any]]:
    target = ("kind", "categorical") if task == "classification" else ("price", "numeric")
    features = [column("size"), column("weight"), column("colour", "categorical")]
    return [*features, column(*target, "target")]


def planned(name: str, task: Task) -> EstimatorPlan:
    """Ask PlanRun, with something of the preprocessing to tune, which every estimator has."""
    ranges = {"preprocess__imputation": ["mean", "median"]}
    document = {"estimators": {name: {"ranges": ranges, "fixed": FIXED.get(name, {})}}}
    config = read_tuning_config(yaml.safe_dump(document).encode())
    (found,), _ = choose_estimators(
        config, task, TARGETS[task], Metric(objective=METRICS[task]), seed=3
    )
    return found


@pytest.mark.parametrize(("name", "task"), CASES)
def test_an_estimator_trains(
    name: str, task: Task, tmp_path: Path, fork_server: ForkServer
) -> None:
    it = planned(name, task)
    job = Job(
        tmp_path / "ml",
        plan(
            columns_for(task),
            task=task,
            estimators=[estimator(it.key, it.class_path, fixed=it.fixed)],
            metric=METRICS[task],
            cross_validation={"folds": 2},
        ),
        {**it.fixed, "preprocess__imputation": "mean"},
        files={"train/train.csv": TABLE},
    ).write()
    finished = fork_server.run(job)
    assert finished.code == 0, finished.log
    assert len(finished.lines) == 2
    assert len(finished.tune["metrics"][METRICS[task]]) == 2
    assert metric_value(finished.lines[-1], f"validation:{METRICS[task]}") <= 1


@pytest.mark.slow
@pytest.mark.parametrize(("name", "task"), CASES)
def test_the_model_of_every_estimator_is_read_back_the_same_from_types_that_serve_loads(
    name: str, task: Task, tmp_path: Path
) -> None:
    it = planned(name, task)
    job = Job(
        tmp_path / "ml",
        plan(
            columns_for(task),
            task=task,
            estimators=[estimator(it.key, it.class_path, fixed=it.fixed)],
        ),
        files={"train/train.csv": TABLE},
    ).write()
    read = job.read_plan()
    dataset = load(read, job.folders, Notes())
    kernel = {"kernel": "Matern"} if "GaussianProcess" in name else {}
    pipeline = build_pipeline(
        dataset.schema, read.estimator(it.key), {**it.fixed, **kernel}, task=task, seed=1
    )
    model = pipeline.fit(dataset.X, dataset.y)
    skops.io.dump(model, tmp_path / "model.skops")
    untrusted = set(skops.io.get_untrusted_types(file=tmp_path / "model.skops"))
    assert untrusted <= trusted_types()
    again = skops.io.load(tmp_path / "model.skops", trusted=sorted(untrusted))
    assert (again.predict(dataset.X) == model.predict(dataset.X)).all()


@pytest.mark.parametrize(("name", "task"), CASES)
def test_an_estimator_is_refused_for_the_other_task(name: str, task: Task) -> None:
    other: Task = "regression" if task == "classification" else "classification"
    with pytest.raises(TuningConfigError, match=f"is for {task}") as refused:
        planned(name, other)
    found = known(name)
    assert found
    assert (found.counterpart or "another") in refused.value.to_do
