"""Charts: ROC and precision-recall curves, of one class or of each class against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.sections.section_text import format_score, labels_apart
from tunedrop_common.model_errors import Curve

# The worst ones; the table of classes has all. As many as there are colors.
MOST_CURVES = len(drawing.SERIES)


def roc_chart(curves: Sequence[Curve]) -> Chart | None:
    """Draw recall against false positives; what chance gives is dashed."""
    diagonal, reference = drawing.dashed_line((0.0, 0.0), (1.0, 1.0))
    chart = _chart(curves, "chart-roc", "ROC curve", "false positive rate", "recall")
    return chart and replace(chart, layers=(diagonal, *chart.layers), other_rows=reference)


def precision_recall_chart(curves: Sequence[Curve]) -> Chart | None:
    """Draw precision against recall."""
    return _chart(curves, "chart-precision-recall", "Precision-recall curve", "recall", "precision")


def _chart(curves: Sequence[Curve], id: str, name: str, x: str, y: str) -> Chart | None:
    """Draw a line for each class with an area; None where there are none."""
    measured = [curve for curve in curves if curve.area.value is not None and curve.x]
    drawn = sorted(measured, key=lambda curve: curve.area.value or 0.0)[:MOST_CURVES]
    if not drawn:
        return None
    labels = labels_apart([curve.label for curve in drawn])
    rows = tuple(
        {"curve": label, "order": order, "x": round(at_x, 4), "y": round(at_y, 4)}
        for label, curve in zip(labels, drawn, strict=True)
        for order, (at_x, at_y) in enumerate(zip(curve.x, curve.y, strict=False))
    )
    columns = {
        "curve": ("Class", drawing.TEXT),
        "x": (x.capitalize(), drawing.SHARE),
        "y": (y.capitalize(), drawing.SHARE),
    }
    axis = drawing.share_axis()
    lines = (
        drawing.base()
        .mark_line(strokeWidth=2, clip=True)
        .encode(
            x=drawing.x("x", x, axis, domain=[0, 1], nice=False),
            y=drawing.y("y", y, axis, domain=[0, 1], nice=False),
            order=alt.Order("order:Q"),
            stroke=alt.Stroke("curve:N", legend=None, scale=drawing.series_scale(labels)),
            tooltip=drawing.tooltip(columns),
        )
    )
    of_classes = f" of the {len(drawn)} worst classes" if len(measured) > len(drawn) else ""
    caption = f"{name}{of_classes}: {y} against {x}; areas, 1 is perfect"
    legend = [
        f"{label}: {format_score(curve.area)}" for label, curve in zip(labels, drawn, strict=True)
    ]
    return Chart(id, caption, (lines,), rows, columns, legend=drawing.series_legend(legend))
