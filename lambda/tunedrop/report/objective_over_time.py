"""Chart: the objective of every training job over time, with the best so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import altair as alt

from tunedrop.report import theme
from tunedrop.report.axes import ObjectiveAxis, objective_axis, time_axis
from tunedrop.report.drawing import (
    Drawing,
    estimator_stroke,
    from_rows,
    layered,
    rows,
    shape,
    size,
    with_pick,
)
from tunedrop.report.marks import describe, estimator_order, shown_as
from tunedrop.report.results import Results
from tunedrop.report.training_jobs import COMPLETED, TrainingJob

HEIGHT = 280
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class TimePoint:
    """One training job."""

    number: int
    name: str
    estimator: str
    hyperparameters: str
    status: str
    shown_as: str
    time: float | None
    seconds: int | None
    objective: float | None
    best_so_far: float | None
    is_best: bool


@dataclass(frozen=True)
class ObjectiveOverTime:
    """What the chart shows; points are in the order in which the training jobs ended."""

    metric: str
    unit: str
    axis: ObjectiveAxis
    estimators: tuple[str, ...]
    points: tuple[TimePoint, ...]


def objective_over_time(results: Results) -> ObjectiveOverTime:
    """Order the training jobs by their end and follow the best Completed one."""
    jobs = results.training_jobs
    axis = time_axis(time for job in jobs for time in (job.created, job.started, job.ended))
    numbers = {job.name: number for number, job in enumerate(jobs, start=1)}
    best: float | None = None
    points = []
    for job in sorted(jobs, key=lambda job: (_end(job) or _LAST, job.name)):
        end = _end(job)
        if job.status == COMPLETED and job.objective is not None:
            best = job.objective if best is None else max(best, job.objective)
        points.append(
            TimePoint(
                number=numbers[job.name],
                name=job.name,
                estimator=job.estimator,
                hyperparameters=describe(job),
                status=job.status,
                shown_as=shown_as(job),
                time=axis.at(end) if end else None,
                seconds=job.training_seconds,
                objective=job.objective,
                best_so_far=best,
                is_best=job.name == results.best_training_job,
            )
        )
    objectives = [job.objective for job in jobs if job.objective is not None]
    return ObjectiveOverTime(
        metric=results.metric,
        unit=axis.unit,
        axis=objective_axis(objectives),
        estimators=estimator_order(results),
        points=tuple(points),
    )


def _end(job: TrainingJob) -> datetime | None:
    return job.ended or job.started or job.created


def draw_objective_over_time(chart: ObjectiveOverTime) -> Drawing:
    """Draw points by estimator and status, the best so far as a step line."""
    base = from_rows().transform_filter("isValid(datum.time)")
    times = [point.time for point in chart.points if point.time is not None] or [0.0]
    x = alt.X(
        "time:Q",
        axis=alt.Axis(tickCount=8),
        title=f"{chart.unit} since the start",
        scale=alt.Scale(domain=[min(times), max(times)], nice=False, padding=10),
    )
    y_scale = alt.Scale(domain=[chart.axis.low, chart.axis.high], clamp=True, nice=False)
    y = alt.Y("objective:Q", title=chart.metric, scale=y_scale)
    best = (
        base.transform_filter("isValid(datum.best_so_far)")
        .mark_line(interpolate="step-after", strokeWidth=2, color=theme.INK, opacity=0.55)
        .encode(x=x, y=alt.Y("best_so_far:Q", scale=y_scale))
    )
    marks = base.mark_point(strokeWidth=1.8, opacity=0.95).encode(
        size=size(55), shape=shape(), tooltip=tooltip()
    )
    scored = marks.transform_filter("isValid(datum.objective)").encode(
        x=x,
        y=y,
        stroke=estimator_stroke(chart.estimators),
        fill=alt.condition("datum.is_best", alt.value(theme.INK), alt.value(theme.PAPER)),
    )
    failed = marks.transform_filter("!isValid(datum.objective)").encode(
        x=x, y=alt.value(HEIGHT - 6), stroke=alt.value(theme.BAD)
    )
    layers = layered(best, scored, failed).properties(width="container", height=HEIGHT)
    return Drawing(with_pick(layers), rows(chart.points))


def tooltip() -> list[alt.Tooltip]:
    """Return what hovering over a training job shows."""
    return [
        alt.Tooltip("name:N", title="training job"),
        alt.Tooltip("estimator:N"),
        alt.Tooltip("objective:Q", format=".5~g"),
        alt.Tooltip("status:N"),
        alt.Tooltip("hyperparameters:N"),
    ]
