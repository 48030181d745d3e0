"""Which models an ensemble takes, with which weights, and the scores by which it does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer

from sklearn_trainer.ensembling.prediction_scores import Truth, score_of
from sklearn_trainer.ensembling.selection import MOST_MEMBERS, ROUNDS, choose
from sklearn_trainer.evaluation.scoring import make_scorers

CLASSES = {2: np.array(["no", "yes"]), 3: np.array([0, 1, 2])}
OF_CLASSES = [
    "balanced_accuracy", "accuracy", "neg_log_loss", "roc_auc_ovr", "f1_macro", "f1_weighted",
    "matthews_corrcoef",
]  # fmt: skip
OF_TWO = [*OF_CLASSES, "roc_auc", "average_precision", "f1", "neg_brier_score"]
OF_NUMBERS = [
    "r2", "neg_mean_squared_error", "neg_root_mean_squared_error", "neg_mean_absolute_error",
    "explained_variance",
]  # fmt: skip


class Answers(BaseEstimator):  # type: ignore[misc]
    """A fitted model whose rows are the probabilities that it predicts."""

    def __init__(self, classes: Any = None) -> None:
        self.classes = classes

    def __sklearn_is_fitted__(self) -> bool:
        return True


class Probabilities(ClassifierMixin, Answers):  # type: ignore[misc]
    @property
    def classes_(self) -> Any:
        return self.classes

    def predict_proba(self, X: Any) -> Any:
        return X

    def predict(self, X: Any) -> Any:
        return self.classes[X.argmax(axis=1)]


class Numbers(RegressorMixin, Answers):  # type: ignore[misc]
    def predict(self, X: Any) -> Any:
        return X[:, 0].astype(float)


def truth_of(draw: np.random.Generator, rows: int, classes: int, weighted: bool) -> Truth:
    actual = draw.integers(0, classes, size=rows) if classes else draw.normal(size=rows)
    folds = np.arange(rows) % 3
    if classes:
        actual[: 3 * classes] = np.repeat(np.arange(classes), 3)  # each class in each fold
    weights = draw.uniform(0.5, 3, size=rows) if weighted else None
    return Truth(actual, folds, CLASSES[classes] if classes else None, weights)


def predictions_of(
    draw: np.random.Generator, truth: Truth, classes: int, candidates: int
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return predictions that know something of the truth, each candidate's own something."""
    rows = len(truth.actual)
    if not classes:
        noise = draw.normal(size=(candidates, rows, 1))
        return np.asarray(truth.actual[:, None] + noise, dtype=np.float32)
    right = np.eye(classes)[truth.actual]
    shares = draw.dirichlet(np.ones(classes), size=(candidates, rows)) + 0.6 * right
    shares /= shares.sum(axis=2, keepdims=True)
    return np.asarray(shares[:, :, 1:] if classes == 2 else shares, dtype=np.float32)


@pytest.mark.parametrize("weighted", [False, True], ids=["all alike", "weighted"])
@pytest.mark.parametrize(
    ("metric", "classes"),
    [(m, 2) for m in OF_TWO] + [(m, 3) for m in OF_CLASSES] + [(m, 0) for m in OF_NUMBERS],
)
def test_scores_are_scikit_learns_mean_over_the_folds(
    metric: str, classes: int, weighted: bool
) -> None:
    draw = np.random.default_rng(5)
    truth = truth_of(draw, 60, classes, weighted)
    (values,) = predictions_of(draw, truth, classes, 1)
    y = truth.actual if truth.classes is None else truth.classes[truth.actual]
    scorer = make_scorers((metric,), y)[metric]
    model = Probabilities(truth.classes) if classes else Numbers()
    full = np.column_stack([1 - values, values]) if classes == 2 else values
    takes = weighted and scorer._accept_sample_weight()
    expected = []
    for fold in range(3):
        rows = truth.folds == fold
        given_weights = {"sample_weight": truth.counts[rows]} if takes else {}
        expected.append(scorer(model, full[rows], y[rows], **given_weights))
    found = score_of(metric, scorer, truth)(values)
    assert found == pytest.approx(np.mean(expected), rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    candidates=st.integers(2, 12),
    rows=st.integers(20, 60),
    metric=st.sampled_from(["balanced_accuracy", "neg_log_loss", "roc_auc", "r2"]),
    most=st.integers(2, MOST_MEMBERS),
)
def test_an_ensemble_is_never_worse_than_the_best_single_on_what_it_is_chosen_from(
    seed: int, candidates: int, rows: int, metric: str, most: int
) -> None:
    draw = np.random.default_rng(seed)
    classes = 0 if metric == "r2" else 2
    truth = truth_of(draw, rows, classes, weighted=False)
    values = predictions_of(draw, truth, classes, candidates)
    score = score_of(metric, get_scorer(metric), truth)
    weights = choose(values, score, most)
    assert 1 <= len(weights) <= most
    assert sum(weights.values()) == pytest.approx(1)
    assert list(weights.values()) == sorted(weights.values(), reverse=True)
    assert min(weights.values()) >= 1 / ROUNDS
    mean = sum(weight * values[number] for number, weight in weights.items())
    assert score(np.asarray(mean, dtype=np.float32)) >= max(map(score, values)) - 1e-5
    assert choose(values, score, most) == weights


def test_models_that_err_in_opposite_ways_are_combined_and_useless_ones_left_out() -> None:
    draw = np.random.default_rng(1)
    truth = truth_of(draw, 300, 0, weighted=False)
    error = draw.normal(size=300)
    values = np.stack([truth.actual + error, truth.actual - error, 9 + 0 * error])
    score = score_of("r2", get_scorer("r2"), truth)
    assert choose(values[:, :, None].astype(np.float32), score) == {0: 0.5, 1: 0.5}


def test_of_equal_models_the_first_is_taken_alone() -> None:
    draw = np.random.default_rng(1)
    truth = truth_of(draw, 60, 2, weighted=False)
    values = predictions_of(draw, truth, 2, 1).repeat(4, axis=0)
    score = score_of("neg_log_loss", get_scorer("neg_log_loss"), truth)
    assert choose(values, score) == {0: 1.0}


def test_rows_for_which_the_metric_is_not_defined_decide_nothing() -> None:
    draw = np.random.default_rng(1)
    truth = truth_of(draw, 60, 2, weighted=False)
    one_class = truth.at(np.flatnonzero(truth.actual == 1))
    values = predictions_of(draw, one_class, 2, 3)
    for metric in ("roc_auc", "average_precision"):
        score = score_of(metric, get_scorer(metric), one_class)
        assert set(choose(values, score)) <= {0, 1, 2}
    assert choose(values, score_of("roc_auc", get_scorer("roc_auc"), one_class)) == {0: 1.0}
    some = truth.at(np.flatnonzero((truth.actual == 1) | (truth.folds == 2)))
    expected = score_of("roc_auc", get_scorer("roc_auc"), truth.at(truth.folds == 2))
    few = predictions_of(draw, some, 2, 1)[0]
    last = few[some.folds == some.folds.max()]
    assert score_of("roc_auc", get_scorer("roc_auc"), some)(few) == pytest.approx(expected(last))
