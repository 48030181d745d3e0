"""A model in use that is an ensemble is scored, refitted, written and served like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sklearn_trainer.serving.model_folder import load_model
from tests.support.training import fruit
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Job, estimator, plan
from tests.support.training.models import FAST, Trained

LINEAR = estimator(
    "linear", "sklearn.linear_model.LogisticRegression", fixed={"class_weight": str({"plum": 3})}
)
FOREST = estimator("forest", "sklearn.ensemble.RandomForestClassifier", fixed={"n_jobs": "2"})
CHAMPION: dict[str, Any] = {
    "run_id": "20261001T000000Z-00000000",
    "estimator": FOREST,
    "hyperparameters": {"n_estimators": "9"},
    "members": [
        {"estimator": FOREST, "hyperparameters": {"n_estimators": "9"}, "weight": 0.75},
        {"estimator": LINEAR, "hyperparameters": {"C": "0.5"}, "weight": 0.25},
    ],
}


def test_an_ensemble_in_use_is_refitted_with_its_weights(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    dummy = estimator("hopeless", "sklearn.dummy.DummyClassifier")
    job = Job(
        tmp_path / "ml",
        plan(fruit.columns(), estimators=[dummy], confirm={**FAST, "champion": CHAMPION}),
        job="confirm",
        files={"train/train.csv": fruit.as_csv(fruit.rows())},
    ).write()
    finished = fork_server.run(job)
    assert finished.code == 0, finished.log
    assert finished.confirm["shipped"] == "champion"
    assert finished.confirm["verdict"] == "kept champion"
    assert finished.metadata["estimator"] == "sklearn.ensemble.VotingClassifier"
    assert finished.metadata["members"] == [
        {
            "estimator": "sklearn.ensemble.RandomForestClassifier",
            "hyperparameters": {"n_jobs": "2", "n_estimators": "9"},
            "weight": 0.75,
        },
        {
            "estimator": "sklearn.linear_model.LogisticRegression",
            "hyperparameters": {"class_weight": "{'plum': 3}", "C": "0.5"},
            "weight": 0.25,
        },
    ]
    trained = Trained(job)
    model = load_model(job.folders)
    assert model.gives_probabilities
    assert model.classes == ("apple", "pear", "plum")
    forest, linear = model.pipeline[-1].estimators_
    assert forest[-1].n_jobs is None
    assert linear[-1].class_weight == {2: 3}
    X = trained.dataset.X
    expected = 0.75 * forest.predict_proba(X) + 0.25 * linear.predict_proba(X)
    assert trained.probabilities == pytest.approx(expected, abs=1e-12)
