"""Chart: the objectives of each estimator's training jobs, side by side on one axis."""

from __future__ import annotations

import altair as alt

from tunedrop.report.charts import drawing, job_marks
from tunedrop.report.charts.axes import objective_axis
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.results import Results, best_training_job

STEP = 46


def estimators_chart(results: Results) -> Chart | None:
    """Draw a strip of points for each estimator, its best one filled.

    None when there are not two estimators with an objective.
    """
    scored = {key: jobs for key in results.estimators if (jobs := results.scored(key))}
    if len(scored) < 2:
        return None
    numbers = results.numbers
    rows = tuple(
        sorted(
            (
                {**job_marks.job_fields(job, numbers[job.name]), "estimator": job.estimator}
                for jobs in scored.values()
                for job in jobs
            ),
            key=lambda row: row["number"],
        )
    )
    best = [best_training_job(jobs, results.sign) for jobs in scored.values()]
    metric = results.metric_words
    columns = job_marks.job_columns({"estimator": ("Estimator", drawing.TEXT)}, metric)
    objectives = objective_axis((row["objective"] for row in rows), results.sign)
    points = (
        drawing.base()
        .transform_calculate(spread=job_marks.SPREAD)
        .mark_point(strokeWidth=0.8 if len(rows) > job_marks.MANY else 1.5)
        .encode(
            x=drawing.x(
                "objective", drawing.title(metric), alt.Axis(tickCount=6), **objectives.scale
            ),
            y=alt.Y("estimator:N", sort=list(scored), title=None),
            yOffset=alt.YOffset("spread:Q", scale=alt.Scale(domain=[-0.3, 1.3])),
            stroke=job_marks.estimator_stroke(list(results.estimators)),
            fill=job_marks.fill([numbers[job.name] for job in best if job]),
            shape=job_marks.shape(),
            size=job_marks.size(36, len(rows)),
            opacity=job_marks.opacity(0.8),
            tooltip=drawing.tooltip(columns),
        )
    )
    return Chart(
        "chart-estimators",
        "Objectives of the estimators' training jobs side by side",
        (points,),
        rows,
        columns,
        height=STEP * len(scored) + drawing.AXIS_HEIGHT,
        is_selectable=True,
    )
