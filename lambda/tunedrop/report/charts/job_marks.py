"""Training jobs in charts: their marks, alike in all of them, and the objective's axis."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import quantiles
from typing import Any

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.results import COMPLETED, STOPPED, Results, TrainingJob

# From here on marks cover one another.
MANY = 500
# Parts marks of one category: multiples of the golden ratio never fall on one another.
SPREAD = "datum.number * 0.6180339887498949 % 1"
# Of a mark in square pixels, and the least.
AREA, LEAST_AREA = 48, 8

STOPPED_EARLY = "Stopped early"
FAILED_OR_SILENT = "Failed or without objective"

NUMBER_COLUMN = {"number": ("Training job", drawing.COUNT)}


def job_fields(job: TrainingJob, number: int) -> dict[str, Any]:
    """Return the fields that a training job's row has in every chart."""
    status = {COMPLETED: COMPLETED, STOPPED: STOPPED_EARLY}.get(job.status, FAILED_OR_SILENT)
    shown_as = FAILED_OR_SILENT if job.objective is None else status
    return {"number": number, "objective": job.objective, "shown_as": shown_as}


def draw_jobs(base: alt.Chart, amount: int, best: int | None) -> alt.Chart:
    """Draw a mark for each training job, by how it ended; the page has the legend.

    The best one is filled. Those that the reader selected are larger, and all others fade.
    """
    is_crowded = amount > MANY
    area = max(round(AREA * (MANY / amount) ** 0.5), LEAST_AREA) if is_crowded else AREA
    statuses = [COMPLETED, STOPPED_EARLY, FAILED_OR_SILENT]
    shapes = alt.Scale(domain=statuses, range=["circle", "triangle-down", "cross"])
    marks: alt.Chart = base.mark_point(strokeWidth=0.8 if is_crowded else 1.6).encode(
        fill=alt.FillValue(
            "transparent", condition=_where(f"datum.number === {best or 0}", drawing.INK)
        ),
        opacity=alt.OpacityValue(0.9, condition=_where("picking && !picked[datum.number]", 0.08)),
        size=alt.SizeValue(area, condition=_where("picked[datum.number]", area * 2.5)),
        shape=alt.Shape("shown_as:N", legend=None, scale=shapes),
    )
    return marks


def _where(test: str, value: Any) -> dict[str, Any]:
    """Return the condition of an encoding: a value for the rows that pass a test."""
    return {"test": test, "value": value}


def objective_axis(results: Results, jobs: Iterable[TrainingJob]) -> alt.Y:
    """Return the axis of the objective; what is far worse than the others is at its edge."""
    objectives = (job.objective for job in jobs if job.objective is not None)
    low, high = objective_limits(objectives, results.sign)
    title = drawing.title(results.metric_words)
    axis = drawing.number_axis()
    return drawing.y("objective", title, axis, domain=[low, high], clamp=True, nice=False)


def objective_limits(values: Iterable[float], sign: int = 1) -> tuple[float, float]:
    """Choose limits which show the good values apart even when a few are terrible.

    R² has no lower limit: one diverged training job at -1e9 would flatten all others. So the axis
    ends three interquartile ranges below the first quartile: beyond, Tukey calls a value far out.
    With `sign` -1 small values are the good ones, so large ones are cut off.
    """
    scores = sorted(sign * value for value in values) or [0.0, 1.0]
    low, high = scores[0], scores[-1]
    if len(scores) >= 4:
        first, _, third = quantiles(scores, n=4, method="inclusive")
        fence = first - 3 * (third - first)
        if third > first and low < fence:
            low = min(value for value in scores if value >= fence)
    padding = (high - low) * 0.06 or abs(high) * 0.05 or 0.05
    ends = sorted((sign * (low - padding), sign * (high + padding)))
    return ends[0], ends[1]
