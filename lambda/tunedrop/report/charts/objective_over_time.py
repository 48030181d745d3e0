"""Chart: the objective of every training job over time, with the best so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import altair as alt

from tunedrop.report.charts import drawing, job_marks
from tunedrop.report.charts.axes import ObjectiveAxis, objective_axis, time_axis
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.ranges import values_text
from tunedrop.report.results import COMPLETED, Results, TrainingJob

HEIGHT = 300
PARENTS, START = "parents", "start"
# What the training jobs of earlier tuning jobs take of the chart's width, left of the start.
PARENTS_SHARE = 0.18
TOOLTIP = {
    "name": ("Training job", drawing.TEXT),
    "estimator": ("Estimator", drawing.TEXT),
    "objective": ("Objective", drawing.NUMBER),
    "status": ("Status", drawing.TEXT),
    "hyperparameters": ("Hyperparameters", drawing.TEXT),
}
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class ObjectiveOverTime:
    """What the chart shows; rows are in the order in which the training jobs ended.

    The parents are training jobs of earlier tuning jobs, which the search started from. They have
    no number; their `time` is their place left of the start and says nothing of when they ran.
    """

    metric: str
    unit: str
    axis: ObjectiveAxis
    estimators: tuple[str, ...]
    best: int | None
    rows: drawing.Rows
    parents: drawing.Rows


def objective_over_time(results: Results) -> ObjectiveOverTime:
    """Order the training jobs by their end and follow the best Completed one."""
    jobs = results.training_jobs
    axis = time_axis(time for job in jobs for time in (job.created, job.started, job.ended))
    numbers = results.numbers
    best: float | None = None
    rows = []
    for job in sorted(jobs, key=lambda job: (_end(job) or _LAST, job.name)):
        end = _end(job)
        if job.status == COMPLETED and job.objective is not None:
            previous = job.objective if best is None else best
            best = max(job.objective, previous, key=lambda value: results.sign * value)
        time = axis.at(end) if end else None
        row = _row(job, results, time) | job_marks.job_fields(job, numbers[job.name])
        rows.append(row | {"best_so_far": best})
    parents = [job for job in results.parent_training_jobs if job.objective is not None]
    objectives = [job.objective for job in (*jobs, *parents) if job.objective is not None]
    last = max((row["time"] for row in rows if row["time"] is not None), default=0.0) or 1.0
    return ObjectiveOverTime(
        metric=results.metric_words,
        unit=axis.unit,
        axis=objective_axis(objectives, results.sign),
        estimators=tuple(results.estimators),
        best=numbers.get(results.best_training_job or ""),
        rows=tuple(rows),
        parents=_parents(parents, results, last),
    )


def _row(job: TrainingJob, results: Results, time: float | None) -> dict[str, Any]:
    price = results.cost.usd_per_hour if results.cost else None
    usd = None
    if price is not None and job.billable_seconds is not None:
        usd = round(job.billable_seconds / 3600 * price, 6)
    return {
        "name": job.name, "estimator": job.estimator, "status": job.status, "time": time,
        "hyperparameters": values_text(job.hyperparameters), "seconds": job.training_seconds,
        "billed": job.billable_seconds, "usd": usd,
    }  # fmt: skip


def _end(job: TrainingJob) -> datetime | None:
    return job.ended or job.started or job.created


def _parents(jobs: Sequence[TrainingJob], results: Results, last: float) -> drawing.Rows:
    """Spread the parents' training jobs, in their order, over a strip left of the start."""
    step = last * PARENTS_SHARE / (len(jobs) + 1)
    return tuple(
        _row(job, results, round(-step * (len(jobs) - place), 4))
        | {"number": None, "objective": job.objective, "shown_as": job_marks.EARLIER}
        for place, job in enumerate(jobs)
    )


def objective_chart(data: ObjectiveOverTime) -> Chart | None:
    """Draw points by estimator and status, the best so far as a step line; None without jobs."""
    if not data.rows:
        return None
    is_crowded = len(data.rows) > job_marks.MANY
    places = [row["time"] for row in (*data.parents, *data.rows) if row["time"] is not None]
    objective = drawing.title(data.metric)
    base = (
        drawing.base()
        .transform_filter("isValid(datum.time)")
        .encode(
            x=drawing.x(
                "time",
                f"{data.unit} since the start",
                alt.Axis(tickCount=8, labelExpr="datum.value < 0 ? '' : datum.label"),
                domain=[min(places, default=0.0), max(places, default=0.0)],
                nice=False,
                padding=10,
            ),
            y=drawing.y("objective", objective, alt.Undefined, **data.axis.scale),
        )
    )
    marks = base.encode(
        shape=job_marks.shape(),
        stroke=job_marks.estimator_stroke(data.estimators),
        tooltip=drawing.tooltip(TOOLTIP),
    )
    jobs = marks.mark_point(strokeWidth=1 if is_crowded else 1.8).encode(
        size=job_marks.size(55, len(data.rows)), opacity=job_marks.opacity()
    )
    scored = jobs.transform_filter("isValid(datum.objective)").encode(
        fill=job_marks.fill([data.best or 0], drawing.PAPER)
    )
    failed = jobs.transform_filter("!isValid(datum.objective)").encode(
        stroke=alt.StrokeValue(drawing.BAD), **drawing.fixed(y=HEIGHT - 6)
    )
    best = (
        base.transform_filter("isValid(datum.best_so_far)")
        .mark_line(interpolate="step-after", strokeWidth=2, color=drawing.INK, opacity=0.55)
        .encode(y=drawing.change(base.encoding.y, shorthand="best_so_far:Q"))
    )
    parents: tuple[alt.Chart, ...] = ()
    if data.parents:
        earlier = marks.mark_point(strokeWidth=1.4, opacity=0.6, size=32)
        start = drawing.base(START).mark_rule(strokeDash=[4, 3], color=drawing.MUTED)
        parents = (
            earlier.properties(data=alt.NamedData(name=PARENTS)),
            start.encode(x=alt.X("start:Q")),
        )
    return Chart(
        "chart-time",
        "Objective of each training job over time, with the best so far",
        (*parents, *((scored, failed, best) if is_crowded else (best, scored, failed))),
        data.rows,
        {
            **job_marks.NUMBER_COLUMN,
            "name": ("Name", drawing.TEXT),
            "estimator": ("Estimator", drawing.TEXT),
            "status": ("Status", drawing.TEXT),
            "time": (data.unit.capitalize(), drawing.NUMBER),
            "objective": (data.metric, drawing.NUMBER),
            "best_so_far": ("Best so far", drawing.NUMBER),
        },
        height=HEIGHT,
        is_selectable=True,
        other_rows={PARENTS: data.parents, START: ({"start": 0},)} if data.parents else {},
    )
