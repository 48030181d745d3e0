"""Chart: the objectives of each estimator's training jobs, side by side on one axis."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.charts.axes import ObjectiveAxis, objective_axis
from tunedrop.report.results import Results, best_training_job

ROW = 46


@dataclass(frozen=True)
class EstimatorPoint:
    """One training job with an objective."""

    number: int
    estimator: str
    objective: float
    shown_as: str


@dataclass(frozen=True)
class EstimatorsCompared:
    """What the chart shows; `best` are the numbers of each estimator's best training job."""

    metric: str
    axis: ObjectiveAxis
    estimators: tuple[str, ...]
    best: tuple[int, ...]
    points: tuple[EstimatorPoint, ...]


def estimators_compared(results: Results) -> EstimatorsCompared | None:
    """Put the estimators side by side; None when there are not two with an objective."""
    scored = {key: jobs for key in results.estimators if (jobs := results.scored(key))}
    if len(scored) < 2:
        return None
    numbers = results.numbers
    jobs = sorted((job for own in scored.values() for job in own), key=lambda j: numbers[j.name])
    best = (best_training_job(own, results.sign) for own in scored.values())
    return EstimatorsCompared(
        metric=results.metric_words,
        axis=objective_axis((job.objective or 0.0 for job in jobs), results.sign),
        estimators=tuple(scored),
        best=tuple(numbers[job.name] for job in best if job),
        points=tuple(
            EstimatorPoint(
                numbers[job.name], job.estimator, job.objective or 0.0, drawing.shown_as(job)
            )
            for job in jobs
        ),
    )


def draw_estimators(chart: EstimatorsCompared, order: tuple[str, ...]) -> drawing.Drawing:
    """Draw a strip of points for each estimator, its best one filled; `order` gives colours."""
    scale = alt.Scale(domain=[chart.axis.low, chart.axis.high], clamp=True, nice=False)
    best = f"indexof({list(chart.best)}, datum.number) >= 0"
    points = (
        drawing.from_rows()
        .transform_calculate(spread=drawing.SPREAD)
        .mark_point(strokeWidth=0.8 if len(chart.points) > drawing.MANY else 1.5)
        .encode(
            x=alt.X(
                "objective:Q",
                title=drawing.title(chart.metric),
                scale=scale,
                axis=alt.Axis(tickCount=6),
            ),
            y=alt.Y("estimator:N", sort=list(chart.estimators), title=None),
            yOffset=alt.YOffset("spread:Q", scale=alt.Scale(domain=[-0.3, 1.3])),
            stroke=drawing.estimator_stroke(order),
            fill=alt.FillValue("transparent", condition=drawing.where(best, drawing.INK)),
            shape=drawing.shape(),
            size=drawing.size(drawing.area(36, len(chart.points))),
            opacity=drawing.opacity(0.8),
            tooltip=drawing.job_tooltip(alt.Tooltip("estimator:N"), chart.metric),
        )
    )
    height = ROW * len(chart.estimators) + drawing.AXIS_HEIGHT
    return drawing.draw(points, rows=drawing.rows(chart.points), height=height, pick=True)
