"""Every estimator of scikit-learn with every metric of its task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import get_scorer
from sklearn.tree import DecisionTreeClassifier

from sklearn_trainer.data.dataset import load
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.evaluation.scoring import (
    greatest_score,
    least_score,
    make_scorers,
    response_methods,
    score,
)
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_baseline, build_pipeline
from tests.support.training.every_estimator import cases, planned, rows
from tests.support.training.fruit import as_csv
from tests.support.training.jobs import Job, column, estimator, plan
from tunedrop.planning.metrics import METRICS
from tunedrop_common.plan import EstimatorPlan, Task

TABLE = [{**row, "class": index % 2} for index, row in enumerate(rows())]
TARGETS = {"classification": "class", "regression": "price"}


def fitted(it: EstimatorPlan | None, task: Task, folder: Path) -> tuple[Any, Any, Any]:
    features = [column("size"), column("weight"), column("colour", "categorical")]
    job = Job(
        folder / "ml",
        plan(
            [*features, column(TARGETS[task], "numeric", "target")],
            task=task,
            estimators=[estimator(it.key, it.class_path, fixed=it.fixed)] if it else None,
        ),
        files={"train/train.csv": as_csv(TABLE)},
    ).write()
    read = job.read_plan()
    data = load(read, job.folders, JobWarnings())
    pipeline = (
        build_pipeline(data.schema, read.estimator(it.key), it.fixed, task=task, seed=1)
        if it
        else build_baseline(task)
    )
    return fit(pipeline, data.X, data.y, JobWarnings()), data.X, data.y


def fits(metric: str, name: str) -> bool:
    """Check what a metric needs beside a method of the model.

    `top_k_accuracy` needs three classes, and OutputCodeClassifier alone gives no scores of classes.
    """
    of_scores = metric in ("roc_auc", "average_precision")
    return metric != "top_k_accuracy" and not (of_scores and name == "OutputCodeClassifier")


@pytest.mark.parametrize(("name", "task"), cases())
def test_a_metric_scores_an_estimator_as_scikit_learn_does(
    name: str, task: Task, tmp_path: Path
) -> None:
    model, X, y = fitted(planned(name, task), task, tmp_path)
    # Logarithms and deviances are not defined for predictions below 0, which some give.
    scorable = [
        metric
        for metric in METRICS[task]
        if fits(metric, name)
        and any(hasattr(model, method) for method in response_methods(metric))
        and "log_error" not in metric
        and "deviance" not in metric
    ]
    assert scorable
    values = score(model, X, y, make_scorers(scorable, y))
    for metric, value in values.items():
        assert value == pytest.approx(get_scorer(metric)(model, X, y))
        assert least_score(metric) <= value <= greatest_score(metric) + 1e-9


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_greater_is_better_by_every_metric_of_a_real_model(task: Task, tmp_path: Path) -> None:
    forest = "RandomForestClassifier" if task == "classification" else "RandomForestRegressor"
    metrics = [metric for metric in METRICS[task] if fits(metric, forest)]
    model, X, y = fitted(planned(forest, task), task, tmp_path / "1")
    baseline, _, _ = fitted(None, task, tmp_path / "2")
    scorers = make_scorers(metrics, y)
    good, bad = score(model, X, y, scorers), score(baseline, X, y, scorers)
    # The baseline of a classification always predicts one class: its recall may be perfect.
    worse = [metric for metric in metrics if good[metric] <= bad[metric]]
    assert set(worse) <= {"recall"}


@pytest.mark.parametrize("name", ["f1", "precision", "recall", "average_precision", "roc_auc"])
def test_a_metric_of_the_class_1_scores_it_whatever_the_other_class_is(name: str) -> None:
    y = np.array([1, 2] * 20)
    X = np.arange(40).reshape(-1, 1) % 7
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y)
    values = score(model, X, y, make_scorers([name, "neg_brier_score"], y))
    assert values[name] == get_scorer(name)(model, X, y)
