"""Draws the objective against one hyperparameter."""

from __future__ import annotations

from typing import Any

import altair as alt

from tunedrop.report import wording
from tunedrop.report.charts import theme
from tunedrop.report.charts.axes import log_ticks
from tunedrop.report.charts.drawing import (
    MANY,
    Drawing,
    area,
    from_rows,
    layered,
    opacity,
    rows,
    shape,
    size,
    title,
    where,
)
from tunedrop.report.charts.objective_by_hyperparameter import EstimatorPanels, Panel

HEIGHT = 200
# Parts the points of one category: multiples of the golden ratio never fall on one another.
_SPREAD = "datum.number * 0.6180339887498949 % 1"


def draw_panel(panel: Panel, panels: EstimatorPanels) -> Drawing:
    """Draw one hyperparameter; dashed lines are the limits of its range."""
    x, extra = _x(panel)
    y = alt.Y(
        "objective:Q",
        title=title(panels.metric),
        scale=alt.Scale(domain=[panels.axis.low, panels.axis.high], clamp=True, nice=False),
        axis=alt.Axis(tickCount=5),
    )
    shown = rows(panel.points)
    if panel.scale == "reverse log":
        shown = tuple(row | {"distance": 1 - float(row["value"])} for row in shown)
    best = f"datum.number == {panels.best or 0}"
    points = (
        from_rows()
        .transform_calculate(spread=_SPREAD)
        .mark_point(strokeWidth=0.8 if len(panel.points) > MANY else 1.6)
        .encode(
            x=x,
            y=y,
            size=size(area(42, len(panel.points))),
            opacity=opacity(0.9),
            stroke=alt.StrokeValue(theme.series(panels.colour)),
            fill=alt.FillValue("transparent", condition=where(best, theme.INK)),
            shape=shape(),
            tooltip=[
                alt.Tooltip("number:Q", title="training job #"),
                alt.Tooltip("value", type=_type(panel), title=title(panel.hyperparameter)),
                alt.Tooltip("objective:Q", title=title(panels.metric), format=".5~g"),
                alt.Tooltip("shown_as:N", title="status"),
            ],
            **extra,
        )
    )
    return Drawing(layered(*_limits(panel), points, height=HEIGHT, pick=True), shown)


def _type(panel: Panel) -> Any:
    return "nominal" if panel.scale == "category" else "quantitative"


def _x(panel: Panel) -> tuple[alt.X, dict[str, Any]]:
    """Return the axis, without a title: the page writes the name above, where it can wrap."""
    if panel.scale == "category":
        axis = alt.Axis(labelAngle=-30 if len(panel.categories) > 4 else 0, labelLimit=90)
        known = [wording.one_line(value, 60) for value in panel.categories]
        scale = alt.Scale(domain=known)
        x = alt.X("value:N", title=None, sort=known, axis=axis, scale=scale)
        return x, {"xOffset": alt.XOffset("spread:Q", scale=alt.Scale(domain=[-0.6, 1.6]))}
    if panel.scale == "log":
        axis = alt.Axis(values=_ticks(panel), format=".6~g")
        return alt.X("value:Q", title=None, scale=_log(), axis=axis), {}
    if panel.scale == "reverse log":
        axis = alt.Axis(
            values=_ticks(panel, mirrored=True), labelExpr="format(1 - datum.value, '.6~g')"
        )
        return alt.X("distance:Q", title=None, scale=_log(reverse=True), axis=axis), {}
    axis = alt.Axis(tickCount=5, format=".6~g")
    scale = alt.Scale(zero=False, nice=False, padding=8)
    return alt.X("value:Q", title=None, scale=scale, axis=axis), {}


def _ticks(panel: Panel, *, mirrored: bool = False) -> list[float]:
    """Return ticks of a logarithmic axis, over the range and the values that were tried."""
    known = [float(point.value) for point in panel.points]
    known += [end for end in (panel.minimum, panel.maximum) if end is not None]
    if mirrored:
        known = [1 - value for value in known]
    known = [value for value in known if value > 0]
    return log_ticks(min(known), max(known))


def _log(*, reverse: bool = False) -> alt.Scale:
    return alt.Scale(type="log", nice=False, padding=8, reverse=reverse)


def _limits(panel: Panel) -> list[alt.Chart]:
    """Rules at both ends of a numeric range."""
    ends = [end for end in (panel.minimum, panel.maximum) if end is not None]
    if panel.scale == "log":
        ends = [end for end in ends if end > 0]
    if panel.scale == "reverse log":
        ends = [1 - end for end in ends if end < 1]
    if not ends:
        return []
    rule = alt.Chart(alt.InlineData(values=[{"end": end} for end in ends])).mark_rule(
        strokeDash=[3, 3], color=theme.MUTED, opacity=0.7
    )
    return [rule.encode(x=alt.X("end:Q"))]
