"""Chart: recall, precision and flagged rows by decision threshold."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop_common.model_errors import Threshold

MEASURES = ("recall", "precision", "flagged, of all rows")
COLUMNS = {
    "threshold": ("Decision threshold", drawing.SHARE), "measure": ("Measure", drawing.TEXT),
    "share": ("Share", drawing.SHARE),
}  # fmt: skip
# Recall's, precision's and the flagged rows' lines are told apart without colors, too.
DASHES = [[1, 0], [7, 3], [2, 3]]


def thresholds_chart(thresholds: Sequence[Threshold]) -> Chart | None:
    """Draw a line for each measure; None where none is known."""
    rows = tuple(
        {"threshold": round(row.threshold, 4), "measure": measure, "share": round(share, 4)}
        for row in thresholds
        for measure, share in zip(MEASURES, (row.recall, row.precision, row.flagged), strict=True)
        if share is not None
    )
    if not rows:
        return None
    axis = drawing.share_axis()
    dashes = alt.Scale(domain=list(MEASURES), range=DASHES)
    lines = (
        drawing.base()
        .mark_line(strokeWidth=2)
        .encode(
            x=drawing.x("threshold", "decision threshold", axis, domain=[0, 1], nice=False),
            y=drawing.y("share", "share of rows", axis, domain=[0, 1], nice=False),
            stroke=alt.Stroke("measure:N", legend=None, scale=drawing.series_scale(MEASURES)),
            strokeDash=alt.StrokeDash("measure:N", legend=None, scale=dashes),
            tooltip=drawing.tooltip(COLUMNS),
        )
    )
    return Chart(
        "chart-thresholds",
        "Recall, precision and flagged rows by decision threshold",
        (lines,),
        rows,
        COLUMNS,
        legend=drawing.series_legend(MEASURES),
    )
