"""Chart: the share of each hyperparameter in what decides whether a training job is good."""

from __future__ import annotations

import altair as alt

from tunedrop.report.charts import theme
from tunedrop.report.charts.drawing import Drawing, from_rows, layered, rows
from tunedrop.report.charts.importance import EstimatorImportance


def draw_importance(chart: EstimatorImportance) -> Drawing:
    """Draw a bar for each hyperparameter, the most important first."""
    base = from_rows().encode(
        y=alt.Y("hyperparameter:N", sort=None, title=None, axis=alt.Axis(ticks=False)),
        x=alt.X(
            "share:Q",
            title=None,
            axis=alt.Axis(format=".0%", tickCount=5),
            # room for the number at the end of a bar that is as long as it can be
            scale=alt.Scale(domain=[0, 1], nice=False, range=[0, alt.expr("width - 44")]),
        ),
        tooltip=[alt.Tooltip("hyperparameter:N"), alt.Tooltip("share:Q", format=".1%")],
    )
    bars = base.mark_bar(
        color=theme.series(chart.colour), height=alt.RelativeBandSize(band=0.62), cornerRadiusEnd=3
    )
    values = base.mark_text(align="left", dx=5, color=theme.MUTED).encode(
        text=alt.Text("share:Q", format=".0%")
    )
    height = 26 * len(chart.rows) + theme.AXIS_HEIGHT
    return Drawing(layered(bars, values, height=height), rows(chart.rows))
