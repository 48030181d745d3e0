"""Fits and scores a pipeline fold by fold: the one loop behind the tuning and Confirm.

The values are those of `sklearn.model_selection.cross_validate` on the same folds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import clone

from sklearn_trainer.data.features import without_empty_columns
from sklearn_trainer.data.target import Labels
from sklearn_trainer.data.values import Floats
from sklearn_trainer.ensembling.model import fit_members, is_ensemble
from sklearn_trainer.errors import FitError
from sklearn_trainer.judging.folds import Fold
from sklearn_trainer.judging.scoring import Scorer, score
from sklearn_trainer.model.estimators import name_of
from sklearn_trainer.model.hyperparameters import check_class_weights, translate_class_weights
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.notes import Notes
from sklearn_trainer.process.children import in_processes
from sklearn_trainer.process.threads import all_cpus, limit_threads, processes, take_share


@dataclass(frozen=True)
class FoldScore:
    """What one fold showed."""

    values: dict[str, float]
    fit_seconds: float
    score_seconds: float


def score_folds(
    pipeline: Pipeline,
    X: pd.DataFrame,
    y: Labels,
    folds: Sequence[Fold],
    scorers: Mapping[str, Scorer],
    notes: Notes,
    weights: Floats | None = None,
) -> Iterator[FoldScore]:
    """Yield each fold's scores in the order of the folds, as soon as they are there.

    Where several are scored at a time, one whose process failed is scored again in this process,
    with all threads and all memory to itself: it succeeds, or fails with its own error.

    Raises
    ------
    HyperparameterError
        When a hyperparameter names a class that the target does not have.
    """
    if y.dtype.kind != "f":
        check_class_weights(pipeline[-1], y)

    def score_one(fold: Fold) -> tuple[FoldScore, Notes]:
        said = Notes()
        return _score_fold(pipeline, X, y, fold, scorers, said, weights), said

    def share() -> None:
        take_share(count)
        limit_threads(X.size)

    def score_beside_others(fold: Fold) -> tuple[FoldScore, Notes]:
        np.random.set_state(state)
        return score_one(fold)

    left = list(folds)
    count = processes(len(left), X.size, pipeline)
    if count > 1:
        state = np.random.get_state()  # whichever process scores a fold, it draws the same numbers
        for outcome in in_processes(score_beside_others, folds, count, share):
            if outcome.value is None:
                notes.add(
                    f"A fold was scored again, alone, and so were those after it: {outcome.reason}."
                )
                break
            found, said = outcome.value
            notes.take(said)
            yield found
            del left[0]
    for fold in left:
        found, said = score_one(fold)
        notes.take(said)
        yield found


def _score_fold(
    pipeline: Pipeline,
    X: pd.DataFrame,
    y: Labels,
    fold: Fold,
    scorers: Mapping[str, Scorer],
    notes: Notes,
    weights: Floats | None,
) -> FoldScore:
    train, validation = fold
    counts, counts_scored = (
        (None, None) if weights is None else (weights[train], weights[validation])
    )
    started = time.perf_counter()
    model = fit(pipeline, X.iloc[train], y[train], notes, counts)
    fitted = time.perf_counter()
    with notes.library_warnings():
        values = score(model, X.iloc[validation], y[validation], scorers, counts_scored)
    return FoldScore(values, fitted - started, time.perf_counter() - fitted)


def fit(
    pipeline: Pipeline, X: pd.DataFrame, y: Labels, notes: Notes, weights: Floats | None = None
) -> Pipeline:
    """Return a fitted copy of a pipeline; its estimator gets the weights of the rows."""
    model = clone(pipeline)
    if is_ensemble(model):
        fit_members(model, y, lambda member, known: fit(member, X, known, notes, weights))
        return model
    if y.dtype.kind != "f":
        translate_class_weights(model[-1], y)
    try:
        with notes.library_warnings(), all_cpus(model, X.size):
            given = {} if weights is None else {"estimator__sample_weight": weights}
            return model.fit(without_empty_columns(X), y, **given)
    except MemoryError:
        raise
    except Exception as error:
        summary = f"{name_of(model)} could not be fitted to {len(y)} rows"
        raise FitError(
            f"{summary} with these hyperparameters. scikit-learn says: {error}",
            f"{summary}: {type(error).__name__}.",
        ) from error
