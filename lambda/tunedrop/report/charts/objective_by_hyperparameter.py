"""Charts: the objective against each hyperparameter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing, job_marks
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.ranges import Scale, edge_hint, number_of, scale_of
from tunedrop.report.results import Results, TrainingJob, best_training_job
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, Range

HEIGHT = 200
ENDS = "ends"


def panel_charts(results: Results, estimator: EstimatorPlan, number: int) -> list[Chart]:
    """Draw each hyperparameter of the estimator of this number, on one objective axis."""
    jobs = results.scored(estimator.key)
    panels: list[Chart] = []
    for name, searched in sorted(estimator.ranges.items()):
        if rows := _rows(results, jobs, name, scale_of(searched)):
            chart_id = f"chart-{number}-{len(panels)}"
            panels.append(_panel(results, jobs, name, searched, rows, number, chart_id))
    return panels


def _rows(
    results: Results, jobs: Sequence[TrainingJob], name: str, scale: Scale
) -> list[dict[str, Any]]:
    """Return the training jobs with a value on the scale."""
    numbers, rows = results.numbers, []
    for job in jobs:
        text = job.hyperparameters.get(name, "")
        number = number_of(text)
        row = job_marks.job_fields(job, numbers[job.name])
        if scale == "category" and text:
            rows.append(row | {"value": wording.one_line(text, 60)})
        # a value which a logarithm cannot take was never searched on that scale
        elif number is not None and (scale == "linear" or number > 0):
            rows.append(row | {"value": number})
    return rows


def _panel(
    results: Results,
    jobs: Sequence[TrainingJob],
    name: str,
    searched: Range,
    rows: list[dict[str, Any]],
    estimator: int,
    chart_id: str,
) -> Chart:
    """Draw one hyperparameter; dashed lines are the limits of its range."""
    scale, metric = scale_of(searched), results.metric_words
    best = best_training_job(jobs, results.sign)
    objectives = job_marks.objective_axis([job.objective or 0.0 for job in jobs], results.sign)
    form = drawing.TEXT if scale == "category" else drawing.NUMBER
    columns = {
        **job_marks.NUMBER_COLUMN, "value": (name, form), "objective": (metric, drawing.NUMBER),
        "shown_as": ("Status", drawing.TEXT),
    }  # fmt: skip
    ends = _ends(searched, scale)
    points = (
        drawing.base()
        .transform_calculate(spread=job_marks.SPREAD)
        .mark_point(strokeWidth=0.8 if len(rows) > job_marks.MANY else 1.6)
        .encode(
            y=drawing.y(
                "objective", drawing.title(metric), alt.Axis(tickCount=5), **objectives.scale
            ),
            size=job_marks.size(42, len(rows)),
            opacity=job_marks.opacity(),
            stroke=alt.StrokeValue(drawing.series(estimator)),
            fill=job_marks.fill([results.numbers[best.name] if best else 0]),
            shape=job_marks.shape(),
            tooltip=drawing.tooltip(columns),
            **_x(searched, scale, [row["value"] for row in rows], ends),
        )
    )
    limits = drawing.base(ENDS).mark_rule(strokeDash=[3, 3], color=drawing.MUTED, opacity=0.7)
    return Chart(
        chart_id,
        f"{metric} against {name}",
        (*([limits.encode(x=alt.X("end:Q"))] if ends else []), points),
        tuple(rows),
        columns,
        caption=f"{name} (log scale)" if scale == "log" else name,
        note=edge_hint(name, searched, best.hyperparameters.get(name, "")) if best else "",
        height=HEIGHT,
        is_selectable=True,
        other_rows={ENDS: tuple({"end": end} for end in ends)} if ends else {},
    )


def _ends(searched: Range, scale: Scale) -> list[float]:
    """Return where the ends of a numeric range are; a logarithmic scale has none at 0."""
    if isinstance(searched, CategoricalRange):
        return []
    return [end for end in (searched.minimum, searched.maximum) if scale == "linear" or end > 0]


def _x(searched: Range, scale: Scale, drawn: list[Any], ends: list[float]) -> dict[str, Any]:
    """Return the axis, without a title: the page writes the name above, where it can wrap."""
    if isinstance(searched, CategoricalRange):
        values = [wording.one_line(value, 60) for value in searched.values]
        axis = alt.Axis(labelAngle=-30 if len(values) > 4 else 0, labelLimit=90)
        domain = alt.Scale(domain=values)
        return {
            "x": alt.X("value:N", title=None, sort=values, axis=axis, scale=domain),
            "xOffset": alt.XOffset("spread:Q", scale=alt.Scale(domain=[-0.6, 1.6])),
        }
    if scale == "linear":
        axis = drawing.number_axis()
        return {"x": drawing.x("value", None, axis, zero=False, nice=False, padding=8)}
    places = [*drawn, *ends]
    axis = alt.Axis(values=_log_ticks(min(places), max(places)), labelExpr=drawing.NUMBER_LABEL)
    return {"x": drawing.x("value", None, axis, type="log", nice=False, padding=8)}


def _log_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Choose round numbers for a logarithmic axis: powers of ten, or 1, 2 and 5 of each if few.

    Without them Vega draws a line at each multiple of each power, and labels whichever fit.

    Example
    -------
    >>> _log_ticks(0.01, 1), _log_ticks(1e-6, 1e3)
    ([0.01, 0.1, 1.0], [1e-06, 0.0001, 0.01, 1.0, 100.0])
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1, 2, 5) if math.log10(high / low) < 1.5 else (1,)
    ticks = [float(f"{step}e{power}") for power in range(first, last + 1) for step in steps]
    ticks = [value for value in ticks if low <= value * (1 + 1e-9) and value <= high * (1 + 1e-9)]
    return ticks[:: math.ceil(len(ticks) / most)] if ticks else []
