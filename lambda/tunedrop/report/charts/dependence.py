"""Charts: what the model predicts on average when a column has one value in every row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing
from tunedrop.report.sections.section_text import label_text, labels_apart
from tunedrop_common.explanation import Dependence

MOST_CHARTS = 4
MOST_NAMED = 20
LONGEST_CLASS = 20
HEIGHT, STEP = 180, 20


@dataclass(frozen=True)
class DependencePoint:
    """A value of the column, and the mean prediction."""

    at: float | str
    prediction: float


@dataclass(frozen=True)
class DependenceChart:
    """What one chart shows of one column; `of` is what is predicted."""

    column: str
    kind: str
    of: str
    share: bool
    points: tuple[DependencePoint, ...]


def dependence_charts(dependence: Sequence[Dependence]) -> tuple[DependenceChart, ...]:
    """Collect the first columns' values and predictions."""
    return tuple(_chart(each) for each in dependence[:MOST_CHARTS] if each.grid_values)


def _chart(dependence: Dependence) -> DependenceChart:
    named = dependence.kind == "categorical"
    at = dependence.grid_values[:MOST_NAMED] if named else dependence.grid_values
    values: Sequence[float | str] = labels_apart(at) if named else at
    of = "prediction"
    if dependence.of_class is not None:
        of = f"probability of {wording.quoted(label_text(dependence.of_class), LONGEST_CLASS)}"
    return DependenceChart(
        column=wording.one_line(dependence.column, 60),
        kind=dependence.kind,
        of=of,
        share=dependence.of_class is not None,
        points=tuple(
            DependencePoint(value, round(prediction, 6))
            for value, prediction in zip(values, dependence.predictions, strict=False)
        ),
    )


def draw_dependence(chart: DependenceChart) -> drawing.Drawing:
    """Draw a line over numbers and times, a dot for each category."""
    number = drawing.number_axis(4)
    value_axis = drawing.share_axis(4) if chart.share else number
    form = ".1%" if chart.share else drawing.NUMBER
    prediction: dict[str, Any] = {
        "title": drawing.title(chart.of),
        "axis": value_axis,
        "scale": alt.Scale(zero=False, padding=8),
    }
    base = drawing.from_rows()
    tip = alt.Tooltip("prediction:Q", title=drawing.title(chart.of), format=form)
    if chart.kind == "categorical":
        dots = base.mark_point(filled=True, size=70, opacity=1, color=drawing.ACCENT).encode(
            x=alt.X("prediction:Q", **prediction),
            y=alt.Y(
                "at:N",
                sort=[str(point.at) for point in chart.points],
                title=None,
                axis=alt.Axis(ticks=False, labelLimit=110, grid=True),
            ),
            tooltip=[alt.Tooltip("at:N", title=drawing.title(chart.column)), tip],
        )
        height = STEP * len(chart.points) + drawing.AXIS_HEIGHT
        return drawing.draw(dots, rows=drawing.rows(chart.points), height=height)
    # the column's name stands above the chart
    if chart.kind == "datetime":
        place = alt.X("at:T", title=None, axis=alt.Axis(tickCount=4))
        where = alt.Tooltip("at:N", title=drawing.title(chart.column))
    else:
        place = alt.X("at:Q", title=None, axis=number, scale=alt.Scale(zero=False))
        where = alt.Tooltip("at:Q", title=drawing.title(chart.column), format=drawing.NUMBER)
    line = base.mark_line(
        color=drawing.ACCENT, strokeWidth=2, point=alt.OverlayMarkDef(size=24, color=drawing.ACCENT)
    ).encode(x=place, y=alt.Y("prediction:Q", **prediction), tooltip=[where, tip])
    return drawing.draw(line, rows=drawing.rows(chart.points), height=HEIGHT)
