"""A training job on a mixed table with gaps scores as scikit-learn itself does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import cross_validate

from sklearn_trainer.data.dataset import load
from sklearn_trainer.data.folds import make_folds
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_pipeline
from tests.support.training import fruit
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Job, estimator, metric_value, plan

CASES = [
    ("classification", "sklearn.ensemble.HistGradientBoostingClassifier", {"max_iter": "10"}),
    ("classification", "sklearn.svm.SVC", {"C": "1e1", "kernel": "rbf"}),
    ("regression", "sklearn.linear_model.Ridge", {"alpha": "0.5"}),
    ("classification", "sklearn.neighbors.NearestCentroid", {"shrink_threshold": "0.5"}),
]


@pytest.mark.parametrize(("task", "class_path", "hyperparameters"), CASES)
def test_a_training_job_scores_exactly_as_cross_validate_does(
    task: str,
    class_path: str,
    hyperparameters: dict[str, str],
    tmp_path: Path,
    fork_server: ForkServer,
) -> None:
    objective, additional = {
        "classification": ("balanced_accuracy", "accuracy"),
        "regression": ("r2", "neg_mean_absolute_error"),
    }[task]
    job = Job(
        tmp_path / "ml",
        plan(
            fruit.columns(task),
            task=task,
            estimators=[estimator("it", class_path)],
            additional=(additional,),
        ),
        hyperparameters,
        files={"train/train.csv": fruit.as_csv(fruit.rows())},
    ).write()
    finished = fork_server.run(job)
    assert finished.code == 0, finished.log
    assert len(finished.lines) == 3

    the_plan = job.read_plan()
    dataset = load(the_plan, job.folders, JobWarnings())
    expected = cross_validate(
        build_pipeline(
            dataset.schema,
            the_plan.estimator("it"),
            hyperparameters,
            task=task,
            seed=the_plan.seed,
        ),
        dataset.train.X,
        dataset.train.y,
        cv=make_folds(dataset.train.splits(the_plan), the_plan.cross_validation, JobWarnings()),
        scoring=[objective, additional],
    )
    for name in (objective, additional):
        values = expected[f"test_{name}"]
        assert finished.tune["metrics"][name] == values.tolist()
        assert metric_value(finished.lines[-1], f"validation:{name}") == np.mean(values)
        assert metric_value(finished.lines[0], f"validation:{name}") == values[0]
    assert metric_value(finished.lines[-1], "fold_spread") == np.std(expected[f"test_{objective}"])
    assert [metric_value(line, "folds_done") for line in finished.lines] == [1, 2, 3]
