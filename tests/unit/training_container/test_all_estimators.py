"""Every estimator that PlanRun knows trains."""

from __future__ import annotations

from pathlib import Path

import pytest
import skops.io

from sklearn_trainer.data.dataset import load
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_pipeline
from tests.support.training.every_estimator import (
    METRICS,
    TABLE,
    cases,
    columns_for,
    planned,
)
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Job, estimator, metric_value, plan
from tunedrop_common.plan import Task
from tunedrop_common.trusted_types import trusted_types


@pytest.mark.parametrize(("name", "task"), cases())
def test_an_estimator_trains_and_serve_loads_its_model(
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

    read = job.folders.read_plan()
    dataset = load(read, job.folders, JobWarnings())
    kernel = {"kernel": "Matern"} if "GaussianProcess" in name else {}
    pipeline = build_pipeline(
        dataset.schema, read.estimator(it.key), {**it.fixed, **kernel}, task=task, seed=1
    )
    model = pipeline.fit(dataset.train.X, dataset.train.y)
    skops.io.dump(model, tmp_path / "model.skops")
    untrusted = set(skops.io.get_untrusted_types(file=tmp_path / "model.skops"))
    assert untrusted <= set(trusted_types())
    again = skops.io.load(tmp_path / "model.skops", trusted=sorted(untrusted))
    assert (again.predict(dataset.train.X) == model.predict(dataset.train.X)).all()
