"""Charts: the objective against each hyperparameter, on the scale on which it was searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing, job_marks
from tunedrop.report.charts.axes import ObjectiveAxis, log_ticks, objective_axis
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.ranges import Scale, edge_hint, number_of, scale_of
from tunedrop.report.results import Results, TrainingJob, best_training_job
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, Range

HEIGHT = 200
ENDS = "ends"


@dataclass(frozen=True)
class Panel:
    """One hyperparameter of one estimator."""

    hyperparameter: str
    scale: Scale
    searched: Range
    rows: drawing.Rows
    best: int | None
    hint: str

    @property
    def caption(self) -> str:
        """The hyperparameter's name, and its scale where that matters."""
        is_plain = self.scale in ("linear", "category")
        return self.hyperparameter + ("" if is_plain else f" ({self.scale} scale)")

    def place(self, value: float) -> float:
        """Return where a number is drawn: by its distance from 1 on a reversed log scale."""
        return 1 - value if self.scale == "reverse log" else value

    @property
    def ends(self) -> list[float]:
        """Where the ends of a numeric range are; a logarithmic scale has none at 0."""
        if isinstance(self.searched, CategoricalRange):
            return []
        ends = [self.place(end) for end in (self.searched.minimum, self.searched.maximum)]
        return ends if self.scale == "linear" else [end for end in ends if end > 0]


def hyperparameter_panels(results: Results, estimator: EstimatorPlan) -> list[Panel]:
    """Return an estimator's panels, one for each hyperparameter with something to show."""
    jobs = results.scored(estimator.key)
    best = best_training_job(jobs, results.sign)
    if results.best is not None and results.best.estimator == estimator.key:
        best = results.best
    panels = []
    for name, searched in sorted(estimator.ranges.items()):
        rows = _rows(results, jobs, name, searched)
        if rows:
            best_value = best.hyperparameters.get(name, "") if best else ""
            panels.append(
                Panel(
                    name,
                    scale_of(searched),
                    searched,
                    rows,
                    results.numbers[best.name] if best else None,
                    edge_hint(name, searched, best_value),
                )
            )
    return panels


def _rows(
    results: Results, jobs: Sequence[TrainingJob], name: str, searched: Range
) -> drawing.Rows:
    """Return the training jobs with a value on the scale; `place` is where it is drawn."""
    numbers, scale = results.numbers, scale_of(searched)
    rows = []
    for job in jobs:
        text = job.hyperparameters.get(name)
        if text is None:
            continue
        row = job_marks.job_fields(job, numbers[job.name])
        number = number_of(text)
        if scale == "category":
            rows.append(row | {"value": wording.one_line(text, 60)})
        elif scale == "reverse log" and number is not None and number < 1:
            rows.append(row | {"value": number, "distance": 1 - number})
        # a value which a logarithm cannot take was never searched on that scale
        elif number is not None and (scale == "linear" or (scale == "log" and number > 0)):
            rows.append(row | {"value": number})
    return tuple(rows)


def panel_charts(results: Results, estimator: EstimatorPlan, number: int) -> list[Chart]:
    """Draw each hyperparameter of the estimator of this number, on one objective axis."""
    objectives = [job.objective or 0.0 for job in results.scored(estimator.key)]
    axis = objective_axis(objectives, results.sign)
    return [
        panel_chart(panel, axis, results.metric_words, number, index)
        for index, panel in enumerate(hyperparameter_panels(results, estimator))
    ]


def panel_chart(
    panel: Panel, objectives: ObjectiveAxis, metric: str, estimator: int, index: int
) -> Chart:
    """Draw one hyperparameter; dashed lines are the limits of its range."""
    form = drawing.TEXT if panel.scale == "category" else drawing.NUMBER
    columns = job_marks.job_columns({"value": (panel.hyperparameter, form)}, metric)
    points = (
        drawing.base()
        .transform_calculate(spread=job_marks.SPREAD)
        .mark_point(strokeWidth=0.8 if len(panel.rows) > job_marks.MANY else 1.6)
        .encode(
            y=drawing.y(
                "objective", drawing.title(metric), alt.Axis(tickCount=5), **objectives.scale
            ),
            size=job_marks.size(42, len(panel.rows)),
            opacity=job_marks.opacity(0.9),
            stroke=alt.StrokeValue(drawing.series(estimator)),
            fill=job_marks.fill([panel.best or 0]),
            shape=job_marks.shape(),
            tooltip=drawing.tooltip(columns),
            **_x(panel),
        )
    )
    limits = drawing.base(ENDS).mark_rule(strokeDash=[3, 3], color=drawing.MUTED, opacity=0.7)
    ends = tuple({"end": end} for end in panel.ends)
    return Chart(
        f"chart-{estimator}-{index}",
        f"{metric} against {panel.hyperparameter}",
        (*([limits.encode(x=alt.X("end:Q"))] if ends else []), points),
        panel.rows,
        columns,
        caption=panel.caption,
        note=panel.hint,
        height=HEIGHT,
        is_selectable=True,
        other_rows={ENDS: ends} if ends else {},
    )


def _x(panel: Panel) -> dict[str, Any]:
    """Return the axis, without a title: the page writes the name above, where it can wrap."""
    if isinstance(panel.searched, CategoricalRange):
        values = [wording.one_line(value, 60) for value in panel.searched.values]
        axis = alt.Axis(labelAngle=-30 if len(values) > 4 else 0, labelLimit=90)
        scale = alt.Scale(domain=values)
        spread = alt.XOffset("spread:Q", scale=alt.Scale(domain=[-0.6, 1.6]))
        return {
            "x": alt.X("value:N", title=None, sort=values, axis=axis, scale=scale),
            "xOffset": spread,
        }
    if panel.scale == "linear":
        axis = drawing.number_axis()
        return {"x": drawing.x("value", None, axis, zero=False, nice=False, padding=8)}
    is_mirrored = panel.scale == "reverse log"
    places = [panel.place(row["value"]) for row in panel.rows] + panel.ends
    axis = alt.Axis(
        values=log_ticks(min(places), max(places)),
        labelExpr=drawing.number_label("(1 - datum.value)" if is_mirrored else "datum.value"),
    )
    field = "distance" if is_mirrored else "value"
    log = {"type": "log", "nice": False, "padding": 8, "reverse": is_mirrored}
    return {"x": drawing.x(field, None, axis, **log)}
