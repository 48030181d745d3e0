"""Shuffles columns of rows that a fitted model has not seen, and scores it on them.

Many shuffled copies of the rows are predicted in one call: a pipeline takes about as long for a
hundred rows as for one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sklearn_trainer.data.values import Floats
from sklearn_trainer.evaluation.evaluate import FittedFold
from sklearn_trainer.evaluation.scoring import Scorer, response_methods, score
from sklearn_trainer.explanation.columns import Group
from sklearn_trainer.explanation.refits import drawn_before
from sklearn_trainer.model.pipeline import Pipeline

# Predicted in one call. Some models need memory for each pair of such a row and a training row.
MOST_STACKED, MOST_VALUES = 10_000, 4_000_000

# Of a fold, and so few only where there is no time for more.
MOST_ROWS, FEWEST_ROWS = 5_000, 100


@dataclass(frozen=True)
class Shuffled:
    """The scores of one fold: with the rows as they are, and with each group of columns shuffled.

    Parameters
    ----------
    shuffled
        Of shape (permutations, groups).
    """

    score: float
    shuffled: Floats


def shuffle(
    fold: FittedFold,
    groups: Sequence[Group],
    scorers: Mapping[str, Scorer],
    *,
    permutations: int,
    seed: int,
    seconds: float,
) -> Shuffled:
    """Score the rows as they are, then with each group of columns shuffled, several times.

    What would take longer than `seconds` is left out: permutations but for the first, then rows.
    """
    drawn, generator = drawn_before(fold.y, seed), np.random.default_rng(seed)
    shuffling = _Shuffling(_some(fold, drawn, MOST_ROWS), groups, scorers)
    expected = shuffling.expected(generator)
    if expected > seconds:
        rows = int(len(shuffling.fold.y) * seconds / expected)
        shuffling = _Shuffling(_some(fold, drawn, max(rows, FEWEST_ROWS)), groups, scorers)
    started = time.monotonic()
    found = [shuffling.permuted(generator)]
    while len(found) < permutations:
        if (time.monotonic() - started) * (len(found) + 1) / len(found) > seconds:
            break
        found.append(shuffling.permuted(generator))
    return Shuffled(shuffling.score(shuffling.answers(shuffling.fold.X)), np.array(found))


def _some(fold: FittedFold, drawn: Floats, most: int) -> FittedFold:
    """Return a fold with so many of its rows, or few more where there are many classes."""
    if len(fold.y) <= most:
        return fold
    kept = drawn < most / len(fold.y)
    weights = None if fold.weights is None else fold.weights[kept]
    return FittedFold(fold.model, fold.rows[kept], fold.X[kept], fold.y[kept], weights)


class _Shuffling:
    """A fold's rows, and the one answer of its model that the scorer asks for."""

    def __init__(
        self, fold: FittedFold, groups: Sequence[Group], scorers: Mapping[str, Scorer]
    ) -> None:
        self.fold, self.groups, self.scorers = fold, groups, scorers
        (self.metric,) = scorers
        methods = response_methods(self.metric)
        self.method = next((each for each in methods if hasattr(fold.model, each)), "predict")
        most = min(MOST_STACKED, MOST_VALUES // fold.X.shape[1])
        self.at_once = min(max(1, most // len(fold.y)), len(groups))

    def expected(self, generator: np.random.Generator) -> float:
        """Return about how long a permutation takes; 0 where one call predicts all of it."""
        if self.at_once == len(self.groups):
            return 0.0
        started = time.monotonic()
        self._scores(self.groups[: self.at_once], generator)
        return (time.monotonic() - started) * len(self.groups) / self.at_once

    def permuted(self, generator: np.random.Generator) -> list[float]:
        """Return the score with each of the groups shuffled, one at a time."""
        starts = range(0, len(self.groups), self.at_once)
        parts = [self.groups[start : start + self.at_once] for start in starts]
        return [score for part in parts for score in self._scores(part, generator)]

    def _scores(self, groups: Sequence[Group], generator: np.random.Generator) -> list[float]:
        answers = self.answers(self._stacked(groups, generator))
        return [self.score(block) for block in np.split(answers, len(groups))]

    def _stacked(self, groups: Sequence[Group], generator: np.random.Generator) -> pd.DataFrame:
        """Return a copy of the rows for each group, in which its columns are shuffled together."""
        X, size = self.fold.X, len(self.fold.y)
        plain = np.tile(np.arange(size), len(groups))
        stacked = X.take(plain).reset_index(drop=True)
        for place, group in enumerate(groups):
            order = plain.copy()
            order[place * size : (place + 1) * size] = generator.permutation(size)
            for name in group:
                stacked[name] = X[name].array.take(order)
        return stacked

    def answers(self, X: pd.DataFrame) -> npt.NDArray[Any]:
        return np.asarray(getattr(self.fold.model, self.method)(X))

    def score(self, answers: npt.NDArray[Any]) -> float:
        fold, model = self.fold, _answering(self.fold.model, self.method, answers)
        return score(model, fold.X, fold.y, self.scorers, fold.weights)[self.metric]


def _answering(model: Pipeline, method: str, answers: npt.NDArray[Any]) -> Pipeline:
    """Return a twin of a fitted model that has been asked already."""
    twin = copy(model)

    @wraps(getattr(model, method))
    def answer(X: pd.DataFrame) -> npt.NDArray[Any]:
        return answers

    setattr(twin, method, answer)
    return twin
