"""Charts: ROC and precision-recall curves, of one class or of each class against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.sections.section_text import format_score, labels_apart
from tunedrop_common.model_errors import Curve

# The worst ones; the table of classes has all. As many as there are colours.
MOST_CURVES = len(drawing.SERIES)


@dataclass(frozen=True)
class CurvePoint:
    """A point of a class's curve."""

    curve: str
    order: int
    x: float
    y: float


@dataclass(frozen=True)
class CurvesChart:
    """What the chart shows; `areas` has a curve's name with its area in words."""

    x: str
    y: str
    diagonal: bool
    areas: tuple[tuple[str, str], ...]
    curves_in_all: int
    points: tuple[CurvePoint, ...]


def roc_chart(curves: Sequence[Curve]) -> CurvesChart | None:
    """Collect the curves of recall against false positives; None where there are none."""
    return _chart(curves, "false positive rate", "recall", True)


def precision_recall_chart(curves: Sequence[Curve]) -> CurvesChart | None:
    """Collect the curves of precision against recall; None where there are none."""
    return _chart(curves, "recall", "precision", False)


def _chart(curves: Sequence[Curve], x: str, y: str, diagonal: bool) -> CurvesChart | None:
    known = [each for each in curves if each.area.value is not None and each.x]
    known.sort(key=lambda curve: curve.area.value or 0.0)
    shown = known[:MOST_CURVES]
    names = labels_apart([each.label for each in shown])
    if not shown:
        return None
    return CurvesChart(
        x,
        y,
        diagonal,
        tuple((name, format_score(curve.area)) for name, curve in zip(names, shown, strict=True)),
        len(known),
        tuple(
            CurvePoint(name, order, round(x, 4), round(y, 4))
            for name, curve in zip(names, shown, strict=True)
            for order, (x, y) in enumerate(zip(curve.x, curve.y, strict=False))
        ),
    )


def draw_curves(chart: CurvesChart) -> drawing.Drawing:
    """Draw a line for each class; what guessing gives is dashed where it is the same for all."""
    names = [name for name, _ in chart.areas]
    share = alt.Scale(domain=[0, 1], nice=False)
    axis = drawing.share_axis()
    lines = (
        drawing.from_rows()
        .mark_line(strokeWidth=2, clip=True)
        .encode(
            x=alt.X("x:Q", title=chart.x, scale=share, axis=axis),
            y=alt.Y("y:Q", title=chart.y, scale=share, axis=axis),
            order=alt.Order("order:Q"),
            stroke=alt.Stroke(
                "curve:N",
                legend=None,
                scale=alt.Scale(domain=names, range=[drawing.series(i) for i in range(len(names))]),
            ),
            tooltip=[
                alt.Tooltip("curve:N", title="class"),
                *drawing.tooltip(".1%", x=chart.x, y=chart.y),
            ],
        )
    )
    guessing, others = drawing.diagonal(0.0, 1.0) if chart.diagonal else ([], {})
    return drawing.draw(*guessing, lines, rows=drawing.rows(chart.points), others=others)
