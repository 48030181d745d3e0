"""Tables whose columns say nothing, on which a column that is called important is a false alarm.

The models are the fastest that there are, for hundreds of tables; folds and judgement are those of
the container.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_trainer.data.folds import FoldSizes, Splits, fresh_folds
from sklearn_trainer.explanation.importance import estimate_drops
from sklearn_trainer.job_warnings import JobWarnings
from tunedrop_common.plan import ConfirmPlan

Numbers = npt.NDArray[np.float64]
Model = Callable[[Numbers], Numbers]


def line(X: Numbers, y: Numbers) -> Model:
    """Fit least squares."""
    ones = np.column_stack([X, np.ones(len(X))])
    coefficients = np.linalg.lstsq(ones, y, rcond=None)[0]

    def predict(rows: Numbers) -> Numbers:
        return np.asarray(rows @ coefficients[:-1] + coefficients[-1])

    return predict


def nearest_mean(X: Numbers, y: Numbers) -> Model:
    """Fit the class whose mean is nearest."""
    means = [X[y == label].mean(axis=0) for label in (0, 1)]

    def predict(rows: Numbers) -> Numbers:
        near = [((rows - mean) ** 2).sum(axis=1) for mean in means]
        return np.asarray(near[1] < near[0], dtype=np.float64)

    return predict


def nearest_rows(X: Numbers, y: Numbers) -> Model:
    """Fit the class that most of the three nearest rows have."""

    def predict(rows: Numbers) -> Numbers:
        far = ((rows[:, None] - X[None]) ** 2).sum(axis=2)
        nearest = y[np.argsort(far, axis=1)[:, :3]]
        return np.asarray(nearest.mean(axis=1) > 0.5, dtype=np.float64)

    return predict


def r2(y: Numbers, predicted: Numbers) -> float:
    return float(1 - ((y - predicted) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def accuracy(y: Numbers, predicted: Numbers) -> float:
    return float((y == predicted).mean())


@dataclass(frozen=True)
class Noise:
    """How a table without any truth comes about, and what is fitted to it."""

    fit: Callable[[Numbers, Numbers], Model]
    score: Callable[[Numbers, Numbers], float]
    rows: int = 60
    columns: int = 1
    folds: int = 20
    rows_a_group: int = 1

    def splits(self, y: npt.NDArray[Any]) -> Splits:
        if self.rows_a_group == 1:
            return Splits(y, stratified=y.dtype.kind != "f")
        return Splits(y, False, np.arange(self.rows) // self.rows_a_group)

    def draw(self, source: np.random.Generator) -> tuple[Numbers, npt.NDArray[Any]]:
        drawn = source.normal(size=(self.rows, self.columns + 1))
        if self.rows_a_group > 1:
            of = np.arange(self.rows) // self.rows_a_group
            drawn += 2 * source.normal(size=(of[-1] + 1, self.columns + 1))[of]
        y = drawn[:, -1]
        return drawn[:, :-1], y if self.score is r2 else (y > np.median(y)).astype(np.int64)


def finds_something(noise: Noise, seed: int) -> bool:
    """Return whether any column of one table is called important."""
    X, y = noise.draw(np.random.default_rng(seed))
    plan = ConfirmPlan(
        name="tc", folds=5, repeats=4, seed=seed, max_seconds=1, max_seconds_per_contender=1
    )
    folds = fresh_folds(noise.splits(y), plan, JobWarnings()).folds[: noise.folds]
    source, drops = np.random.default_rng(seed), []
    for train, scored in folds:
        model, truth = noise.fit(X[train], y[train]), y[scored]
        shuffled = []
        for column in range(noise.columns):
            rows = X[scored]
            rows[:, column] = source.permutation(rows[:, column])
            shuffled.append(noise.score(truth, model(rows)))
        drops.append(noise.score(truth, model(X[scored])) - np.array(shuffled))
    groups = [(f"x{place}",) for place in range(noise.columns)]
    judged = estimate_drops(np.array(drops), groups, FoldSizes.of(folds))
    return any(importance.is_significant for importance in judged)


NOISE = {
    "a line, one column": Noise(line, r2),
    "a line, five columns": Noise(line, r2, columns=5),
    "a line, 200 rows": Noise(line, r2, rows=200),
    "a line, five folds": Noise(line, r2, folds=5),
    "a line, groups": Noise(line, r2, rows=200, rows_a_group=10),
    "classes, two folds": Noise(nearest_mean, accuracy, folds=2),
    "classes, 30 rows": Noise(nearest_mean, accuracy, rows=30),
    "nearest rows, 60 rows": Noise(nearest_rows, accuracy),
    "nearest rows, 30 rows, three columns": Noise(nearest_rows, accuracy, rows=30, columns=3),
}
