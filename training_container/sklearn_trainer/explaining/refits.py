"""Refits the shipped contender on the fresh folds, with fewer columns or fewer rows where asked.

Several folds are fitted side by side, as in scoring; a part that runs out of time is ended by
`parts`, and the processes of its folds end with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from sklearn_trainer.explaining.subject import Subject
from sklearn_trainer.judging.evaluate import FittedFold, fit_folds
from sklearn_trainer.judging.folds import Rows
from sklearn_trainer.judging.scoring import score
from sklearn_trainer.notes import Notes
from sklearn_trainer.process.threads import limit_threads

R = TypeVar("R")


def refit(
    subject: Subject,
    look: Callable[[FittedFold], R],
    *,
    folds: Sequence[int] | None = None,
    without: Collection[str] = (),
    learn: Callable[[Rows], Rows] | None = None,
) -> Iterator[R]:
    """Yield what `look` finds in each refitted fold, in their order, as soon as it is there.

    Only inside of a part's process. Whoever closes the iterator ends the fits that are under way.

    Parameters
    ----------
    look
        Gets the fitted model and the rows that it has not seen; returns what can be pickled.
    folds
        Places among the fresh folds; None: all of them.
    without
        Columns, as dropped, that the model does not get.
    learn
        Chooses, of a fold's training rows, those to learn from; None: all of them.
    """
    dataset, made = subject.dataset, subject.fresh.folds
    schema = dataset.schema
    schema = replace(schema, features=tuple(f for f in schema.features if f.name not in without))
    places = range(len(made)) if folds is None else folds
    chosen = [made[place] for place in places]
    if learn is not None:
        chosen = [(learn(train), validation) for train, validation in chosen]
    X = dataset.X.drop(columns=list(without)) if without else dataset.X
    pipelines = subject.contender.fold_pipelines(subject.plan, schema, places)
    limit_threads(X.size)
    seen = fit_folds(pipelines, X, dataset.y, chosen, look, Notes(), dataset.weights)
    return (each.found for each in seen)


def score_of(subject: Subject, fold: FittedFold) -> float:
    """Return the objective's score of a refitted fold: a `look` of its own with `partial`."""
    metric = subject.plan.metric.objective
    return score(fold.model, fold.X, fold.y, subject.scorers, fold.weights)[metric]
