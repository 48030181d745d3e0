"""Chart: the score of models that learned from a part of the training rows."""

from __future__ import annotations

from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop_common.explanation import LearningCurve


def learning_curve_chart(curve: LearningCurve | None, metric: str) -> Chart | None:
    """Draw a line through the scores, each with its interval; None without two scores."""
    rows = tuple(
        {"rows": point.rows, **drawing.estimate_fields("score", point.score)}
        for point in (curve.points if curve else ())
        if point.score.value is not None
    )
    if len(rows) < 2:
        return None
    title = drawing.title(metric)
    columns = {
        "rows": ("Rows", drawing.COUNT), "score": (title, drawing.NUMBER),
        **drawing.interval_columns(drawing.NUMBER),
    }  # fmt: skip
    base = drawing.base().encode(
        x=drawing.x("rows", "training rows", drawing.count_axis(), domainMin=0, nice=True),
        y=drawing.y("score", title, drawing.number_axis(4), zero=False),
        tooltip=drawing.tooltip(columns),
    )
    line = base.mark_line(color=drawing.ACCENT, strokeWidth=2)
    points = drawing.points(base, 60, color=drawing.ACCENT)
    return Chart(
        "chart-learning",
        "Learning curve: score by number of training rows",
        (drawing.vertical_intervals(base), line, points),
        rows,
        columns,
        height=180,
        narrow=True,
    )
