"""Training jobs in charts: their marks, alike in all of them, and the objective's axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.results import COMPLETED, STOPPED, TrainingJob

# From here on marks cover one another.
MANY = 500
# Parts marks of one category: multiples of the golden ratio never fall on one another.
SPREAD = "datum.number * 0.6180339887498949 % 1"

STOPPED_EARLY = "Stopped early"
FAILED_OR_SILENT = "Failed or without objective"

NUMBER_COLUMN = {"number": ("Training job", drawing.COUNT)}


def job_fields(job: TrainingJob, number: int) -> dict[str, Any]:
    """Return the fields that a training job's row has in every chart."""
    return {"number": number, "objective": job.objective, "shown_as": shown_as(job)}


def shown_as(job: TrainingJob) -> str:
    """Return which of the marks a training job gets."""
    if job.objective is None:
        return FAILED_OR_SILENT
    return {COMPLETED: COMPLETED, STOPPED: STOPPED_EARLY}.get(job.status, FAILED_OR_SILENT)


def fill(best: Sequence[int], otherwise: str = "transparent") -> alt.FillValue:
    """Return a mark's fill: the best training jobs' stand out."""
    is_best = f"indexof({list(best)}, datum.number) >= 0"
    return alt.FillValue(otherwise, condition=_where(is_best, drawing.INK))


def opacity() -> alt.OpacityValue:
    """Return a mark's opacity: others fade when the reader selected some training jobs."""
    faded = _where("picking && !picked[datum.number]", 0.08)
    return alt.OpacityValue(0.9, condition=faded)


def size(normal: int, marks: int) -> alt.SizeValue:
    """Return a mark's size: smaller from some hundreds on, larger for the selected ones."""
    area = normal if marks <= MANY else max(round(normal * (MANY / marks) ** 0.5), 8)
    return alt.SizeValue(area, condition=_where("picked[datum.number]", area * 2.5))


def shape() -> alt.Shape:
    """Return a mark's shape by how its training job ended; the page has the legend."""
    statuses = [COMPLETED, STOPPED_EARLY, FAILED_OR_SILENT]
    scale = alt.Scale(domain=statuses, range=["circle", "triangle-down", "cross"])
    return alt.Shape("shown_as:N", legend=None, scale=scale)


def _where(test: str, value: Any) -> dict[str, Any]:
    """Return the condition of an encoding: a value for the rows that pass a test."""
    return {"test": test, "value": value}


@dataclass(frozen=True)
class ObjectiveAxis:
    """Limits of the objective's axis; `outliers` are so bad that they are drawn at its edge."""

    low: float
    high: float
    outliers: int

    @property
    def scale(self) -> dict[str, Any]:
        """The scale of the axis, as Vega-Lite takes it."""
        return {"domain": [self.low, self.high], "clamp": True, "nice": False}


def objective_axis(values: Iterable[float], sign: int = 1) -> ObjectiveAxis:
    """Choose limits which show the good values apart even when a few are terrible.

    R² has no lower limit: one diverged training job at -1e9 would flatten all others. So the axis
    ends three interquartile ranges below the first quartile: beyond, Tukey calls a value far out.
    With `sign` -1 small values are the good ones, so large ones are cut off.
    """
    scores = sorted(sign * value for value in values)
    if not scores:
        return ObjectiveAxis(0.0, 1.0, 0)
    low, high = scores[0], scores[-1]
    if len(scores) >= 4:
        first, _, third = quantiles(scores, n=4, method="inclusive")
        fence = first - 3 * (third - first)
        if third > first and low < fence:
            low = min(value for value in scores if value >= fence)
    padding = (high - low) * 0.06 or abs(high) * 0.05 or 0.05
    low, high = low - padding, high + padding
    outliers = sum(value < low for value in scores)
    return ObjectiveAxis(min(sign * low, sign * high), max(sign * low, sign * high), outliers)
