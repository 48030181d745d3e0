"""A check: how a model in use predicted rows whose target is known, beside what was promised.

Predict scores the rows and writes it; the index, the schedules and `tunedrop runs` read it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tunedrop_common.estimates import Finding, IntervalEstimate

CheckVerdict = Literal["worse", "better", "as promised", "too few rows"]


class CheckScore(Finding):
    """What the scored rows say of a model."""

    metric: str
    rows: int = Field(description="Rows that were scored: they have a target.")
    score: IntervalEstimate = Field(description="With the scorer's sign: greater is better.")
    promised: IntervalEstimate
    promised_by: Literal["fresh folds", "held-out test set"]
    verdict: CheckVerdict
