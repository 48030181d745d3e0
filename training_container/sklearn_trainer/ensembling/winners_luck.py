"""How much of the winner's score is the luck of its choice.

The winner is the best of a search on the rows by which Confirm judges it, and on other folds of
these rows it looks better than it is, too. So the choice is made again for each fresh fold, without
the rows that judge there: what the winner scores above the one chosen then is luck (the argument
for nested cross-validation: Cawley and Talbot 2010, JMLR 11). All by the search's predictions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sklearn_trainer.data.folds import Fold
from sklearn_trainer.ensembling.prediction_scores import Truth
from sklearn_trainer.ensembling.predictions_file import Entries
from sklearn_trainer.ensembling.selection import Score


def winners_luck(
    winner: int,
    values: npt.NDArray[np.float32],
    entries: Entries,
    truth: Truth,
    fresh: Sequence[Fold],
    score_of: Callable[[Truth], Score],
) -> tuple[float, ...]:
    """Return the luck in each fresh fold, or nothing where there is none in the mean.

    Parameters
    ----------
    winner
        Its place among the candidates.
    values
        Predictions of the candidates, of shape (candidates, entries, columns).
    entries, truth
        Which row each entry predicts, and what is true of it.
    score_of
        How predictions of some entries are scored; greater is better.
    """

    def in_fold(train: npt.NDArray[np.int64], judged: npt.NDArray[np.int64]) -> float:
        known, asked = entries.among(train), entries.among(judged)
        if not len(known) or not len(asked):  # the search predicted none of these rows
            return 0.0
        score = score_of(truth.at(known))
        chosen = int(np.argmax([score(each[known]) for each in values]))
        if chosen == winner:
            return 0.0
        # Few rows of each of the search's folds are among these, so they are scored as one.
        part = truth.at(asked)
        score = score_of(replace(part, folds=np.zeros_like(part.folds)))
        luck = score(values[winner, asked]) - score(values[chosen, asked])
        return luck if math.isfinite(luck) else 0.0

    found = tuple(in_fold(*fold) for fold in fresh)
    return found if sum(found) > 0 else ()
