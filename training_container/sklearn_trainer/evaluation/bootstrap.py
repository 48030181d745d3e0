"""The bootstrap interval of a score: the same for the held-out test set and for later rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import sklearn

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.evaluation.comparison import CONFIDENCE
from sklearn_trainer.evaluation.predictions import Predicted, replay
from sklearn_trainer.evaluation.scoring import (
    greatest_score,
    least_error,
    make_scorers,
    score_optional,
)
from tunedrop_common.checks import FEWEST_ROWS, FEWEST_ROWS_OF_A_CLASS, MOST_ROWS
from tunedrop_common.estimates import IntervalEstimate

Positions = npt.NDArray[np.int64]

RESAMPLES: Final = 500
# A metric of many pairs of classes takes seconds for each resample: then there are fewer.
FEWEST_RESAMPLES: Final = 50
MAX_SECONDS: Final = 60.0
_SEED: Final = 0


@dataclass(frozen=True)
class ScoredRows:
    """Rows whose target is known, and what a model predicted for them.

    Parameters
    ----------
    actual
        The class's place among `classes` (int64), or the target (float64).
    classes
        Labels in sorted order; None in a regression.
    row_columns
        The weights and groups of the rows.
    """

    predicted: Predicted
    actual: npt.NDArray[Any]
    classes: Sequence[Any] | None
    row_columns: RowColumns = field(default_factory=RowColumns)

    def take(self, rows: npt.NDArray[Any]) -> ScoredRows:
        """Return some of the rows, by a mask or by their positions."""
        return ScoredRows(
            self.predicted.take(rows),
            self.actual[rows],
            self.classes,
            self.row_columns.take(rows),
        )

    @classmethod
    def join(cls, pieces: Sequence[ScoredRows]) -> ScoredRows:
        """Return the rows of pieces of one file, of at least one, in one."""
        first = pieces[0]
        predicted = Predicted.join([piece.predicted for piece in pieces])
        if predicted is None:
            raise ValueError("pieces with predictions of several kinds")

        def joined(name: str) -> Any:
            columns = [getattr(piece.row_columns, name) for piece in pieces]
            return None if columns[0] is None else np.concatenate(columns)

        actual = np.concatenate([piece.actual for piece in pieces])
        row_columns = RowColumns(joined("weights"), joined("groups"))
        return cls(predicted, actual, first.classes, row_columns)

    @property
    def units(self) -> int:
        """How many groups there are, or rows without groups."""
        groups = self.row_columns.groups
        return len(self.actual if groups is None else np.unique(groups))

    @property
    def are_enough(self) -> bool:
        """Whether there are enough rows, and of each class, for a verdict."""
        if self.classes is not None:
            counts = np.bincount(self.actual, minlength=len(self.classes))
            if counts.min() < FEWEST_ROWS_OF_A_CLASS:
                return False
        return len(self.actual) >= FEWEST_ROWS


def estimate_score(metric: str, rows: ScoredRows) -> IntervalEstimate:
    """Return a metric of rows with its 95% bootstrap interval; no value where it has none.

    Of more than 100,000 rows, a sample of them decides the interval.
    """
    score = _scoring(metric, rows.classes)
    estimate = IntervalEstimate(value=score(rows))
    draw = np.random.default_rng(_SEED)
    if len(rows.actual) > MOST_ROWS:
        rows = rows.take(np.sort(draw.choice(len(rows.actual), MOST_ROWS, replace=False)))
    deadline = time.monotonic() + MAX_SECONDS
    scores: list[float] = []
    for number, drawn in enumerate(_resamples(rows, draw)):
        if number >= FEWEST_RESAMPLES and time.monotonic() > deadline:
            break
        scores.append(score(rows.take(drawn)))
    finite = np.array(scores)[np.isfinite(scores)]
    if estimate.value is None or len(finite) < FEWEST_RESAMPLES:
        return estimate
    low, high = np.quantile(finite, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)).tolist()
    low = min(low, greatest_score(metric) - least_error(metric, rows.units))
    return IntervalEstimate(value=estimate.value, interval=(low, high))


def _scoring(metric: str, classes: Sequence[Any] | None) -> Callable[[ScoredRows], float]:
    """Return what scores rows; labels that are text are numbered, because that is much faster."""
    labels = None if classes is None else np.asarray(classes)
    if labels is not None and labels.dtype.kind == "U":
        labels = np.arange(len(labels))
    scorers = make_scorers([metric], np.empty(0) if labels is None else labels)

    def score(rows: ScoredRows) -> float:
        y = rows.actual if labels is None else labels[rows.actual]
        portion = Portion(
            pd.DataFrame(index=range(len(y))), y, RowColumns(rows.row_columns.weights)
        )
        with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
            return score_optional(replay(rows.predicted, labels), portion, scorers)[metric]

    return score


def _resamples(rows: ScoredRows, draw: np.random.Generator) -> Iterator[Positions]:
    """Yield the positions of as many rows, or of the rows of as many groups, drawn again."""
    if rows.row_columns.groups is None:
        for _ in range(RESAMPLES):
            yield draw.integers(len(rows.actual), size=len(rows.actual))
        return
    _, numbers = np.unique(rows.row_columns.groups, return_inverse=True)
    members = np.split(np.argsort(numbers, kind="stable"), np.cumsum(np.bincount(numbers))[:-1])
    if len(members) < 2:  # one group says nothing of others
        return
    for _ in range(RESAMPLES):
        drawn = draw.integers(len(members), size=len(members))
        yield np.concatenate([members[group] for group in drawn])
