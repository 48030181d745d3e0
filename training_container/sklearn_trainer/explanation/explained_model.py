"""What the explanation is about: the selected contender, how it scored, and how it is refitted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress
from statistics import fmean
from typing import TypeVar

from sklearn_trainer.data.dataset import Dataset, Portion
from sklearn_trainer.data.folds import FEWEST_TO_COMPARE, Fold, FoldSizes, FreshFolds
from sklearn_trainer.evaluation.contenders import Contender, Result, Scored, scored_by_name
from sklearn_trainer.evaluation.evaluate import fit_folds
from sklearn_trainer.evaluation.scoring import Scorer, estimate_metric, make_scorers, score
from sklearn_trainer.evaluation.verdict import BASELINE
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.process.resources import limit_threads
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.plan import Plan

R = TypeVar("R")


@dataclass(frozen=True)
class ExplainedModel:
    """The selected contender, and the folds on which it was scored.

    Parameters
    ----------
    baseline_scores
        The baseline's scores on the same folds; empty where it has none.
    """

    plan: Plan
    dataset: Dataset
    fresh: FreshFolds
    contender: Contender
    scored: Scored
    baseline_scores: tuple[float, ...] = ()

    @classmethod
    def of(
        cls,
        results: Sequence[Result],
        selected: str,
        plan: Plan,
        dataset: Dataset,
        fresh: FreshFolds,
    ) -> ExplainedModel:
        """Return the contender of this name."""
        contender = next(
            result.contender for result in results if result.contender.name == selected
        )
        scored = scored_by_name(results)
        baseline_scores = scored[BASELINE].scores if BASELINE in scored else ()
        return cls(plan, dataset, fresh, contender, scored[selected], baseline_scores)

    @cached_property
    def scorers(self) -> Mapping[str, Scorer]:
        """The objective's scorer alone, by its name."""
        return make_scorers((self.plan.metric.objective,), self.dataset.train.y)

    def in_first_repeat(self, items: Sequence[R]) -> list[R]:
        """Return those of one item for each fold that belong to the first repeat."""
        repeats = self.fresh.repeats
        return list(compress(items, (repeat == repeats[0] for repeat in repeats)))

    def estimate_score(self, scores: Sequence[float], folds: Sequence[Fold]) -> IntervalEstimate:
        """Return the mean of the objective's scores on some folds, with the verdict's interval."""
        if len(scores) < FEWEST_TO_COMPARE:
            return IntervalEstimate(value=fmean(scores))
        mean = estimate_metric(self.plan.metric.objective, scores, FoldSizes.of(folds))
        return IntervalEstimate(value=mean.mean, interval=mean.interval)

    def estimate_seconds(self, folds: int, *, scorings: float = 1.0, share: float = 1.0) -> float:
        """Return how many seconds it takes to refit so many folds, and to score each of them.

        At the pace of Confirm's scoring, which may have scored several folds at a time.

        Parameters
        ----------
        scorings
            How often the rows of a fold are scored.
        share
            Of the training rows that are learnt from.
        """
        fit, score = self.scored.fit_seconds, self.scored.score_seconds
        seconds = self.scored.seconds / len(self.scored.scores)
        return folds * seconds * (fit * share + score * scorings) / max(fit + score, 1e-9)

    def refit(
        self,
        inspect_fold: Callable[[Pipeline, Portion], R],
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
        rows = replace(dataset.train, X=dataset.train.X.drop(columns=list(without)))
        pipeline = self.contender.pipeline(self.plan, dataset.schema.without(set(without)))
        limit_threads(rows.X.size)
        results = fit_folds(pipeline, rows, folds, inspect_fold, JobWarnings())
        return (result.value for result in results)

    def rescore(self, folds: Sequence[Fold], *, without: Collection[str] = ()) -> list[float]:
        """Return the objective's scores of refitted folds; see `refit`."""
        metric = self.plan.metric.objective

        def score_fold(model: Pipeline, rows: Portion) -> float:
            return score(model, rows, self.scorers)[metric]

        return list(self.refit(score_fold, folds, without=without))
