"""Chart: how often predictions are off by how much, with the bounds of most of them."""

from __future__ import annotations

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop_common.model_errors import RegressionErrors

BOUNDS = "bounds"


def error_histogram_chart(errors: RegressionErrors) -> Chart | None:
    """Draw the bars in front of the bounds, each of which is shaded, the widest behind."""
    if not errors.histogram:
        return None
    first, last = errors.histogram[0].low, errors.histogram[-1].high
    # the label of a tick at the very end would lie on the other axis' labels
    margin = (last - first) * 0.08 or 1.0
    x = drawing.x(
        "low", "actual minus predicted", drawing.number_axis(),
        domain=[first - margin, last + margin], nice=False,
    )  # fmt: skip
    ends = {"low": ("From", drawing.NUMBER), "high": ("To", drawing.NUMBER)}
    columns = {**ends, "rows": ("Rows", drawing.COUNT)}
    shades = drawing.base(BOUNDS).mark_rect(color=drawing.SERIES[1], opacity=0.16, clip=True)
    bars = drawing.base().mark_bar(
        color=drawing.ACCENT, opacity=0.85, stroke=drawing.PAPER, strokeWidth=0.5
    )
    layers = (
        shades.encode(
            x=x,
            x2=alt.X2("high:Q"),
            tooltip=drawing.tooltip({"level": ("Share of rows", ".0%"), **ends}),
        ),
        bars.encode(
            x=drawing.change(x, bin=alt.BinParams(binned=True)),
            x2=alt.X2("high:Q"),
            y=alt.Y("rows:Q", title="rows", axis=drawing.count_axis(4)),
            tooltip=drawing.tooltip(columns),
        ),
    )
    widest_first = sorted(errors.bounds, key=lambda bound: -bound.level)
    caption = "Residuals: actual minus predicted; shaded: 50%, 80% and 95% of rows"
    return Chart(
        "chart-errors",
        caption,
        layers,
        tuple(bar.model_dump() for bar in errors.histogram),
        columns,
        other_rows={
            BOUNDS: tuple(bound.model_dump(exclude={"coverage"}) for bound in widest_first)
        },
    )
