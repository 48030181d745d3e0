"""Chart: the objective of every training job over time, with the best so far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing, job_marks
from tunedrop.report.charts.axes import objective_axis
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


def objective_chart(results: Results) -> Chart | None:
    """Draw points by estimator and status, the best so far as a step line; None without jobs.

    Training jobs of earlier tuning jobs, which the search started from, stand left of the start.
    They have no number; their `time` is their place there and says nothing of when they ran.
    """
    jobs = results.training_jobs
    if not jobs:
        return None
    times = [time for job in jobs for time in (job.created, job.started, job.ended) if time]
    unit, seconds = _unit_of(times)
    rows = _rows(results, min(times, default=_LAST), seconds)
    parents = _parents(results, max((row["time"] or 0.0 for row in rows), default=0.0) or 1.0)
    return _draw(results, tuple(rows), parents, unit)


def _unit_of(times: Sequence[datetime]) -> tuple[str, int]:
    """Return the unit of time that suits a span, and its seconds."""
    span = (max(times) - min(times)).total_seconds() if times else 0.0
    units = (("hours", 3600), ("minutes", 60))
    return next((unit for unit in units if span >= 3 * unit[1]), ("seconds", 1))


def _rows(results: Results, start: datetime, unit_seconds: int) -> list[dict[str, Any]]:
    """Order the training jobs by their end and follow the best Completed one."""
    numbers = results.numbers
    best: float | None = None
    rows = []
    for job in sorted(results.training_jobs, key=lambda job: (_end(job) or _LAST, job.name)):
        end = _end(job)
        if job.status == COMPLETED and job.objective is not None:
            previous = job.objective if best is None else best
            best = max(job.objective, previous, key=lambda value: results.sign * value)
        time = round((end - start).total_seconds() / unit_seconds, 3) if end else None
        row = _row(job, results, time) | job_marks.job_fields(job, numbers[job.name])
        rows.append(row | {"best_so_far": best})
    return rows


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


def _parents(results: Results, last: float) -> drawing.Rows:
    """Spread the parents' training jobs, in their order, over a strip left of the start."""
    jobs = [job for job in results.parent_training_jobs if job.objective is not None]
    step = last * PARENTS_SHARE / (len(jobs) + 1)
    return tuple(
        _row(job, results, round(-step * (len(jobs) - place), 4))
        | {"number": None, "objective": job.objective, "shown_as": job_marks.EARLIER}
        for place, job in enumerate(jobs)
    )


def _draw(results: Results, rows: drawing.Rows, parents: drawing.Rows, unit: str) -> Chart:
    objectives = [row["objective"] for row in (*rows, *parents) if row["objective"] is not None]
    objective_limits = objective_axis(objectives, results.sign)
    is_crowded = len(rows) > job_marks.MANY
    places = [row["time"] for row in (*parents, *rows) if row["time"] is not None]
    base = (
        drawing.base()
        .transform_filter("isValid(datum.time)")
        .encode(
            x=drawing.x(
                "time",
                f"{unit} since the start",
                alt.Axis(tickCount=8, labelExpr="datum.value < 0 ? '' : datum.label"),
                domain=[min(places, default=0.0), max(places, default=0.0)],
                nice=False,
                padding=10,
            ),
            y=drawing.y(
                "objective",
                drawing.title(results.metric_words),
                alt.Undefined,
                **objective_limits.scale,
            ),
        )
    )
    marks = base.encode(
        shape=job_marks.shape(),
        stroke=job_marks.estimator_stroke(list(results.estimators)),
        tooltip=drawing.tooltip(TOOLTIP),
    )
    jobs = marks.mark_point(strokeWidth=1 if is_crowded else 1.8).encode(
        size=job_marks.size(55, len(rows)), opacity=job_marks.opacity()
    )
    scored = jobs.transform_filter("isValid(datum.objective)").encode(
        fill=job_marks.fill([results.best_number or 0], drawing.PAPER)
    )
    failed = jobs.transform_filter("!isValid(datum.objective)").encode(
        stroke=alt.StrokeValue(drawing.BAD), **drawing.fixed(y=HEIGHT - 6)
    )
    best = (
        base.transform_filter("isValid(datum.best_so_far)")
        .mark_line(interpolate="step-after", strokeWidth=2, color=drawing.INK, opacity=0.55)
        .encode(y=drawing.change(base.encoding.y, shorthand="best_so_far:Q"))
    )
    before_start: tuple[alt.Chart, ...] = ()
    if parents:
        earlier = marks.mark_point(strokeWidth=1.4, opacity=0.6, size=32)
        start = drawing.base(START).mark_rule(strokeDash=[4, 3], color=drawing.MUTED)
        before_start = (
            earlier.properties(data=alt.NamedData(name=PARENTS)),
            start.encode(x=alt.X("start:Q")),
        )
    return Chart(
        "chart-time",
        "Objective of each training job over time, with the best so far",
        (*before_start, *((scored, failed, best) if is_crowded else (best, scored, failed))),
        rows,
        {
            **job_marks.NUMBER_COLUMN,
            "name": ("Name", drawing.TEXT),
            "estimator": ("Estimator", drawing.TEXT),
            "status": ("Status", drawing.TEXT),
            "time": (unit.capitalize(), drawing.NUMBER),
            "objective": (results.metric_words, drawing.NUMBER),
            "best_so_far": ("Best so far", drawing.NUMBER),
        },
        note=_outliers_note(objective_limits.outliers),
        height=HEIGHT,
        is_selectable=True,
        other_rows={PARENTS: parents, START: ({"start": 0},)} if parents else {},
    )


def _outliers_note(outliers: int) -> str:
    if not outliers:
        return ""
    jobs = wording.count(outliers, "training job")
    are = "is" if outliers == 1 else "are"
    return f"{jobs} far worse than the others {are} drawn at the edge of the chart."
