"""Data whose truth is known, on which Confirm's verdict is checked with real fits.

The target follows a hidden signal, and each model has a feature that measures it with an error of
its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

Numbers = npt.NDArray[np.float64]

FUTURE = 1000
"""Rows to come, by which it is told which model is better."""


@dataclass(frozen=True)
class Truth:
    """How data comes about.

    Parameters
    ----------
    quality
        Of the models: how much of a feature's variance is the signal.
    later
        The same of the models of the later run; None: as before.
    features
        Of each model; all but the first are noise.
    memory
        Of signal, errors and noise: how much of a row's value the next row keeps (AR(1)).
    drift
        How much what the errors add to the target wanders from row to row, as a random walk.
    tried
        Models of each kind that each search tries.
    rows_a_group
        Rows of one group share a part of signal, errors and noise.
    """

    rows: int = 200
    estimator: str = "linear"
    signal: float = 1.0
    quality: float = 0.5
    later: float | None = None
    features: int = 1
    tried: int = 5
    kind: Literal["shuffled", "grouped", "ordered"] = "shuffled"
    tails: float = 0.0  # degrees of freedom of Student's t; 0 is a normal noise
    memory: float = 0.0
    drift: float = 0.0
    rows_a_group: int = 1

    def draw(self, source: np.random.Generator, qualities: Numbers) -> tuple[Numbers, Numbers]:
        """Return each model's features, and a target: the rows, then `FUTURE` more.

        What is to come has the drift of the last row, without a memory of it.
        """
        models, rows = len(qualities), self.rows
        signal = self._with_future(source.normal(size=(rows, 1)), source)
        errors = self._with_future(source.normal(size=(rows, models)), source)
        draw_noise = source.standard_normal
        noise = self._with_future(draw_noise(size=(rows, 1)), source)
        if self.tails:
            noise = source.standard_t(self.tails, size=noise.shape)
        shares = np.cumsum(self.drift * source.normal(size=(rows, models)), axis=0)
        shares = np.vstack([shares, np.repeat(shares[-1:], FUTURE, axis=0)])
        X = source.normal(size=(len(signal), models * self.features))
        X[:, :: self.features] = np.sqrt(qualities) * signal + np.sqrt(1 - qualities) * errors
        y = self.signal * signal[:, 0] + noise[:, 0] + (shares * errors).sum(axis=1)
        return X, y

    def _with_future(self, values: Numbers, source: np.random.Generator) -> Numbers:
        for row in range(1, len(values) if self.memory else 0):
            values[row] = self.memory * values[row - 1] + np.sqrt(1 - self.memory**2) * values[row]
        extended = np.vstack([values, source.normal(size=(FUTURE, values.shape[1]))])
        if self.rows_a_group > 1:
            groups = np.arange(len(extended)) // self.rows_a_group
            shared = source.normal(size=(groups[-1] + 1, extended.shape[1]))
            extended = (extended + shared[groups]) / np.sqrt(2)
        return extended


class Fixed(BaseEstimator):  # type: ignore[misc]
    """Predicts the same of a row whatever it has learnt from."""

    def fit(self, X: Numbers, y: npt.NDArray[Any]) -> Fixed:
        return self

    def predict_proba(self, X: Numbers) -> Numbers:
        second = 1 / (1 + np.exp(-X[:, 0]))
        return np.column_stack([1 - second, second])


def r2(y: npt.NDArray[Any], values: Numbers) -> float:
    """Return scikit-learn's score, whose own checks take longer than these fits."""
    return float(1 - ((y - values) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def balanced_accuracy(y: npt.NDArray[Any], values: Numbers) -> float:
    """Return scikit-learn's score, of the second class's probabilities."""
    right = (values > 0.5) == y
    return float(np.mean([right[y == label].mean() for label in np.unique(y)]))


def roc_auc(y: npt.NDArray[Any], values: Numbers) -> float:
    """Return scikit-learn's score, by ranks; no two predictions are equal."""
    ones, ranks = y == 1, values.argsort().argsort() + 1
    first, second = int(ones.sum()), int((~ones).sum())
    return float((ranks[ones].sum() - first * (first + 1) / 2) / (first * second))


ESTIMATORS: dict[str, tuple[Callable[[], Any], Callable[..., float], str]] = {
    "linear": (LinearRegression, r2, "r2"),
    "tree": (lambda: DecisionTreeRegressor(max_depth=3, random_state=0), r2, "r2"),
    "bayes": (GaussianNB, balanced_accuracy, "balanced_accuracy"),
    "fixed": (Fixed, balanced_accuracy, "balanced_accuracy"),
    "stump": (
        lambda: DecisionTreeClassifier(max_depth=1, random_state=0),
        balanced_accuracy,
        "balanced_accuracy",
    ),
    "ranking": (LinearDiscriminantAnalysis, roc_auc, "roc_auc"),
}


TRUTHS = {
    "numbers": Truth(),
    "numbers, much alike": Truth(quality=0.9),
    "numbers, heavy tails": Truth(tails=2.5),
    "numbers, 40 rows": Truth(rows=40),
    "trees, 200 rows": Truth(estimator="tree"),
    "classes, 60 rows": Truth(rows=60, estimator="bayes"),
    "classes, 60 rows, 20 tried": Truth(rows=60, estimator="bayes", tried=20),
    "stumps of three columns, 60 rows": Truth(rows=60, estimator="stump", features=3),
    "20 groups": Truth(kind="grouped", rows_a_group=10),
    "in order, with a memory": Truth(kind="ordered", memory=0.9),
    "in order, drifting": Truth(kind="ordered", drift=0.02),
    "nothing to learn, ranks": Truth(estimator="ranking", signal=0.0),
    "nothing to learn, fixed classes, 60 rows": Truth(rows=60, estimator="fixed", signal=0.0),
}
"""All models are equally good on average: a promotion is chance, or a fit that is better here."""

WORSE, BETTER = Truth(later=0.4), Truth(later=0.8)
"""All models of the later run are a little worse than those of the earlier one, or much better."""
