"""Predictions that are kept while folds are scored: whose they are, and that they cost little."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import KFold, cross_val_predict, cross_val_score
from sklearn.multiclass import OutputCodeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import SVC

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.evaluation.evaluate import FoldResult, FoldScore, score_folds
from sklearn_trainer.evaluation.predictions import Predicted
from sklearn_trainer.evaluation.scoring import make_scorers
from sklearn_trainer.job_warnings import JobWarnings

DRAW = np.random.default_rng(0)
ROWS = 120
X = pd.DataFrame(DRAW.normal(size=(ROWS, 3)), columns=["a", "b", "c"])
FOLDS = list(KFold(4, shuffle=True, random_state=1).split(X))
TWO = np.where(X["a"] + DRAW.normal(size=ROWS) > 0, "yes", "no")
THREE = np.array(["low", "mid", "top"])[np.digitize(X["a"], [-0.5, 0.5])]


def kept(
    model: Any, y: npt.NDArray[Any], metrics: tuple[str, ...], **more: Any
) -> tuple[list[FoldResult[FoldScore]], Predicted | None]:
    pipeline = model if isinstance(model, Pipeline) else make_pipeline(model)
    scorers = make_scorers(metrics, y)
    folds = more.pop("folds", FOLDS)
    scored = list(
        score_folds(pipeline, Portion(X, y), folds, scorers, JobWarnings(), keep=True, **more)
    )
    return scored, Predicted.join([fold.value.predicted for fold in scored])


def in_order(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate([values[validation] for _, validation in FOLDS])


@pytest.mark.parametrize(("y", "classes"), [(TWO, 2), (THREE, 3)])
def test_a_classifiers_probabilities_are_those_of_scikit_learn(
    y: npt.NDArray[Any], classes: int
) -> None:
    model = LogisticRegression()
    scored, predicted = kept(model, y, ("accuracy",))
    expected = cross_val_predict(make_pipeline(model), X, y, cv=FOLDS, method="predict_proba")
    labels = cross_val_predict(make_pipeline(model), X, y, cv=FOLDS)
    assert predicted is not None
    assert predicted.labels is not None
    assert predicted.kind == "probabilities"
    assert np.unique(y)[predicted.labels].tolist() == in_order(labels).tolist()
    for index in range(classes):
        assert predicted.of_class(index) == pytest.approx(in_order(expected)[:, index], abs=1e-7)
    scores = cross_val_score(make_pipeline(model), X, y, cv=FOLDS)
    assert [fold.value.scores["accuracy"] for fold in scored] == scores.tolist()


@pytest.mark.parametrize(
    ("model", "y", "kind", "columns"),
    [
        (RidgeClassifier(), THREE, "decisions", 3),
        (RidgeClassifier(), TWO, "decisions", 1),
        (SVC(decision_function_shape="ovo"), np.arange(ROWS) % 4, "labels", 0),  # pairs of classes
        (OutputCodeClassifier(GaussianNB(), random_state=0), THREE, "labels", 0),
    ],
)
def test_what_a_model_without_probabilities_has_is_kept(
    model: Any, y: npt.NDArray[Any], kind: str, columns: int
) -> None:
    _, predicted = kept(model, y, ("accuracy",))
    assert predicted is not None
    assert (predicted.kind, predicted.values.shape) == (kind, (ROWS, columns))


@pytest.mark.parametrize("model", [LogisticRegression(), RidgeClassifier()])
@pytest.mark.parametrize("classes_known", [("low", "top"), ("low", "mid")])
def test_a_class_that_a_fold_did_not_see_is_never_the_likeliest(
    model: Any, classes_known: tuple[str, str]
) -> None:
    train = np.flatnonzero(np.isin(THREE, classes_known))[:60]
    fold = (train, np.setdiff1d(np.arange(ROWS), train))
    _, predicted = kept(model, THREE, ("accuracy",), folds=[fold])
    assert predicted is not None
    assert predicted.values.shape == (len(fold[1]), 3)
    lacking = ["low", "mid", "top"].index(({"low", "mid", "top"} - set(classes_known)).pop())
    likeliest = predicted.values.argmax(axis=1)
    assert likeliest.tolist() == (predicted.labels.tolist() if predicted.labels is not None else [])
    assert lacking not in likeliest
    if predicted.kind == "probabilities":
        assert predicted.values.sum(axis=1) == pytest.approx(np.ones(len(fold[1])), abs=1e-6)


class Silent(LogisticRegression):  # type: ignore[misc]
    def predict_proba(self, X: Any) -> Any:
        raise ValueError("no probabilities today")


def test_a_model_that_cannot_say_its_probabilities_is_scored_all_the_same() -> None:
    scored, predicted = kept(Silent(), TWO, ("accuracy",))
    assert predicted is None
    assert all(fold.value.scores["accuracy"] > 0.5 for fold in scored)


def test_a_metric_that_may_be_missing_is_nan_where_it_is_not_defined() -> None:
    one_class = (np.arange(80), np.flatnonzero(TWO == "yes")[-20:])
    scored, _ = kept(
        LogisticRegression(),
        TWO,
        ("accuracy", "neg_log_loss", "roc_auc"),
        folds=[FOLDS[0], one_class],
        objective="accuracy",
    )
    assert math.isfinite(scored[0].value.scores["roc_auc"])
    assert math.isnan(scored[1].value.scores["roc_auc"])
    assert math.isfinite(scored[1].value.scores["accuracy"])


def test_folds_of_which_one_has_no_predictions_have_none() -> None:
    labels_alone = Predicted("labels", np.zeros(3, np.int32), np.empty((3, 0), np.float32))
    decisions = Predicted("decisions", np.zeros(3, np.int32), np.empty((3, 1), np.float32))
    assert Predicted.join([labels_alone, None]) is None
    assert Predicted.join([None, labels_alone]) is None
    assert Predicted.join([labels_alone, decisions]) is None
    joined = Predicted.join([labels_alone, labels_alone])
    assert joined is not None
    assert joined.values.shape == (6, 0)
