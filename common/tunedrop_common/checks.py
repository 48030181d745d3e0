"""A check: how a model in use predicted rows whose target is known, beside what was promised.

Predict scores the rows and writes it; the index, the schedules and `tunedrop runs` read it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tunedrop_common.estimates import Finding, IntervalEstimate
from tunedrop_common.model_errors import ClassErrors, Confusion

CheckVerdict = Literal["worse", "better", "as promised", "too few rows"]
PromisedBy = Literal["fresh folds", "held-out test set"]

FEWEST_ROWS = 50
FEWEST_ROWS_OF_A_CLASS = 10
MOST_ROWS = 100_000


class CheckScore(Finding):
    """What the scored rows say of a model."""

    metric: str
    rows: int = Field(description="Rows that were scored, each with a target: at most 100,000.")
    of_rows: int = Field(description="Rows of the file with a target.")
    groups: int | None = Field(None, description="The interval is by so many groups, not by rows.")
    weighted: bool = Field(False, description="Rows count by their weights.")
    score: IntervalEstimate = Field(description="With the scorer's sign: greater is better.")
    promised: IntervalEstimate
    promised_by: PromisedBy
    verdict: CheckVerdict
    classes: tuple[ClassErrors, ...] = Field((), description="The most frequent ones, at most 10.")
    confusion: Confusion | None = Field(None, description="Of a classification.")
    mean_error: IntervalEstimate | None = Field(
        None, description="Of a regression: actual minus predicted, in the mean."
    )
    mean_absolute_error: IntervalEstimate | None = Field(None, description="Of a regression.")
