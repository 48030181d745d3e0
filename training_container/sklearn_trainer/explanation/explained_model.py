"""What the explanation is about: the selected contender, and all that Confirm knows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.folds import (
    FEWEST_TO_COMPARE,
    Fold,
    FreshFolds,
    rows_scored,
    validation_ratio,
)
from sklearn_trainer.evaluation.comparison import estimate
from sklearn_trainer.evaluation.contenders import Contender
from sklearn_trainer.evaluation.scoring import Scorer, greatest_score, least_score
from sklearn_trainer.explanation.time_budget import Pace
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.plan import Plan


@dataclass(frozen=True)
class ExplainedModel:
    """The selected contender, and the folds on which it was scored.

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

    @property
    def gain(self) -> float | None:
        """How much better than guessing the mean score is; None where guessing has no score."""
        return fmean(self.scores) - fmean(self.guessing) if self.guessing else None

    def measured(self, scores: Sequence[float], folds: Sequence[Fold]) -> IntervalEstimate:
        """Return the mean of the objective's scores on some folds, with the verdict's interval."""
        if len(scores) < FEWEST_TO_COMPARE:
            return IntervalEstimate(value=fmean(scores))
        metric = self.plan.metric.objective
        found = estimate(
            scores,
            validation_ratio(folds),
            rows=rows_scored(folds),
            least=least_score(metric),
            greatest=greatest_score(metric),
        )
        return IntervalEstimate(value=found.mean, interval=found.interval)
