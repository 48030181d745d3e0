"""Where the model makes significantly more, or greater, errors than on the other rows.

Segments are the bins of each column, and pairs of those of the most important columns. Their errors
are compared with those of all other rows by Welch's test, corrected by Holm for all that were
tested; a segment is reported if its error matters, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import ttest_ind_from_stats

from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.data.values import Floats, Mask
from sklearn_trainer.evaluation.comparison import ERROR_RATE
from sklearn_trainer.explanation.bins import FEWEST_ROWS, Bins, bin_column
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.intervals import estimate_mean, holm
from sklearn_trainer.schema import Schema
from tunedrop_common.model_errors import Segment, Segments

MOST_BINS = 5
"""Of the numbers or times of a column."""

COLUMNS_IN_PAIRS = 5
MOST_EXAMINED = 1_000  # the largest
MOST_SHOWN = 10

TIMES_AS_GREAT = 1.25
"""An error that is less than so many times that of the other rows doesn't matter."""


@dataclass(frozen=True, eq=False)
class RowSegment:
    """The rows of one bin, which is made when it is asked for: there may be a thousand of them."""

    columns: tuple[str, ...]
    bins: Bins
    number: int
    size: int

    @property
    def label(self) -> str:
        """What the rows have in common."""
        return self.bins.names[self.number]

    @property
    def inside(self) -> Mask:
        """A mask of the rows."""
        return np.asarray(self.bins.numbers == self.number)


@dataclass(frozen=True, eq=False)
class TestedSegment:
    """A segment with its mean error, that of the other rows, and the test of their difference."""

    segment: RowSegment
    error: float
    elsewhere: float
    statistic: float
    p_value: float

    @property
    def is_significant(self) -> bool:
        """Whether the error is greater than that of the other rows, and matters."""
        return self.p_value < ERROR_RATE and self.error >= TIMES_AS_GREAT * self.elsewhere


def find_segments(
    predictions: ContenderPredictions,
    X: pd.DataFrame,
    schema: Schema,
    important: Sequence[str],
    *,
    requested: Sequence[str],
    names: bool,
) -> Segments:
    """Return the segments whose error is significantly greater, and those of requested columns.

    Parameters
    ----------
    X
        The features of all training rows.
    important
        Columns, the most important first.
    requested
        Columns whose segments are shown whatever they say.
    names
        Whether names of categories may be shown.
    """
    once = predictions.with_weight().first_repeat()
    errors, weighting = once.errors, once.row_columns
    bins: dict[tuple[str, ...], Bins] = {
        (feature.name,): bin_column(X[feature.name], once.rows, feature, MOST_BINS, names=names)
        for feature in schema.features
    }
    for first, second in combinations(important[:COLUMNS_IN_PAIRS], 2):
        bins[first, second] = bins[first,].cross(bins[second,])
    segments = [segment for columns in bins for segment in _segments_of(columns, bins[columns])]

    def is_requested(segment: RowSegment) -> bool:
        return len(segment.columns) == 1 and segment.columns[0] in requested

    segments.sort(key=lambda segment: (not is_requested(segment), -segment.size))
    every = np.ones(len(errors), dtype=np.bool_)
    tested = compare_segments(segments[:MOST_EXAMINED], errors, weighting, every)
    shown = _distinct(tested, errors, weighting)
    shown += [test for test in tested if is_requested(test.segment) and test not in shown]
    return Segments(
        measure="mean absolute error" if once.classes is None else "share wrong",
        examined=len(tested),
        segments=tuple(
            Segment(
                columns=test.segment.columns,
                label=test.segment.label,
                rows=test.segment.size,
                error=test.error,
                error_elsewhere=test.elsewhere,
                p_value=test.p_value,
                is_significant=test.is_significant,
                requested=is_requested(test.segment),
            )
            for test in shown
        ),
    )


def compare_segments(
    segments: Sequence[RowSegment],
    errors: Floats,
    weighting: RowColumns,
    among: Mask,
) -> list[TestedSegment]:
    """Return Welch's test of each segment against all other rows, corrected by Holm.

    No standard deviation counts as less than that of all rows: a few rows with the same error would
    otherwise be sure of themselves.

    Parameters
    ----------
    among
        The rows that are compared; segments with too few of them on either side are excluded.
    """
    compared, samples = [], []
    spread = estimate_mean(errors[among], weighting.take(among)).spread
    for segment in segments:
        sides = (among & segment.inside, among & ~segment.inside)
        if min(side.sum() for side in sides) < FEWEST_ROWS:
            continue
        compared.append(segment)
        for side in sides:
            mean = estimate_mean(errors[side], weighting.take(side))
            samples.append((mean.mean, np.fmax(mean.spread, spread), mean.units))
    if not compared:
        return []
    inside, elsewhere = np.array(samples[::2]).T, np.array(samples[1::2]).T
    with np.errstate(divide="ignore", invalid="ignore"):
        statistics, p_values = ttest_ind_from_stats(
            *inside, *elsewhere, equal_var=False, alternative="greater"
        )
    p_values = holm(np.nan_to_num(p_values, nan=1.0))  # of a model without any mistake
    numbers = np.array([inside[0], elsewhere[0], statistics, p_values]).T.tolist()
    return [TestedSegment(segment, *row) for segment, row in zip(compared, numbers, strict=True)]


def _segments_of(columns: tuple[str, ...], bins: Bins) -> list[RowSegment]:
    """Return the bins that have enough rows."""
    sizes = np.bincount(bins.numbers[bins.numbers >= 0], minlength=len(bins.names))
    return [
        RowSegment(columns, bins, number, size)
        for number, size in enumerate(sizes.tolist())
        if size >= FEWEST_ROWS
    ]


def _distinct(
    tested: Sequence[TestedSegment], errors: Floats, weighting: RowColumns
) -> list[TestedSegment]:
    """Return the most certain segment, then those that are significant without its rows, ..."""
    by_segment = {test.segment: test for test in tested}
    distinct: list[TestedSegment] = []
    remaining = np.ones(len(errors), dtype=np.bool_)
    candidates = [test for test in tested if test.is_significant]
    while candidates and len(distinct) < MOST_SHOWN:
        best = max(candidates, key=lambda test: test.statistic).segment
        distinct.append(by_segment[best])
        remaining &= ~best.inside
        segments = [test.segment for test in candidates if test.segment is not best]
        retested = compare_segments(segments, errors, weighting, remaining)
        candidates = [test for test in retested if test.is_significant]
    return distinct
