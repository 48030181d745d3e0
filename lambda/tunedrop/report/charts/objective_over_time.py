"""Chart: the objective of every training job over time, with the best so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.charts.axes import ObjectiveAxis, objective_axis, time_axis
from tunedrop.report.ranges import values_text
from tunedrop.report.results import COMPLETED, Results, TrainingJob

HEIGHT = 300
PARENTS = "parents"
# What the training jobs of earlier tuning jobs take of the chart's width, left of the start.
PARENTS_SHARE = 0.18
TOOLTIP = [
    alt.Tooltip("name:N", title="training job"),
    alt.Tooltip("estimator:N"),
    alt.Tooltip("objective:Q", format=drawing.NUMBER),
    alt.Tooltip("status:N"),
    alt.Tooltip("hyperparameters:N"),
]
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class TimePoint:
    """One training job; one of an earlier tuning job, which the search started from, has no number.

    The earlier ones' `time` is their place left of the start, in their order; it has nothing to do
    with when they ran.
    """

    number: int | None
    name: str
    estimator: str
    hyperparameters: str
    status: str
    shown_as: str
    time: float | None
    seconds: int | None
    billed: int | None
    usd: float | None
    objective: float | None
    best_so_far: float | None


@dataclass(frozen=True)
class ObjectiveOverTime:
    """What the chart shows; points are in the order in which the training jobs ended."""

    metric: str
    unit: str
    axis: ObjectiveAxis
    estimators: tuple[str, ...]
    best: int | None
    points: tuple[TimePoint, ...]
    parents: tuple[TimePoint, ...]


def objective_over_time(results: Results) -> ObjectiveOverTime:
    """Order the training jobs by their end and follow the best Completed one."""
    jobs = results.training_jobs
    axis = time_axis(time for job in jobs for time in (job.created, job.started, job.ended))
    numbers = results.numbers
    best: float | None = None
    points = []
    for job in sorted(jobs, key=lambda job: (_end(job) or _LAST, job.name)):
        end = _end(job)
        if job.status == COMPLETED and job.objective is not None:
            known = job.objective if best is None else best
            best = max(job.objective, known, key=lambda value: results.sign * value)
        point = _point(job, results, time=axis.at(end) if end else None)
        points.append(replace(point, number=numbers[job.name], best_so_far=best))
    parents = [job for job in results.parent_training_jobs if job.objective is not None]
    objectives = [job.objective for job in (*jobs, *parents) if job.objective is not None]
    last = max((point.time for point in points if point.time is not None), default=0.0) or 1.0
    return ObjectiveOverTime(
        metric=results.metric_words,
        unit=axis.unit,
        axis=objective_axis(objectives, results.sign),
        estimators=tuple(results.estimators),
        best=numbers.get(results.best_training_job or ""),
        points=tuple(points),
        parents=_parents(parents, results, last),
    )


def _point(job: TrainingJob, results: Results, *, time: float | None) -> TimePoint:
    price = results.cost.usd_per_hour if results.cost else None
    usd = None
    if price is not None and job.billable_seconds is not None:
        usd = round(job.billable_seconds / 3600 * price, 6)
    return TimePoint(
        number=None,
        name=job.name,
        estimator=job.estimator,
        hyperparameters=values_text(job.hyperparameters),
        status=job.status,
        shown_as=drawing.shown_as(job),
        time=time,
        seconds=job.training_seconds,
        billed=job.billable_seconds,
        usd=usd,
        objective=job.objective,
        best_so_far=None,
    )


def _end(job: TrainingJob) -> datetime | None:
    return job.ended or job.started or job.created


def _parents(jobs: list[TrainingJob], results: Results, last: float) -> tuple[TimePoint, ...]:
    """Spread the parents' training jobs, in their order, over a strip left of the start."""
    width = last * PARENTS_SHARE
    places = (round(-width * left / (len(jobs) + 1), 4) for left in range(len(jobs), 0, -1))
    return tuple(
        replace(_point(job, results, time=place), shown_as=drawing.EARLIER)
        for job, place in zip(jobs, places, strict=True)
    )


def draw_objective_over_time(chart: ObjectiveOverTime) -> drawing.Drawing:
    """Draw points by estimator and status, the best so far as a step line."""
    base = drawing.from_rows().transform_filter("isValid(datum.time)")
    scale = alt.Scale(domain=_span(chart), nice=False, padding=10)
    x = alt.X(
        "time:Q",
        axis=alt.Axis(tickCount=8, labelExpr="datum.value < 0 ? '' : datum.label"),
        title=f"{chart.unit} since the start",
        scale=scale,
    )
    y_scale = alt.Scale(domain=[chart.axis.low, chart.axis.high], clamp=True, nice=False)
    y = alt.Y("objective:Q", title=drawing.title(chart.metric), scale=y_scale)
    best = (
        base.transform_filter("isValid(datum.best_so_far)")
        .mark_line(interpolate="step-after", strokeWidth=2, color=drawing.INK, opacity=0.55)
        .encode(x=x, y=alt.Y("best_so_far:Q", scale=y_scale))
    )
    many = len(chart.points) > drawing.MANY
    marks = base.mark_point(strokeWidth=1 if many else 1.8).encode(
        size=drawing.size(drawing.area(55, len(chart.points))),
        shape=drawing.shape(),
        opacity=drawing.opacity(),
        tooltip=TOOLTIP,
    )
    scored = marks.transform_filter("isValid(datum.objective)").encode(
        x=x,
        y=y,
        stroke=drawing.estimator_stroke(chart.estimators),
        fill=alt.FillValue(
            drawing.PAPER,
            condition=drawing.where(f"datum.number == {chart.best or 0}", drawing.INK),
        ),
    )
    failed = marks.transform_filter("!isValid(datum.objective)").encode(
        x=x, stroke=alt.StrokeValue(drawing.BAD), **drawing.fixed(y=HEIGHT - 6)
    )
    earlier = _earlier(chart, x, y) if chart.parents else []
    order = (scored, failed, best) if many else (best, scored, failed)
    shown = drawing.rows(chart.points)
    others = {PARENTS: drawing.rows(chart.parents)} if chart.parents else {}
    return drawing.draw(*earlier, *order, rows=shown, others=others, height=HEIGHT, pick=True)


def _span(chart: ObjectiveOverTime) -> list[float]:
    places = (point.time for point in (*chart.parents, *chart.points))
    known = [place for place in places if place is not None] or [0.0]
    return [min(known), max(known)]


def _earlier(chart: ObjectiveOverTime, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Draw the warm start's parents, and where they end."""
    points = (
        drawing.from_rows(PARENTS)
        .mark_point(strokeWidth=1.4, opacity=0.6, size=32)
        .encode(
            x=x,
            y=y,
            shape=drawing.shape(),
            stroke=drawing.estimator_stroke(chart.estimators),
            tooltip=TOOLTIP,
        )
    )
    start = (
        alt.Chart(alt.InlineData(values=[{"start": 0}]))
        .mark_rule(strokeDash=[4, 3], color=drawing.MUTED)
        .encode(x=alt.X("start:Q"))
    )
    return [points, start]
