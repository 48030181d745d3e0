"""Refits the selected contender on the fresh folds, with fewer columns or fewer rows where asked.

Several folds are fitted side by side, as in scoring; a part that runs out of time is ended by
`parts`, and the processes of its folds end with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeVar

from sklearn_trainer.data.folds import Fold
from sklearn_trainer.evaluation.evaluate import FittedFold, fit_folds
from sklearn_trainer.evaluation.scoring import score
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.process.threads import limit_threads

R = TypeVar("R")


def refit(
    explained: ExplainedModel,
    look: Callable[[FittedFold], R],
    *,
    folds: Sequence[Fold] | None = None,
    without: Collection[str] = (),
) -> Iterator[R]:
    """Yield what `look` finds in each refitted fold, in their order, as soon as it is there.

    Only inside of a part's process, and once in each: the fits may use OpenMP there, after which
    no process can be forked. Whoever closes the iterator ends the fits that are under way.

    Parameters
    ----------
    look
        Gets the fitted model and the rows that it has not seen; returns what can be pickled.
    folds
        Some of the fresh folds, or with some of their training rows; None: all of them.
    without
        Columns, as dropped, that the model does not get.
    """
    dataset, schema = explained.dataset, explained.dataset.schema
    schema = schema.without(set(without))
    chosen = explained.fresh.folds if folds is None else folds
    X = dataset.X.drop(columns=list(without)) if without else dataset.X
    pipeline = explained.contender.pipeline(explained.plan, schema)
    limit_threads(X.size)
    seen = fit_folds(pipeline, X, dataset.y, chosen, look, JobWarnings(), dataset.weights)
    return (each.found for each in seen)


def score_of(explained: ExplainedModel, fold: FittedFold) -> float:
    """Return the objective's score of a refitted fold: a `look` of its own with `partial`."""
    metric = explained.plan.metric.objective
    return score(fold.model, fold.X, fold.y, explained.scorers, fold.weights)[metric]
