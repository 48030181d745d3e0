"""Weights by the names of classes mean the target's own, whatever type these have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.utils.class_weight import compute_sample_weight

from sklearn_trainer.model.class_weights import translate_class_weights
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Finished, Job, column, estimator, plan

BOOSTING = "sklearn.ensemble.HistGradientBoostingClassifier"
LINEAR = "sklearn.linear_model.LogisticRegression"


def train(
    folder: Path, server: ForkServer, labels: list[str], class_path: str, **hyperparameters: str
) -> Finished:
    draw = np.random.default_rng(3).normal(size=90)
    rows = "".join(f"{i % 3 + draw[i]:.3f},{labels[i % len(labels)]}\n" for i in range(90))
    job = Job(
        folder / "ml",
        plan(
            [column("size"), column("kind", "categorical", "target")],
            estimators=[estimator("it", class_path)],
            metric="recall_macro",
        ),
        hyperparameters,
        files={"train/train.csv": f"size,kind\n{rows}"},
    ).write()
    return server.run(job)


@pytest.mark.parametrize(
    ("class_path", "labels"),
    [(BOOSTING, ["true", "false"]), (LINEAR, ["010", "007", "100"])],
)
def test_a_job_takes_weights_by_the_names_of_classes(
    class_path: str, labels: list[str], tmp_path: Path, fork_server: ForkServer
) -> None:
    weights = f"{{{labels[0]!r}: 9}}"
    weighted = train(tmp_path / "1", fork_server, labels, class_path, class_weight=weights)
    assert weighted.code == 0, weighted.log
    plain = train(tmp_path / "2", fork_server, labels, class_path)
    assert weighted.tune["metrics"] != plain.tune["metrics"]


@pytest.mark.parametrize("labels", [["pear", "plum", "apple"], [1, 2, 3], [True, False]])
def test_boosting_weighs_the_class_that_is_named_and_no_other(labels: list[Any]) -> None:
    draw = np.random.default_rng(0)
    y = np.array(labels * 30)
    X = draw.normal(size=(len(y), 3))
    weights = {labels[1]: 5.0}
    weighted = HistGradientBoostingClassifier(max_iter=5, class_weight=weights, random_state=0)
    translate_class_weights(weighted, y)
    expected = HistGradientBoostingClassifier(max_iter=5, random_state=0)
    row_weights = compute_sample_weight({**dict.fromkeys(labels, 1.0), **weights}, y)
    expected.fit(X, y, sample_weight=row_weights)
    probabilities = weighted.fit(X, y).predict_proba(X)
    assert (probabilities == expected.predict_proba(X)).all()


def test_weights_inside_of_another_estimator_are_told_too() -> None:
    from sklearn.calibration import CalibratedClassifierCV

    model = CalibratedClassifierCV(HistGradientBoostingClassifier(class_weight={"plum": 3}))
    translate_class_weights(model, np.array(["pear", "plum"] * 5))
    assert model.estimator.class_weight == {1: 3}


def test_a_job_that_names_no_class_says_which_there_are(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    labels = ["pear", "plum", "apple"]
    finished = train(tmp_path, fork_server, labels, BOOSTING, class_weight="{'cherry': 2}")
    assert finished.code == 1
    assert not finished.lines
    assert "class_weight of HistGradientBoostingClassifier" in finished.failure
    assert "Found 'cherry'; expected 'apple', 'pear', 'plum'" in finished.failure
