"""What the explanation is about: the selected contender, how it scored, and how it is refitted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from statistics import fmean
from typing import TypeVar

from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.folds import (
    FEWEST_TO_COMPARE,
    Fold,
    FreshFolds,
    rows_scored,
    validation_ratio,
)
from sklearn_trainer.evaluation.comparison import estimate
from sklearn_trainer.evaluation.contenders import Contender, Scored
from sklearn_trainer.evaluation.evaluate import FittedFold, fit_folds
from sklearn_trainer.evaluation.scoring import Scorer, greatest_score, least_score, score
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.process.resources import limit_threads
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.plan import Plan

R = TypeVar("R")


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

    def estimate_seconds(self, folds: int, *, scorings: float = 1.0, share: float = 1.0) -> float:
        """Return how many seconds it takes to refit so many folds, and to score each of them.

        Parameters
        ----------
        scorings
            How often the rows of a fold are scored.
        share
            Of the training rows that are learnt from.
        """
        return folds * (self.fit * share + self.score * scorings)


@dataclass(frozen=True)
class ExplainedModel:
    """The selected contender, and the folds on which it was scored.

    Parameters
    ----------
    scores
        Of the objective, one for each of the fresh folds.
    scorers
        The objective's scorer alone, by its name.
    baseline_scores
        The baseline's scores on the same folds; empty where it has none.
    """

    plan: Plan
    dataset: Dataset
    fresh: FreshFolds
    contender: Contender
    scores: tuple[float, ...]
    scorers: Mapping[str, Scorer]
    pace: Pace
    baseline_scores: tuple[float, ...] = ()

    @property
    def gain(self) -> float | None:
        """How much better than the baseline the mean score is; None where that has no score."""
        return fmean(self.scores) - fmean(self.baseline_scores) if self.baseline_scores else None

    def in_first_repeat(self, items: Sequence[R]) -> list[R]:
        """Return those of one item for each fold that belong to the first repeat."""
        repeats = self.fresh.repeats
        return list(compress(items, (repeat == repeats[0] for repeat in repeats)))

    def estimate_score(self, scores: Sequence[float], folds: Sequence[Fold]) -> IntervalEstimate:
        """Return the mean of the objective's scores on some folds, with the verdict's interval."""
        if len(scores) < FEWEST_TO_COMPARE:
            return IntervalEstimate(value=fmean(scores))
        metric = self.plan.metric.objective
        mean = estimate(
            scores,
            validation_ratio(folds),
            rows=rows_scored(folds),
            least=least_score(metric),
            greatest=greatest_score(metric),
        )
        return IntervalEstimate(value=mean.mean, interval=mean.interval)

    def refit(
        self,
        inspect_fold: Callable[[FittedFold], R],
        folds: Sequence[Fold],
        *,
        without: Collection[str] = (),
    ) -> Iterator[R]:
        """Yield what `inspect_fold` returns for each refitted fold, in their order.

        Only inside of a step's process, and once in each: the fits may use OpenMP there, after
        which no process can be forked. Closing the iterator ends the fits that are under way.

        Parameters
        ----------
        inspect_fold
            Gets the fitted model and the rows that it has not seen; returns what can be pickled.
        folds
            The fresh folds, some of them, or with some of their training rows.
        without
            Columns, as dropped, that the model does not get.
        """
        dataset = self.dataset
        X = dataset.X.drop(columns=list(without))
        pipeline = self.contender.pipeline(self.plan, dataset.schema.without(set(without)))
        limit_threads(X.size)
        results = fit_folds(
            pipeline, X, dataset.y, folds, inspect_fold, JobWarnings(), dataset.weights
        )
        return (result.value for result in results)

    def rescore(self, folds: Sequence[Fold], *, without: Collection[str] = ()) -> list[float]:
        """Return the objective's scores of refitted folds; see `refit`."""
        metric = self.plan.metric.objective

        def score_fold(fold: FittedFold) -> float:
            return score(fold.model, fold.X, fold.y, self.scorers, fold.weights)[metric]

        return list(self.refit(score_fold, folds, without=without))
