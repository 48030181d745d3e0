"""Chart: what calling the positive class from a threshold on brings and costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop_common.model_errors import Threshold

MEASURES = ("recall", "precision", "predicted positive, of all rows")


@dataclass(frozen=True)
class ThresholdPoint:
    """One measure at one threshold."""

    threshold: float
    measure: str
    share: float


def threshold_points(thresholds: Sequence[Threshold]) -> tuple[ThresholdPoint, ...]:
    """Collect the measures that are known at each threshold."""
    return tuple(
        ThresholdPoint(round(each.threshold, 4), measure, round(share, 4))
        for each in thresholds
        for measure, share in zip(
            MEASURES, (each.recall, each.precision, each.flagged), strict=True
        )
        if share is not None
    )


def draw_thresholds(points: tuple[ThresholdPoint, ...]) -> drawing.Drawing:
    """Draw a line for each measure; the page has the legend."""
    share = alt.Scale(domain=[0, 1], nice=False)
    axis = drawing.share_axis()
    dashes = [[1, 0], [7, 3], [2, 3]]
    lines = (
        drawing.from_rows()
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("threshold:Q", title="decision threshold", scale=share, axis=axis),
            y=alt.Y("share:Q", title="share of rows", scale=share, axis=axis),
            stroke=alt.Stroke(
                "measure:N",
                legend=None,
                scale=alt.Scale(
                    domain=list(MEASURES), range=[drawing.series(i) for i in range(len(MEASURES))]
                ),
            ),
            strokeDash=alt.StrokeDash(
                "measure:N", legend=None, scale=alt.Scale(domain=list(MEASURES), range=dashes)
            ),
            tooltip=[
                alt.Tooltip("threshold:Q", title="threshold", format=".1%"),
                alt.Tooltip("measure:N"),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
    )
    return drawing.draw(lines, rows=drawing.rows(points))
