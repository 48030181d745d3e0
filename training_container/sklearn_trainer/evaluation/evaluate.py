"""Fits and scores a pipeline fold by fold: the loop behind training jobs and Confirm.

The values are those of `sklearn.model_selection.cross_validate` on the same folds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone

from sklearn_trainer.data.folds import Fold, Rows
from sklearn_trainer.data.frames import without_empty_columns
from sklearn_trainer.data.target import Labels
from sklearn_trainer.data.values import Floats, Mask
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
    values
        Scores by metric; NaN for one that may be missing.
    predicted
        Of the fold's scored rows that were to be kept, in their order; None: not asked for, or
        the model has none.
    """

    values: dict[str, float]
    fit_seconds: float
    score_seconds: float
    predicted: Predicted | None = None


@dataclass(frozen=True)
class FittedFold:
    """A model that was fitted to a fold's training rows, and the rows that it has not seen."""

    model: Pipeline
    rows: Rows
    X: pd.DataFrame
    y: Labels
    weights: Floats | None


@dataclass(frozen=True)
class FoldResult(Generic[R]):
    """What the inspection of a fold returned, and how long fit and inspection took."""

    value: R
    fit_seconds: float
    seconds: float


def score_folds(
    pipeline: Pipeline,
    X: pd.DataFrame,
    y: Labels,
    folds: Sequence[Fold],
    scorers: Mapping[str, Scorer],
    job_warnings: JobWarnings,
    weights: Floats | None = None,
    *,
    objective: str | None = None,
    keep: Mask | None = None,
) -> Iterator[FoldScore]:
    """Yield each fold's scores in the order of the folds, as soon as they are there.

    Parameters
    ----------
    objective
        The only metric that must have a value on every fold's rows; None: all.
    keep
        Of all rows, those whose predictions are kept; None: of none.

    Raises
    ------
    HyperparameterError
        When a hyperparameter names a class that the target does not have.
    """
    classes = list_classes(y)

    def inspect_fold(fold: FittedFold) -> tuple[dict[str, float], Predicted | None]:
        model = with_cached_answers(fold.model, fold.X)
        values = score(model, fold.X, fold.y, scorers, fold.weights, objective=objective)
        predicted = None if keep is None else predict(model, fold.X, classes)
        return values, predicted.take(keep[fold.rows]) if predicted and keep is not None else None

    for result in fit_folds(pipeline, X, y, folds, inspect_fold, job_warnings, weights):
        values, predicted = result.value
        yield FoldScore(values, result.fit_seconds, result.seconds, predicted)


def list_classes(y: Labels) -> npt.NDArray[Any] | None:
    """Return all labels in sorted order; None in a regression."""
    return None if y.dtype.kind == "f" else np.unique(y)


def fit_folds(
    pipeline: Pipeline,
    X: pd.DataFrame,
    y: Labels,
    folds: Sequence[Fold],
    inspect_fold: Callable[[FittedFold], R],
    job_warnings: JobWarnings,
    weights: Floats | None = None,
) -> Iterator[FoldResult[R]]:
    """Fit the pipeline to each fold's training rows, and yield what `inspect_fold` returns.

    Where several are fitted at a time, one whose process failed is fitted again in this process,
    with all threads and all memory to itself: it succeeds, or fails with its own error.

    Parameters
    ----------
    inspect_fold
        Is called where the fold was fitted; what it returns may have to be pickled.
    """
    if y.dtype.kind != "f":
        check_class_weights(pipeline[-1], y)

    def fit_fold(number: int) -> tuple[FoldResult[R], JobWarnings]:
        fold_warnings = JobWarnings()
        result = _fit_fold(pipeline, X, y, folds[number], inspect_fold, fold_warnings, weights)
        return result, fold_warnings

    def share() -> None:
        take_share(count)
        limit_threads(X.size)

    def fit_fold_in_child(number: int) -> tuple[FoldResult[R], JobWarnings]:
        np.random.set_state(state)
        return fit_fold(number)

    pending = list(range(len(folds)))
    count = count_processes(len(folds), X.size)
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


def _fit_fold(
    pipeline: Pipeline,
    X: pd.DataFrame,
    y: Labels,
    fold: Fold,
    inspect_fold: Callable[[FittedFold], R],
    job_warnings: JobWarnings,
    weights: Floats | None,
) -> FoldResult[R]:
    train, scored = fold
    counts, counts_scored = (None, None) if weights is None else (weights[train], weights[scored])
    started = time.perf_counter()
    model = fit(pipeline, X.iloc[train], y[train], job_warnings, counts)
    fitted = time.perf_counter()
    with job_warnings.library_warnings():
        value = inspect_fold(FittedFold(model, scored, X.iloc[scored], y[scored], counts_scored))
    return FoldResult(value, fitted - started, time.perf_counter() - fitted)


def fit(
    pipeline: Pipeline,
    X: pd.DataFrame,
    y: Labels,
    job_warnings: JobWarnings,
    weights: Floats | None = None,
) -> Pipeline:
    """Return a fitted copy of a pipeline; its estimator gets the weights of the rows."""
    model = clone(pipeline)
    if is_ensemble(model):
        fit_members(model, y, lambda member, labels: fit(member, X, labels, job_warnings, weights))
        return model
    if y.dtype.kind != "f":
        translate_class_weights(model[-1], y)
    try:
        with job_warnings.library_warnings(), all_cpus(model, X.size):
            arguments = {} if weights is None else {"estimator__sample_weight": weights}
            return model.fit(without_empty_columns(X), y, **arguments)
    except MemoryError:
        raise
    except Exception as error:
        summary = f"{name_of(model)} could not be fitted to {len(y)} rows"
        raise FitError(
            f"{summary} with these hyperparameters. scikit-learn says: {error}",
            f"{summary}: {type(error).__name__}.",
        ) from error
