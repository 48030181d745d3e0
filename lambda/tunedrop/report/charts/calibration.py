"""Chart: how often predictions of about the same probability come true."""

from __future__ import annotations

from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop_common.model_errors import Calibration


def calibration_chart(calibration: Calibration | None) -> Chart | None:
    """Draw a point with its interval for each bin; on the dashed line probabilities are true.

    None where no bin has rows.
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
    columns = {
        "predicted": ("Predicted", drawing.SHARE), "observed": ("Observed", drawing.SHARE),
        **drawing.interval_columns(drawing.SHARE), "rows": ("Rows", drawing.COUNT),
    }  # fmt: skip
    axis = drawing.share_axis()
    scale = {"domain": [0, 1], "nice": False, "clamp": True}
    base = drawing.base().encode(
        x=drawing.x("predicted", "predicted probability", axis, **scale),
        y=drawing.y("observed", "observed share", axis, **scale),
        tooltip=drawing.tooltip(columns),
    )
    line = base.mark_line(color=drawing.ACCENT, strokeWidth=1.5)
    ideal, reference = drawing.dashed_line((0.0, 0.0), (1.0, 1.0))
    points = drawing.points(base, color=drawing.ACCENT)
    return Chart(
        "chart-calibration",
        "Calibration: predicted probability against observed share",
        (line, drawing.vertical_intervals(base), points, ideal),
        rows,
        columns,
        other_rows=reference,
    )
