"""How long the explanation may take, and how long a part of it is expected to.

The explanation has a share of the time that scoring the contenders took, and never so much that the
job could run into its limit: the final fit comes after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sklearn_trainer.data.folds import FEWEST_TO_COMPARE
from sklearn_trainer.evaluation.contenders import Scored
from tunedrop_common.plan import Plan

# Of the job's time: for its start, for writing, and for what cannot be foreseen.
RESERVE = 0.1

# The final fit has more rows than a fold's, for which some estimators need their square.
FINAL_FITS = 3

# Of the time that is left, refits of folds count on so much.
CAUTION = 0.7

# Scoring a small table takes a second or two, and SageMaker minutes to start its machine.
LEAST_SECONDS = 20.0


class TimeBudget:
    """Seconds that may be spent; they count while something is being spent only."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self._clock = seconds, clock
        self._spent = 0.0
        self._since: float | None = None

    @property
    def left(self) -> float:
        """How many seconds are left, in this process and in those forked from it."""
        running = 0.0 if self._since is None else self._clock() - self._since
        return max(0.0, self.seconds - self._spent - running)

    def folds(self, seconds: float) -> int:
        """Return how many folds there is time for that take so long each, two at least."""
        return max(FEWEST_TO_COMPARE, int(self.left * CAUTION / max(seconds, 1e-9)))

    def shorten(self, seconds: float) -> None:
        """Have no more than so many seconds left from now on."""
        self.seconds = min(self.seconds, self._spent + max(0.0, seconds))

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Count the seconds that pass inside."""
        self._since = self._clock()
        try:
            yield
        finally:
            self._spent += self._clock() - self._since
            self._since = None


def seconds_allowed(plan: Plan, *, scoring: float, so_far: float, final_fit: float) -> float:
    """Return how long the explanation may take.

    Parameters
    ----------
    scoring
        Seconds that scoring the contenders took.
    so_far
        Seconds since the job began.
    final_fit
        Seconds that the model's fit took in a fold.
    """
    left = plan.confirm.max_seconds * (1 - RESERVE) - so_far - FINAL_FITS * final_fit
    return max(0.0, min(plan.report.explanation_time_ratio * max(scoring, LEAST_SECONDS), left))


@dataclass(frozen=True)
class Pace:
    """Seconds that a fold of the selected model takes, beside the others that run with it."""

    fit: float
    score: float

    @classmethod
    def of(cls, scored: Scored) -> Pace:
        """Return the pace at which the contender was scored."""
        fold = scored.seconds / len(scored.scores)
        share = scored.fit_seconds / max(scored.fit_seconds + scored.score_seconds, 1e-9)
        return cls(fold * share, fold * (1 - share))

    def expected(self, folds: int, *, scorings: float = 1.0, share: float = 1.0) -> float:
        """Return how long it takes to refit so many folds, and to score each of them.

        Parameters
        ----------
        scorings
            How often the rows of a fold are scored.
        share
            Of the training rows that are learnt from.
        """
        return folds * (self.fit * share + self.score * scorings)
