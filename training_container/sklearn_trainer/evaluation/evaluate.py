"""Fits and scores a pipeline fold by fold: the loop behind training jobs and Confirm.

The values are those of `sklearn.model_selection.cross_validate` on the same folds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from sklearn.base import clone

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.data.folds import Fold
from sklearn_trainer.data.frames import without_empty_columns
from sklearn_trainer.errors import FitError
from sklearn_trainer.evaluation.predictions import Predicted, predict, with_cached_answers
from sklearn_trainer.evaluation.scoring import Scorer, score
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.class_weights import check_class_weights, translate_class_weights
from sklearn_trainer.model.estimators import name_of
from sklearn_trainer.model.pipeline import Pipeline, fit_members, is_ensemble
from sklearn_trainer.process.children import map_in_processes
from sklearn_trainer.process.resources import all_cpus, count_processes, limit_threads, take_share

R = TypeVar("R")


@dataclass(frozen=True)
class FoldScore:
    """The scores of one fold.

    Parameters
    ----------
    scores
        By metric; NaN for one that may be missing.
    predicted
        Of the fold's scored rows; None: not asked for, or the model has none.
    """

    scores: dict[str, float]
    predicted: Predicted | None = None


@dataclass(frozen=True)
class FoldResult(Generic[R]):
    """What the inspection of a fold returned, and how long fit and inspection took."""

    value: R
    fit_seconds: float
    seconds: float


def score_folds(
    pipeline: Pipeline,
    rows: Portion,
    folds: Sequence[Fold],
    scorers: Mapping[str, Scorer],
    job_warnings: JobWarnings,
    *,
    objective: str | None = None,
    keep: bool = False,
) -> Iterator[FoldResult[FoldScore]]:
    """Return each fold's scores in the order of the folds, as soon as they are there.

    Parameters
    ----------
    objective
        The only metric that must have a value on every fold's rows; None: all.
    keep
        Whether predictions are kept.

    Raises
    ------
    HyperparameterError
        When a hyperparameter names a class that the target does not have.
    """
    classes = rows.classes

    def score_fold(model: Pipeline, validation: Portion) -> FoldScore:
        model = with_cached_answers(model, validation.X)
        values = score(model, validation, scorers, objective=objective)
        return FoldScore(values, predict(model, validation.X, classes) if keep else None)

    return fit_folds(pipeline, rows, folds, score_fold, job_warnings)


def fit_folds(
    pipeline: Pipeline,
    rows: Portion,
    folds: Sequence[Fold],
    inspect_fold: Callable[[Pipeline, Portion], R],
    job_warnings: JobWarnings,
) -> Iterator[FoldResult[R]]:
    """Fit the pipeline to each fold's training rows, and yield what `inspect_fold` returns.

    Where several are fitted at a time, one whose process failed is fitted again in this process,
    with all threads and all memory to itself: it succeeds, or fails with its own error.

    Parameters
    ----------
    inspect_fold
        Gets the fitted model and the rows that it has not seen, where the fold was fitted; what it
        returns may have to be pickled.
    """
    if rows.y.dtype.kind != "f":
        check_class_weights(pipeline[-1], rows.y)

    def fit_fold(number: int) -> tuple[FoldResult[R], JobWarnings]:
        fold_warnings = JobWarnings()
        train, validation = folds[number]
        started = time.perf_counter()
        model = fit(pipeline, rows.take(train), fold_warnings)
        fitted = time.perf_counter()
        with fold_warnings.library_warnings():
            value = inspect_fold(model, rows.take(validation))
        result = FoldResult(value, fitted - started, time.perf_counter() - fitted)
        return result, fold_warnings

    def share() -> None:
        take_share(count)
        limit_threads(rows.X.size)

    def fit_fold_in_child(number: int) -> tuple[FoldResult[R], JobWarnings]:
        np.random.set_state(state)
        return fit_fold(number)

    pending = list(range(len(folds)))
    most_rows = max((len(train) + len(validation) for train, validation in folds), default=0)
    count = count_processes(len(folds), most_rows * rows.X.shape[1])
    if count > 1:
        state = np.random.get_state()  # whichever process fits a fold, it draws the same numbers
        for outcome in map_in_processes(fit_fold_in_child, list(pending), count, share):
            if outcome.value is None:
                job_warnings.add(
                    "A fold's process failed; this fold and later ones were scored one at a time: "
                    f"{outcome.reason}."
                )
                break
            result, fold_warnings = outcome.value
            job_warnings.extend(fold_warnings)
            yield result
            del pending[0]
    for number in pending:
        result, fold_warnings = fit_fold(number)
        job_warnings.extend(fold_warnings)
        yield result


def fit(pipeline: Pipeline, rows: Portion, job_warnings: JobWarnings) -> Pipeline:
    """Return a fitted copy of a pipeline; its estimator gets the weights of the rows."""
    model, X, y = clone(pipeline), rows.X, rows.y
    if is_ensemble(model):
        fit_members(
            model, y, lambda member, labels: fit(member, replace(rows, y=labels), job_warnings)
        )
        return model
    if y.dtype.kind != "f":
        translate_class_weights(model[-1], y)
    try:
        with job_warnings.library_warnings(), all_cpus(model, X.size):
            arguments = {} if rows.weights is None else {"estimator__sample_weight": rows.weights}
            return model.fit(without_empty_columns(X), y, **arguments)
    except MemoryError:
        raise
    except Exception as error:
        summary = f"{name_of(model)} could not be fitted to {len(y)} rows"
        raise FitError(
            f"{summary} with these hyperparameters. scikit-learn says: {error}",
            f"{summary}: {type(error).__name__}.",
        ) from error
