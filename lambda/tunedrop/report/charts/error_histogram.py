"""Chart: how often predictions are off by how much, with the bounds of most of them."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop_common.explanation import RegressionErrors

BOUNDS = "bounds"
MOST_BARS = 100


@dataclass(frozen=True)
class ErrorBar:
    """How many rows have residuals between two values."""

    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class ErrorInside:
    """Between which values the residuals of so many rows are."""

    level: float
    low: float
    high: float


@dataclass(frozen=True)
class ErrorHistogram:
    """What the chart shows."""

    bars: tuple[ErrorBar, ...]
    bounds: tuple[ErrorInside, ...]


def error_histogram(errors: RegressionErrors) -> ErrorHistogram | None:
    """Collect the bars and the bounds, the widest first; None where there are no bars."""
    bars = tuple(ErrorBar(bar.low, bar.high, bar.rows) for bar in errors.histogram[:MOST_BARS])
    if not bars:
        return None
    bounds = sorted(errors.bounds, key=lambda bound: -bound.level)
    return ErrorHistogram(
        bars, tuple(ErrorInside(each.level, each.low, each.high) for each in bounds)
    )


def draw_error_histogram(chart: ErrorHistogram) -> drawing.Drawing:
    """Draw the bars in front of the bounds, each of which is shaded."""
    number = alt.Axis(tickCount=5, labelExpr=drawing.number_label())
    first, last = chart.bars[0].low, chart.bars[-1].high
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
                alt.Tooltip("low:Q", title="from", format=drawing.NUMBER),
                alt.Tooltip("high:Q", title="to", format=drawing.NUMBER),
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
                alt.Tooltip("low:Q", title="from", format=drawing.NUMBER),
                alt.Tooltip("high:Q", title="to", format=drawing.NUMBER),
                alt.Tooltip("rows:Q", format=","),
            ],
        )
    )
    drawn = drawing.layered(shades, bars, height=drawing.SMALL_HEIGHT)
    others = {BOUNDS: drawing.rows(chart.bounds)}
    return drawing.Drawing(drawn, drawing.rows(chart.bars), others)
