"""Charts: partial dependence, the mean prediction when a column has one value in every row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.sections.section_text import label_text, labels_apart
from tunedrop_common.explanation import Dependence

MOST_CHARTS = 4
MOST_NAMED = 20
LONGEST_CLASS = 20
HEIGHT, STEP = 180, 20


def dependence_charts(dependence: Sequence[Dependence]) -> list[Chart]:
    """Draw the first columns."""
    drawn = [column for column in dependence[:MOST_CHARTS] if column.grid_values]
    return [_chart(column, number) for number, column in enumerate(drawn)]


def _chart(dependence: Dependence, number: int) -> Chart:
    """Draw a line over numbers and times, a dot for each category."""
    is_categorical = dependence.kind == "categorical"
    values: Sequence[float | str] = dependence.grid_values
    if is_categorical:
        values = labels_apart(values[:MOST_NAMED])
    prediction, form, axis = "Prediction", drawing.NUMBER, drawing.number_axis(4)
    if dependence.of_class is not None:
        name = wording.quoted(label_text(dependence.of_class), LONGEST_CLASS)
        prediction, form, axis = f"Probability of {name}", drawing.SHARE, drawing.share_axis(4)
    column = wording.one_line(dependence.column, 60)
    columns = {
        "at": (column, drawing.NUMBER if dependence.kind == "numeric" else drawing.TEXT),
        "prediction": (prediction, form),
    }
    base = drawing.base().encode(tooltip=drawing.tooltip(columns))
    place: dict[str, Any] = {"axis": axis, "zero": False, "padding": 8}
    title = drawing.title(prediction)
    if is_categorical:
        layer = drawing.points(base, 70, color=drawing.ACCENT).encode(
            x=drawing.x("prediction", title, **place),
            y=drawing.categories("at", [str(value) for value in values], 110, grid=True),
        )
    else:
        # the caption has the column's name
        x = drawing.x("at", None, drawing.number_axis(4), zero=False)
        if dependence.kind == "datetime":
            x = alt.X("at:T", title=None, axis=alt.Axis(tickCount=4))
        marks = alt.OverlayMarkDef(size=24, color=drawing.ACCENT)
        line = base.mark_line(color=drawing.ACCENT, strokeWidth=2, point=marks)
        layer = line.encode(x=x, y=drawing.y("prediction", title, **place))
    return Chart(
        f"chart-dependence-{number}",
        f"{prediction} against {column}",
        (layer,),
        tuple(
            {"at": value, "prediction": round(mean, 6)}
            for value, mean in zip(values, dependence.predictions, strict=False)
        ),
        columns,
        height=STEP * len(values) + drawing.AXIS_HEIGHT if is_categorical else HEIGHT,
    )
