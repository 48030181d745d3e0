"""Charts: the objective against each hyperparameter, on the scale on which it was searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing
from tunedrop.report.charts.axes import ObjectiveAxis, log_ticks, objective_axis
from tunedrop.report.ranges import Scale, edge_hint, number_of, scale_of
from tunedrop.report.results import Results, TrainingJob, best_training_job
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, Range

HEIGHT = 200


@dataclass(frozen=True)
class PanelPoint:
    """One training job in one panel."""

    number: int
    value: str | float
    objective: float
    shown_as: str


@dataclass(frozen=True)
class Panel:
    """One hyperparameter of one estimator."""

    hyperparameter: str
    scale: Scale
    searched: Range
    points: tuple[PanelPoint, ...]
    hint: str

    @property
    def caption(self) -> str:
        """The hyperparameter's name, and its scale where that matters."""
        plain = self.scale in ("linear", "category")
        return self.hyperparameter + ("" if plain else f" ({self.scale} scale)")


@dataclass(frozen=True)
class EstimatorPanels:
    """All hyperparameters of one estimator, on one objective axis."""

    metric: str
    axis: ObjectiveAxis
    best: int | None
    panels: tuple[Panel, ...]


def objective_by_hyperparameter(results: Results, estimator: EstimatorPlan) -> EstimatorPanels:
    """Make an estimator's panels, one for each hyperparameter with something to show."""
    jobs = results.scored(estimator.key)
    best = best_training_job(jobs, results.sign)
    if results.best is not None and results.best.estimator == estimator.key:
        best = results.best
    panels = (
        _panel(name, searched, jobs, best, results.numbers)
        for name, searched in sorted(estimator.ranges.items())
    )
    return EstimatorPanels(
        metric=results.metric_words,
        axis=objective_axis((job.objective or 0.0 for job in jobs), results.sign),
        best=results.numbers[best.name] if best else None,
        panels=tuple(panel for panel in panels if panel.points),
    )


def _panel(
    name: str,
    searched: Range,
    jobs: list[TrainingJob],
    best: TrainingJob | None,
    numbers: dict[str, int],
) -> Panel:
    scale = scale_of(searched)
    points = tuple(
        PanelPoint(numbers[job.name], value, job.objective or 0.0, drawing.shown_as(job))
        for job in jobs
        if (value := _value(job, name, scale)) is not None
    )
    value = best.hyperparameters.get(name, "") if best else ""
    return Panel(
        hyperparameter=name,
        scale=scale,
        searched=searched,
        points=points,
        hint=edge_hint(name, searched, value),
    )


def _value(job: TrainingJob, name: str, scale: Scale) -> str | float | None:
    text = job.hyperparameters.get(name)
    if text is None or scale == "category":
        return None if text is None else wording.one_line(text, 60)
    number = number_of(text)
    # a value which a logarithm cannot take was never searched on that scale
    if (
        number is None
        or (scale == "log" and number <= 0)
        or (scale == "reverse log" and number >= 1)
    ):
        return None
    return number


def draw_panel(panel: Panel, panels: EstimatorPanels, colour: str) -> drawing.Drawing:
    """Draw one hyperparameter; dashed lines are the limits of its range."""
    x, extra = _x(panel)
    y = alt.Y(
        "objective:Q",
        title=drawing.title(panels.metric),
        scale=alt.Scale(domain=[panels.axis.low, panels.axis.high], clamp=True, nice=False),
        axis=alt.Axis(tickCount=5),
    )
    shown = drawing.rows(panel.points)
    if panel.scale == "reverse log":
        shown = tuple(row | {"distance": _place(panel, row["value"])} for row in shown)
    best = f"datum.number == {panels.best or 0}"
    kind: Any = "nominal" if panel.scale == "category" else "quantitative"
    value = alt.Tooltip("value", type=kind, title=drawing.title(panel.hyperparameter))
    points = (
        drawing.from_rows()
        .transform_calculate(spread=drawing.SPREAD)
        .mark_point(strokeWidth=0.8 if len(panel.points) > drawing.MANY else 1.6)
        .encode(
            x=x,
            y=y,
            size=drawing.size(drawing.area(42, len(panel.points))),
            opacity=drawing.opacity(0.9),
            stroke=alt.StrokeValue(colour),
            fill=alt.FillValue("transparent", condition=drawing.where(best, drawing.INK)),
            shape=drawing.shape(),
            tooltip=drawing.job_tooltip(value, panels.metric),
            **extra,
        )
    )
    return drawing.draw(*_limits(panel), points, rows=shown, height=HEIGHT, pick=True)


def _x(panel: Panel) -> tuple[alt.X, dict[str, Any]]:
    """Return the axis, without a title: the page writes the name above, where it can wrap."""
    if isinstance(panel.searched, CategoricalRange):
        known = [wording.one_line(value, 60) for value in panel.searched.values]
        axis = alt.Axis(labelAngle=-30 if len(known) > 4 else 0, labelLimit=90)
        scale = alt.Scale(domain=known)
        x = alt.X("value:N", title=None, sort=known, axis=axis, scale=scale)
        return x, {"xOffset": alt.XOffset("spread:Q", scale=alt.Scale(domain=[-0.6, 1.6]))}
    if panel.scale == "linear":
        axis = drawing.number_axis()
        scale = alt.Scale(zero=False, nice=False, padding=8)
        return alt.X("value:Q", title=None, scale=scale, axis=axis), {}
    mirrored = panel.scale == "reverse log"
    label = drawing.number_label("(1 - datum.value)" if mirrored else "datum.value")
    scale = alt.Scale(type="log", nice=False, padding=8, reverse=mirrored)
    axis = alt.Axis(values=_ticks(panel), labelExpr=label)
    field = "distance:Q" if mirrored else "value:Q"
    return alt.X(field, title=None, scale=scale, axis=axis), {}


def _ticks(panel: Panel) -> list[float]:
    """Return ticks of a logarithmic axis, over the range and the values that were tried."""
    places = [_place(panel, float(point.value)) for point in panel.points] + _ends(panel)
    return log_ticks(min(places), max(places))


def _place(panel: Panel, value: float) -> float:
    """Return where a number is drawn: by its distance from 1 on a reversed logarithmic scale."""
    return 1 - value if panel.scale == "reverse log" else value


def _ends(panel: Panel) -> list[float]:
    """Return where the ends of a numeric range are; a logarithmic scale has none at 0."""
    if isinstance(panel.searched, CategoricalRange):
        return []
    ends = [_place(panel, end) for end in (panel.searched.minimum, panel.searched.maximum)]
    return ends if panel.scale == "linear" else [end for end in ends if end > 0]


def _limits(panel: Panel) -> list[alt.Chart]:
    """Rules at both ends of a numeric range."""
    ends = _ends(panel)
    if not ends:
        return []
    rule = alt.Chart(alt.InlineData(values=[{"end": end} for end in ends])).mark_rule(
        strokeDash=[3, 3], color=drawing.MUTED, opacity=0.7
    )
    return [rule.encode(x=alt.X("end:Q"))]
