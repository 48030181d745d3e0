"""The report's Python to paste predicts what the training container's own pipeline predicts."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sklearn_trainer.data.dataset import load
from sklearn_trainer.judging.evaluate import fit
from sklearn_trainer.model.pipeline import build_pipeline
from sklearn_trainer.notes import Notes
from tests.support.report.made_up import make_plan, make_results
from tests.support.training.jobs import Job, column, estimator
from tests.support.training.jobs import plan as container_plan
from tests.unit.training_container.test_all_estimators import CASES, REFUSED, TABLE, planned
from tunedrop.planning.estimators.sklearn_estimators import by_path
from tunedrop.report.python_code import pipeline_code
from tunedrop_common.plan import EstimatorPlan, Task

TARGETS = {"classification": "kind", "regression": "price"}
CLASSES = ["pear", "plum"]
FEATURES = [column("size"), column("weight"), column("colour", "categorical")]
CHOICES: list[tuple[str, Task, dict[str, str]]] = [
    ("LogisticRegression", "classification", {"preprocess__scaling": "robust"}),
    ("LogisticRegression", "classification", {"preprocess__scaling": "none"}),
    ("LogisticRegression", "classification", {"preprocess__encoding": "ordinal"}),
    ("Ridge", "regression", {"preprocess__encoding": "target"}),
    ("Ridge", "regression", {"preprocess__components": "2"}),
    ("Ridge", "regression", {"preprocess__components": "50", "preprocess__scaling": "minmax"}),
    ("RandomForestClassifier", "classification", {"preprocess__imputation": "mean"}),
    ("RandomForestClassifier", "classification", {"preprocess__components": "3"}),
    ("HistGradientBoostingRegressor", "regression", {"preprocess__encoding": "onehot"}),
    ("HistGradientBoostingRegressor", "regression", {"preprocess__components": "2"}),
    ("ComplementNB", "classification", {"preprocess__components": "2"}),
    ("ComplementNB", "classification", {"preprocess__scaling": "quantile"}),
    ("SVR", "regression", {"preprocess__scaling": "quantile", "C": "2"}),
    ("GaussianProcessRegressor", "regression", {"kernel": "Matern", "alpha": "1e-2"}),
    ("MLPClassifier", "classification", {"hidden_layer_sizes": "(4, 4)", "max_iter": "20.0"}),
    ("HistGradientBoostingClassifier", "classification", {"max_features": "1", "max_iter": "5"}),
    ("LogisticRegression", "classification", {"class_weight": "{'pear': 1, 'plum': 3}"}),
    (
        "HistGradientBoostingClassifier",
        "classification",
        {"class_weight": "{'pear': 1, 'plum': 9}", "max_iter": "5"},
    ),
    (
        "HistGradientBoostingClassifier",
        "classification",
        {"monotonic_cst": "{'size': -1}", "max_iter": "5"},
    ),
    ("KernelRidge", "regression", {"kernel": "chi2", "gamma": "0.5"}),
    (
        "MultinomialNB",
        "classification",
        {"preprocess__encoding": "ordinal", "preprocess__imputation": "mean"},
    ),
    (
        "BaggingRegressor",
        "regression",
        {"estimator": "sklearn.svm.SVR", "estimator__C": "3", "n_estimators": "3"},
    ),
    (
        "OneVsRestClassifier",
        "classification",
        {"estimator": "sklearn.tree.DecisionTreeClassifier", "estimator__max_depth": "2"},
    ),
]


def code_of(it: EstimatorPlan, task: Task, given: dict[str, str]) -> str:
    plan = make_plan()
    columns = [*FEATURES, column(TARGETS[task], role="target")]
    data = plan.data.model_dump() | {"columns": columns, "target": TARGETS[task]}
    jobs = [{**plan.tuning_jobs[0].model_dump(), "estimator": it.model_dump()}]
    contenders = [
        {"name": "winner", "estimator": it.key, "status": "scored", "mean": 0.9,
         "hyperparameters": given},
    ]  # fmt: skip
    changed = make_plan(task=task, data=data, tuning_jobs=jobs, seed=11)
    confirm = {"contenders": contenders, "classes": CLASSES if task == "classification" else None}
    return pipeline_code(make_results((), plan=changed, confirm=confirm))


def predictions(
    it: EstimatorPlan, task: Task, given: dict[str, str], folder: Path
) -> tuple[Any, Any]:
    """Return what the container's pipeline predicts, and what the pasted code does."""
    columns = [*FEATURES, column(TARGETS[task], role="target")]
    job = Job(
        folder / "ml",
        container_plan(columns, task=task, estimators=[estimator(it.key, it.class_path)]),
        files={"train/train.csv": TABLE},
    ).write()
    plan = job.read_plan()
    dataset = load(plan, job.folders, Notes())
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own = build_pipeline(
            dataset.schema, plan.estimator(it.key), given, task=task, seed=plan.seed
        )
        exec(compile(code_of(it, task, given), "pasted", "exec"), names)  # noqa: S102
        pasted = names["model"].fit(dataset.X, dataset.y).predict(dataset.X)
        return fit(own, dataset.X, dataset.y, Notes()).predict(dataset.X), pasted


def same(own: Any, pasted: Any) -> bool:
    if own.dtype.kind != "f":
        return bool((own == pasted).all())
    return bool(np.allclose(own, pasted, rtol=1e-9, atol=1e-9))


@pytest.mark.parametrize(
    ("name", "task"), [(name, task) for name, task in CASES if name not in REFUSED]
)
def test_for_every_estimator(name: str, task: Task, tmp_path: Path) -> None:
    it = planned(name, task)
    fixed = {n: v for n, v in it.fixed.items() if n != "random_state"}
    assert same(*predictions(it, task, fixed, tmp_path))


@pytest.mark.parametrize(("name", "task", "given"), CHOICES)
def test_with_every_choice(name: str, task: Task, given: dict[str, str], tmp_path: Path) -> None:
    it = planned(name, task)
    assert by_path(it.class_path).name == name
    assert same(*predictions(it, task, given, tmp_path))


def test_the_table_has_what_a_pipeline_has_to_prepare() -> None:
    from io import StringIO

    frame = pd.read_csv(StringIO(TABLE))
    assert frame["size"].isna().any()
    assert frame["colour"].isna().any()
