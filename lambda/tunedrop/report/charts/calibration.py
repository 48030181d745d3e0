"""Chart: how often predictions of about the same probability come true."""

from __future__ import annotations

import math
from dataclasses import dataclass

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop_common.model_errors import Calibration


@dataclass(frozen=True)
class CalibrationPoint:
    """Rows with about the same predicted probability."""

    predicted: float
    observed: float
    low: float | None
    high: float | None
    rows: int


@dataclass(frozen=True)
class CalibrationChart:
    """What the chart shows; both axes start where the first probability or interval is."""

    start: float
    points: tuple[CalibrationPoint, ...]


def calibration_chart(calibration: Calibration | None) -> CalibrationChart | None:
    """Collect the bins that have rows; None where there are none."""
    points = []
    for each in calibration.bins if calibration else ():
        low, high = each.observed.ends
        if each.observed.value is not None:
            points.append(
                CalibrationPoint(each.predicted, each.observed.value, low, high, each.rows)
            )
    places = [x for point in points for x in (point.predicted, point.observed, point.low)]
    least = min((x for x in places if x is not None), default=0.0)
    return CalibrationChart(max(0, math.floor(10 * least)) / 10, tuple(points)) if points else None


def draw_calibration(chart: CalibrationChart) -> drawing.Drawing:
    """Draw a point with its interval for each bin; on the dashed line probabilities are true."""
    share = alt.Scale(domain=[chart.start, 1], nice=False, clamp=True)
    axis = drawing.share_axis()
    base = drawing.from_rows().encode(
        x=alt.X("predicted:Q", title="predicted probability", scale=share, axis=axis),
        tooltip=[
            *drawing.tooltip(
                ".1%", predicted="predicted", observed="observed", low="interval from", high="to"
            ),
            alt.Tooltip("rows:Q", format=","),
        ],
    )
    observed = alt.Y("observed:Q", title="observed share", scale=share, axis=axis)
    intervals = (
        drawing.with_interval(base)
        .mark_rule(strokeWidth=2, color=drawing.ACCENT, opacity=0.6)
        .encode(y=alt.Y("low:Q", scale=share, axis=axis), y2=alt.Y2("high:Q"))
    )
    line = base.mark_line(color=drawing.ACCENT, strokeWidth=1.5).encode(y=observed)
    points = base.mark_point(filled=True, size=50, opacity=1, color=drawing.ACCENT).encode(
        y=observed
    )
    ideal, others = drawing.diagonal(chart.start, 1.0)
    shown = drawing.rows(chart.points)
    return drawing.draw(line, intervals, points, *ideal, rows=shown, others=others)
