"""Chart: how often predictions are off by how much, with the bounds of most of them."""

from __future__ import annotations

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop_common.model_errors import RegressionErrors

BOUNDS = "bounds"


def draw_error_histogram(errors: RegressionErrors) -> drawing.Drawing:
    """Draw the bars in front of the bounds, each of which is shaded, the widest behind."""
    number = drawing.number_axis()
    first, last = errors.histogram[0].low, errors.histogram[-1].high
    # the label of a tick at the very end would lie on the other axis' labels
    margin = (last - first) * 0.08 or 1.0
    scale = alt.Scale(domain=[first - margin, last + margin], nice=False)
    shades = (
        drawing.from_rows(BOUNDS)
        .mark_rect(color=drawing.SERIES[1], opacity=0.16, clip=True)
        .encode(
            x=alt.X("low:Q", title="actual minus predicted", scale=scale, axis=number),
            x2=alt.X2("high:Q"),
            tooltip=[
                alt.Tooltip("level:Q", title="share of the rows", format=drawing.PERCENT),
                *drawing.tooltip(drawing.NUMBER, low="from", high="to"),
            ],
        )
    )
    bars = (
        drawing.from_rows()
        .mark_bar(color=drawing.ACCENT, opacity=0.85, stroke=drawing.PAPER, strokeWidth=0.5)
        .encode(
            x=alt.X("low:Q", scale=scale, axis=number, bin=alt.BinParams(binned=True)),
            x2=alt.X2("high:Q"),
            y=alt.Y(
                "rows:Q", title="rows", axis=alt.Axis(tickCount=4, tickMinStep=1, format=",.0f")
            ),
            tooltip=[
                *drawing.tooltip(drawing.NUMBER, low="from", high="to"),
                alt.Tooltip("rows:Q", format=","),
            ],
        )
    )
    widest_first = sorted(errors.bounds, key=lambda bound: -bound.level)
    others = {BOUNDS: drawing.rows(widest_first, "level", "low", "high")}
    return drawing.draw(shades, bars, rows=drawing.rows(errors.histogram), others=others)
