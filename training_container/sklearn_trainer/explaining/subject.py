"""What the explanation is about: the shipped contender, and all that Confirm knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.explaining.allowance import Pace
from sklearn_trainer.judging.contenders import Contender
from sklearn_trainer.judging.folds import FreshFolds
from sklearn_trainer.judging.scoring import Scorer
from tunedrop_common.plan import Plan


@dataclass(frozen=True)
class Subject:
    """The shipped contender, and the folds on which it was scored.

    Parameters
    ----------
    scores
        Of the objective, one for each of the fresh folds.
    scorers
        The objective's scorer alone, by its name.
    guessing
        The dummy's scores on the same folds; empty where it has none.
    """

    plan: Plan
    dataset: Dataset
    fresh: FreshFolds
    contender: Contender
    scores: tuple[float, ...]
    scorers: Mapping[str, Scorer]
    pace: Pace
    guessing: tuple[float, ...] = ()
