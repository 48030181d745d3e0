"""Every estimator of scikit-learn trains, is scored by every metric of its task, and is served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.metrics import get_scorer
from sklearn.tree import DecisionTreeClassifier

from sklearn_trainer.data.dataset import Portion, load
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.evaluation.scoring import (
    greatest_score,
    least_score,
    make_scorers,
    response_methods,
    score,
)
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_pipeline
from tests.support.training.every_estimator import cases, planned
from tests.support.training.every_estimator import rows as table_rows
from tests.support.training.fruit import as_csv
from tests.support.training.jobs import Job, column, estimator, plan
from tunedrop_common.metric_names import METRIC_NAMES
from tunedrop_common.plan import EstimatorPlan, Task
from tunedrop_common.trusted_types import trusted_types

TABLE = [{**row, "class": index % 2} for index, row in enumerate(table_rows())]
TARGETS = {"classification": "class", "regression": "price"}


def fitted(it: EstimatorPlan, task: Task, folder: Path) -> tuple[Any, Portion]:
    features = [column("size"), column("weight"), column("colour", "categorical")]
    job = Job(
        folder / "ml",
        plan(
            [*features, column(TARGETS[task], "numeric", "target")],
            task=task,
            estimators=[estimator(it.key, it.class_path, fixed=it.fixed)],
        ),
        files={"train/train.csv": as_csv(TABLE)},
    ).write()
    read = job.read_plan()
    data = load(read, job.folders, JobWarnings())
    kernel = {"kernel": "Matern"} if "GaussianProcess" in it.key else {}
    chosen = {**it.fixed, **kernel, "preprocess__imputation": "mean"}
    pipeline = build_pipeline(data.schema, read.estimator(it.key), chosen, task=task, seed=1)
    return fit(pipeline, data.train, JobWarnings()), data.train


def fits(metric: str, name: str) -> bool:
    """Check what a metric needs beside a method of the model.

    `top_k_accuracy` needs three classes, and OutputCodeClassifier alone gives no scores of classes.
    """
    of_scores = metric in ("roc_auc", "average_precision")
    return metric != "top_k_accuracy" and not (of_scores and name == "OutputCodeClassifier")


@pytest.mark.parametrize(("name", "task"), cases())
def test_an_estimator_is_scored_as_by_scikit_learn_and_serve_loads_its_model(
    name: str, task: Task, tmp_path: Path
) -> None:
    model, rows = fitted(planned(name, task), task, tmp_path)
    # Logarithms and deviances are not defined for predictions below 0, which some give.
    scorable = [
        metric
        for metric in METRIC_NAMES[task]
        if fits(metric, name)
        and any(hasattr(model, method) for method in response_methods(metric))
        and "log_error" not in metric
        and "deviance" not in metric
    ]
    assert scorable
    values = score(model, rows, make_scorers(scorable, rows.y))
    for metric, value in values.items():
        assert value == pytest.approx(get_scorer(metric)(model, rows.X, rows.y))
        assert least_score(metric) <= value <= greatest_score(metric) + 1e-9
    written = skops.io.dumps(model)
    untrusted = skops.io.get_untrusted_types(data=written)
    assert set(untrusted) <= set(trusted_types())
    again = skops.io.loads(written, trusted=untrusted)
    assert (again.predict(rows.X) == model.predict(rows.X)).all()


@pytest.mark.parametrize("name", ["f1", "precision", "recall", "average_precision", "roc_auc"])
def test_a_metric_of_the_class_1_scores_it_whatever_the_other_class_is(name: str) -> None:
    y = np.array([1, 2] * 20)
    X = pd.DataFrame({"x": np.arange(40) % 7})
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y)
    values = score(model, Portion(X, y), make_scorers([name, "neg_brier_score"], y))
    assert values[name] == get_scorer(name)(model, X, y)
