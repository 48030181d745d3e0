"""Fits the estimators of a run to some rows, before a job does at a price.

Each is tried in a child process with limits of time and memory. A fit that fails on as many rows as
a fold is trained on rejects the run, if tuning.yaml names the estimator; one that takes too long
proves nothing. How long the others take scales the time limits of jobs.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.errors import FitError
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.evaluation.scoring import make_scorers, response_methods, score
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.class_weights import check_class_weights
from sklearn_trainer.model.pipeline import Pipeline, build_pipeline
from sklearn_trainer.process import children
from sklearn_trainer.process.resources import limit_growth, limit_threads
from tunedrop.errors import TuningConfigError, UserInputError
from tunedrop.planning.data import DataDecisions
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop_common.data_text import quote
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, Metric, NumericRange

# Rows that say enough of a fit that succeeds, and rows of each class among them.
_FEW_ROWS, _ROWS_OF_A_CLASS = 300, 3

# Of all trials of a run; one of them may take a third.
SECONDS, _SHARE = 60.0, 3

# Of memory beyond PlanRun's own, and values of features where a fit is tried again with more rows.
_MOST_BYTES, _MOST_VALUES = 2**30, 1_000_000

# scikit-learn's messages are a sentence or two, some with values of the data.
_MOST_CHARACTERS = 2_000

# Of what draws random numbers and is no estimator of the plan, which has its own.
_SEED = 0

# How a fit's time is taken to grow with the rows: between linear models and kernels.
_GROWTH = 1.5

_WHOLE = re.compile(r"\d{1,9}(\.0*)?")

Settings: TypeAlias = dict[str, str]


@dataclass(frozen=True)
class TrialRows:
    """The rows of a run's table, those first that are tried first.

    Parameters
    ----------
    numbers
        Of the rows that folds can have, in the order in which they are tried.
    few
        How many of them say enough of a fit that succeeds.
    fold_rows
        How many rows each fold of the run is trained on: one that fails with these is a failure.
    """

    decided: DataDecisions
    numbers: npt.NDArray[np.int64]
    few: int
    fold_rows: int

    def take(self, count: int) -> Portion:
        """Return so many rows, over and over if there are fewer."""
        numbers = np.resize(self.numbers, count)
        X = self.decided.X.iloc[numbers].reset_index(drop=True)
        weights = np.ones(count) if "weight" in self.decided.row_columns else None
        return Portion(X, self.decided.y[numbers], RowColumns(weights))


def order_rows(decided: DataDecisions, fold_rows: int) -> TrialRows:
    """Return the rows with every class several times, or the target's extremes, first."""
    y = decided.y
    numbers = np.random.default_rng(0).permutation(len(y))
    first_rows = min(_FEW_ROWS, fold_rows)
    if decided.task == "regression":
        ends = [y.argmin(), y.argmax()]
        numbers = np.concatenate([ends, numbers[~np.isin(numbers, ends)]])
    else:
        members = pd.Series(numbers).groupby(y[numbers])
        ranks = members.cumcount()[members.transform("size") > 1].sort_values(kind="stable")
        numbers = numbers[ranks.index]
        first_rows = max(first_rows, int((ranks < _ROWS_OF_A_CLASS).sum()))
    return TrialRows(decided, numbers, few=first_rows, fold_rows=fold_rows)


TrialFits: TypeAlias = Callable[
    [TrialRows, Sequence[EstimatorPlan], Metric, TuningConfig], Mapping[str, float]
]


def try_fits(
    rows: TrialRows,
    estimators: Sequence[EstimatorPlan],
    metric: Metric,
    config: TuningConfig,
    seconds: float = SECONDS,
) -> dict[str, float]:
    """Fit the estimators to some rows.

    Returns
    -------
    Estimated CPU seconds of a fit to a fold's rows, by the estimator's key; without those whose
    trial did not end.

    Raises
    ------
    TuningConfigError
        If one cannot be fitted with what tuning.yaml sets, or has no method that a metric needs;
        quotes scikit-learn.
    """
    deadline = time.monotonic() + seconds
    fold_seconds: dict[str, float] = {}
    for estimator in estimators:
        written = config.written_name(estimator.key)
        has_own_ranges = config.estimator(written).ranges is not None
        trial = _Trial(rows, metric, estimator, has_own_ranges)
        left = min(seconds / _SHARE, deadline - time.monotonic())
        if left <= 0:
            break
        failure, estimate = children.run(trial.run, left).value or (None, 0.0)
        if estimate:
            fold_seconds[estimator.key] = estimate
        if failure is not None and config.estimators:
            raise TuningConfigError(
                failure.what,
                where=config.where("estimators", written, *failure.path),
                found=failure.found,
                expected=failure.expected,
                to_do=failure.to_do,
            )
    return fold_seconds


@dataclass(frozen=True)
class _Failure:
    """Why an estimator cannot be trained; `found` may quote data.

    `path` leads to the list of tuning.yaml that the value is in.
    """

    what: str
    found: str = ""
    expected: str = ""
    to_do: str = ""
    path: tuple[str, ...] = ()
    may_fit_more_rows: bool = False


def _alternatives(
    estimator: EstimatorPlan, *, has_own_ranges: bool
) -> Iterator[tuple[str, list[Settings]]]:
    """Yield settings of which one has to fit, for each value that tuning.yaml lists by its name.

    Without lists they are yielded once, as "". They have either end of all ranges, the greater ones
    first, which take longer, and each value of each other list. scikit-learn's defaults stand for
    the catalogue's ranges, too: nobody asked for those.
    """
    ranges = estimator.ranges.items()
    lists = {
        name: searched.values for name, searched in ranges if isinstance(searched, CategoricalRange)
    }
    numbers = {name: searched for name, searched in ranges if isinstance(searched, NumericRange)}
    ends = [
        {name: _text(searched.maximum, searched.kind) for name, searched in numbers.items()},
        {name: _text(searched.minimum, searched.kind) for name, searched in numbers.items()},
    ]
    first = {name: values[0] for name, values in lists.items()}
    if not has_own_ranges:
        yield "", [{}, *({**first, **end} for end in ends)]
    elif not lists:
        yield "", ends
    else:
        for name, values in lists.items():
            for place, value in enumerate(values):
                listed = [{key: v[place % len(v)] for key, v in lists.items()}]
                listed += [{**first, key: option} for key, v in lists.items() for option in v]
                yield name, [{**option, **end, name: value} for option in listed for end in ends]


@dataclass
class _Trial:
    """The trial of one estimator; its methods run in a child process."""

    rows: TrialRows
    metric: Metric
    estimator: EstimatorPlan
    has_own_ranges: bool
    fold_seconds: float = 0.0

    def run(self) -> tuple[_Failure | None, float]:
        """Return why the estimator cannot be trained, and the greatest estimate of its seconds."""
        return self._find_failure(), self.fold_seconds

    def _find_failure(self) -> _Failure | None:
        """Return why some of what tuning.yaml sets cannot be trained; None if all can."""
        warnings.simplefilter("ignore")  # training jobs note them
        limit_growth(_MOST_BYTES)
        fitted: set[tuple[str, str]] = set()
        groups = _alternatives(self.estimator, has_own_ranges=self.has_own_ranges)
        for name, alternatives in groups:
            if name and (name, alternatives[0][name]) in fitted:
                continue
            failures = []
            for settings in alternatives:
                failure = self._try(settings)
                if failure is None:
                    fitted |= settings.items()
                    break
                failures.append(failure)
            else:
                return replace(failures[0], path=("ranges", name) if name and fitted else ())
        return None

    def _try(self, chosen: Settings) -> _Failure | None:
        """Fit to few rows; if that fails, to as many as a fold has, as far as memory goes."""
        rows, settings = self.rows, {**self.estimator.fixed, **chosen}
        failure = self._fit(settings, rows.few)
        if failure is None or not failure.may_fit_more_rows:
            return failure
        more = max(4 * rows.few, _MOST_VALUES // max(1, len(rows.decided.schema.features)))
        if more < rows.fold_rows and _greatest_whole(settings) > more:
            return None  # that may be more neighbors than rows were tried
        more = min(more, rows.fold_rows)
        return self._fit(settings, more) if more > rows.few else failure

    def _fit(self, settings: Settings, count: int) -> _Failure | None:
        rows, decided, key = self.rows, self.rows.decided, self.estimator.key
        train, few = rows.take(count), rows.take(rows.few)
        limit_threads(train.X.size)
        began = time.process_time()
        try:
            pipeline = build_pipeline(
                decided.schema, self.estimator, settings, task=decided.task, seed=_SEED
            )
            if decided.task == "classification" and decided.table.is_complete:
                check_class_weights(pipeline[-1], np.asarray(decided.labels))
            model = fit(pipeline, train, JobWarnings())
            model.predict(few.X)
        except MemoryError:
            raise
        except UserInputError as error:
            return _Failure(error.what, error.found, error.expected, error.to_do)
        except Exception as error:  # whatever scikit-learn raises
            cause = error.__cause__ if isinstance(error, FitError) else error
            return _Failure(
                f"{key} cannot be fitted with what tuning.yaml sets",
                _quote(str(cause)),
                to_do=f"Correct `fixed` or `ranges` of {key}, or leave out the estimator.",
                may_fit_more_rows=True,
            )
        for name, scorer in make_scorers(self.metric.names, few.y).items():
            methods = response_methods(name)
            if not any(hasattr(model, method) for method in methods):
                return _Failure(
                    f"{key} cannot be scored by {name}",
                    _quote(_why_absent(model[-1], methods[0])),
                    expected=f"an estimator with {' or '.join(methods)}",
                    to_do="Choose another metric, or hyperparameters or an estimator with it.",
                )
            with suppress(FitError):  # which models of other rows may not have
                score(model, few, {name: scorer})
        growth = max(1.0, rows.fold_rows / count) ** _GROWTH
        self.fold_seconds = max(self.fold_seconds, (time.process_time() - began) * growth)
        return None


def _greatest_whole(settings: Settings) -> int:
    """Return the greatest whole number, which may be one of rows; seeds are none."""
    texts = (text for name, text in settings.items() if not name.endswith("random_state"))
    return max((int(float(text)) for text in texts if _WHOLE.fullmatch(text)), default=0)


def _text(number: float, kind: str) -> str:
    return str(int(number)) if kind == "integer" else repr(float(number))


def _why_absent(model: Pipeline, method: str) -> str:
    """Return what scikit-learn says of a method that a model does not have."""
    try:
        getattr(model, method)
    except AttributeError as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        return str(cause)
    return ""


def _quote(message: str) -> str:
    return f"scikit-learn's answer {quote(message, _MOST_CHARACTERS)}"
