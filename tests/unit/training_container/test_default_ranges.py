"""Every corner of the catalogue's default ranges makes a pipeline that fits and predicts."""

from __future__ import annotations

import warnings

import pytest
from sklearn.base import clone

from sklearn_trainer.data.dataset import Dataset, load
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_pipeline
from tests.support.training import fruit
from tests.support.training.every_estimator import QUICK
from tests.support.training.jobs import Job, plan
from tunedrop.planning.estimators.catalogue import CATALOGUE, TASKS, classes_for
from tunedrop.planning.estimators.search_spaces import resolve_estimator
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop_common.plan import EstimatorPlan, Task

COSTLY = ("n_estimators", "max_iter")  # more of the same, which takes minutes
CASES = [
    pytest.param(name, task, marks=() if name in QUICK else pytest.mark.slow)
    for task in TASKS
    for name in CATALOGUE.classes
    if name in classes_for(task)
]


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Dataset]:
    datasets_by_task = {}
    for task in ("classification", "regression"):
        job = Job(
            tmp_path_factory.mktemp(task) / "ml",
            plan(fruit.columns(task), task=task),
            files={"train/train.csv": fruit.as_csv(fruit.rows(60))},
        ).write()
        datasets_by_task[task] = load(job.read_plan(), job.folders, JobWarnings())
    return datasets_by_task


def corner(estimator: EstimatorPlan, *, last: bool) -> dict[str, str]:
    values = dict(estimator.fixed)
    for name, interval in estimator.ranges.items():
        if interval.kind == "categorical":
            values[name] = interval.values[-1 if last else 0]
        else:
            number = interval.maximum if last else interval.minimum
            if name in COSTLY:
                number = min(number, 50)
            values[name] = str(int(number)) if interval.kind == "integer" else repr(number)
    return values


@pytest.mark.parametrize(("key", "task"), CASES)
def test_corners_of_the_default_ranges_fit(
    key: str, task: Task, datasets: dict[str, Dataset]
) -> None:
    estimator = resolve_estimator(key, task, TuningConfig(), 1)
    dataset = datasets[task]
    for last in (False, True):
        pipeline = build_pipeline(
            dataset.schema, estimator, corner(estimator, last=last), task=task, seed=1
        )
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            fitted = clone(pipeline).fit(dataset.train.X, dataset.train.y)
        assert len(fitted.predict(dataset.train.X)) == len(dataset.train.y)
