"""Charts: the objective against each hyperparameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing, job_marks
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.ranges import number_of, scale_of
from tunedrop.report.results import Results, TrainingJob, best_training_job
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, Range

HEIGHT = 200


def panel_charts(results: Results, estimator: EstimatorPlan, number: int) -> list[Chart]:
    """Draw each hyperparameter of the estimator of this number, on one objective axis."""
    jobs = results.scored(estimator.key)
    panels: list[Chart] = []
    for name, searched in sorted(estimator.ranges.items()):
        if rows := _rows(results, jobs, name, searched):
            chart_id = f"chart-{number}-{len(panels)}"
            panels.append(_panel(results, jobs, name, searched, rows, number, chart_id))
    return panels


def _rows(
    results: Results, jobs: Sequence[TrainingJob], name: str, searched: Range
) -> drawing.Rows:
    """Return the training jobs with a value of the range's kind."""
    numbers, rows = results.numbers, []
    for job in jobs:
        text = job.hyperparameters.get(name, "")
        is_text = isinstance(searched, CategoricalRange)
        value = wording.one_line(text, 60) if is_text else number_of(text)
        if value not in ("", None):
            rows.append(job_marks.job_fields(job, numbers[job.name]) | {"value": value})
    return tuple(rows)


def _panel(
    results: Results,
    jobs: Sequence[TrainingJob],
    name: str,
    searched: Range,
    rows: drawing.Rows,
    estimator: int,
    chart_id: str,
) -> Chart:
    """Draw one hyperparameter over its range."""
    scale, metric = scale_of(searched), results.metric_words
    best = best_training_job(jobs, results.sign)
    form = drawing.TEXT if scale == "category" else drawing.NUMBER
    columns = {
        **job_marks.NUMBER_COLUMN, "value": (name, form), "objective": (metric, drawing.NUMBER),
        "shown_as": ("Status", drawing.TEXT),
    }  # fmt: skip
    base = drawing.base().transform_calculate(spread=job_marks.SPREAD)
    marks = job_marks.draw_jobs(base, len(rows), results.numbers[best.name] if best else None)
    points = marks.encode(
        y=job_marks.objective_axis(results, jobs),
        stroke=alt.StrokeValue(drawing.series(estimator)),
        tooltip=drawing.tooltip(columns),
        **_x(searched),
    )
    return Chart(
        chart_id,
        f"{metric} against {name}{' (log scale)' if scale == 'log' else ''}",
        (points,),
        rows,
        columns,
        height=HEIGHT,
        is_selectable=True,
    )


def _x(searched: Range) -> dict[str, Any]:
    """Return the axis, without a title: the caption has the name, and can wrap."""
    if isinstance(searched, CategoricalRange):
        values = [wording.one_line(value, 60) for value in searched.values]
        axis = alt.Axis(labelAngle=-30 if len(values) > 4 else 0, labelLimit=90)
        domain = alt.Scale(domain=values)
        return {
            "x": alt.X("value:N", title=None, sort=values, axis=axis, scale=domain),
            "xOffset": alt.XOffset("spread:Q", scale=alt.Scale(domain=[-0.6, 1.6])),
        }
    # of a logarithmic scale Vega draws powers of ten only, but for a range of less than two
    ticks = drawing.number_axis(2 if scale_of(searched) == "log" else 5)
    ends = [searched.minimum, searched.maximum]
    scale = {"type": scale_of(searched), "domain": ends, "nice": False, "clamp": True, "padding": 8}
    return {"x": drawing.x("value", None, ticks, **scale)}
