"""Chart: how often predictions of about the same probability come true."""

from __future__ import annotations

import math

from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop_common.model_errors import Calibration


def calibration_chart(calibration: Calibration | None) -> Chart | None:
    """Draw a point with its interval for each bin; on the dashed line probabilities are true.

    Both axes start where the first probability or interval is. None where no bin has rows.
    """
    rows = tuple(
        {
            "predicted": bin.predicted,
            **drawing.estimate_fields("observed", bin.observed),
            "rows": bin.rows,
        }
        for bin in (calibration.bins if calibration else ())
        if bin.observed.value is not None
    )
    if not rows:
        return None
    places = [row[name] for row in rows for name in ("predicted", "observed", "low")]
    start = max(0, math.floor(10 * min(place for place in places if place is not None))) / 10
    columns = {
        "predicted": ("Predicted", drawing.SHARE), "observed": ("Observed", drawing.SHARE),
        **drawing.interval_columns(drawing.SHARE), "rows": ("Rows", drawing.COUNT),
    }  # fmt: skip
    axis = drawing.share_axis()
    scale = {"domain": [start, 1], "nice": False, "clamp": True}
    base = drawing.base().encode(
        x=drawing.x("predicted", "predicted probability", axis, **scale),
        y=drawing.y("observed", "observed share", axis, **scale),
        tooltip=drawing.tooltip(columns),
    )
    line = base.mark_line(color=drawing.ACCENT, strokeWidth=1.5)
    ideal, reference = drawing.dashed_line((start, start), (1.0, 1.0))
    points = drawing.points(base, color=drawing.ACCENT)
    return Chart(
        "chart-calibration",
        "Calibration: predicted probability against observed share",
        (line, drawing.vertical_intervals(base), points, ideal),
        rows,
        columns,
        other_rows=reference,
    )
