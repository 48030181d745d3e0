"""Chart: the objective of every training job over time, with the best so far."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import altair as alt

from tunedrop.report.charts import drawing, job_marks
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.ranges import values_text
from tunedrop.report.results import COMPLETED, Results, TrainingJob

HEIGHT = 300
# Altair has no types for it.
_AT_HEIGHT: Any = alt.YValue
_LAST = datetime.max.replace(tzinfo=UTC)


def objective_chart(results: Results) -> Chart | None:
    """Draw points by estimator and status, the best so far as a step line; None without jobs."""
    rows = _rows(results)
    return _draw(results, rows) if rows else None


def _rows(results: Results) -> drawing.Rows:
    """Order the training jobs by their end and follow the best Completed one."""
    jobs, numbers = results.training_jobs, results.numbers
    best: float | None = None
    rows = []
    for job in sorted(jobs, key=lambda job: (_end(job) or _LAST, job.name)):
        end = _end(job)
        if job.status == COMPLETED and job.objective is not None:
            previous = job.objective if best is None else best
            best = max(job.objective, previous, key=lambda value: results.sign * value)
        rows.append(
            job_marks.job_fields(job, numbers[job.name])
            | {"name": job.name, "estimator": job.estimator, "status": job.status,
               "time": end and end.astimezone(UTC).isoformat(timespec="milliseconds"),
               "hyperparameters": values_text(job.hyperparameters), "seconds": job.training_seconds,
               "billed": job.billable_seconds, "best_so_far": best}
        )  # fmt: skip
    return tuple(rows)


def _end(job: TrainingJob) -> datetime | None:
    return job.ended or job.started or job.created


def _draw(results: Results, rows: drawing.Rows) -> Chart:
    columns = {
        **job_marks.NUMBER_COLUMN,
        "name": ("Name", drawing.TEXT), "estimator": ("Estimator", drawing.TEXT),
        "status": ("Status", drawing.TEXT), "time": ("Time (UTC)", drawing.TEXT),
        "objective": (results.metric_words, drawing.NUMBER),
        "best_so_far": ("Best so far", drawing.NUMBER),
        "hyperparameters": ("Hyperparameters", drawing.TEXT),
    }  # fmt: skip
    axis = alt.Axis(tickCount=5, format="%H:%M:%S", labelFlush=24)
    times = [row["time"] for row in rows if row["time"]]
    ends = [min(times, default=0), max(times, default=0)]
    scale = alt.Scale(type="utc", domain=ends, nice=False, padding=10)
    base = (
        drawing.base()
        .transform_filter("isValid(datum.time)")
        .encode(
            x=alt.X("time:T", title="time (UTC)", axis=axis, scale=scale),
            y=job_marks.objective_axis(results, results.training_jobs),
        )
    )
    jobs = job_marks.draw_jobs(base, len(rows), results.best_number).encode(
        stroke=alt.Stroke(
            "estimator:N", legend=None, scale=drawing.series_scale(list(results.estimators))
        ),
        tooltip=drawing.tooltip(columns),
    )
    scored = jobs.transform_filter("isValid(datum.objective)")
    failed = jobs.transform_filter("!isValid(datum.objective)").encode(
        stroke=alt.StrokeValue(drawing.BAD), y=_AT_HEIGHT(HEIGHT - 6)
    )
    best = (
        base.transform_filter("isValid(datum.best_so_far)")
        .mark_line(interpolate="step-after", strokeWidth=2, color=drawing.INK, opacity=0.55)
        .encode(y=drawing.change(base.encoding.y, shorthand="best_so_far:Q"))
    )
    return Chart(
        "chart-time",
        "Objective of each training job over time, with the best so far",
        (best, scored, failed),
        rows,
        columns,
        height=HEIGHT,
        is_selectable=True,
    )
