"""Chart: what the rows of each class were predicted to be, as a heat map of counts and shares."""

from __future__ import annotations

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.sections.section_text import labels_apart
from tunedrop_common.model_errors import Confusion

# Of a full cell: ink stays readable on it, on light and on dark paper.
STRONGEST = 0.5
# Of more classes the names on top are turned.
MOST_UPRIGHT = 4
# The height of all cells, of the highest and of the lowest one, and a letter's width, in pixels.
HEIGHT, HIGHEST, LOWEST, LETTER = 400, 54, 22, 8
COLORS = {"right": drawing.ACCENT, "wrong": drawing.BAD, "folded": drawing.MUTED}
COLUMNS = {
    "actual": ("Actual", drawing.TEXT), "called": ("Predicted", drawing.TEXT),
    "rows": ("Rows", drawing.COUNT), "share": ("Share of actual", drawing.SHARE),
}  # fmt: skip


def confusion_chart(confusion: Confusion) -> Chart:
    """Draw a cell for each pair of classes; the stronger, the larger its share of its line.

    The last line and column are those of the folded classes, where there are such.
    """
    folded = [f"{confusion.folded:,} rarer classes"] if confusion.folded else []
    labels = labels_apart((*confusion.labels, *folded))
    rows = tuple(
        {
            "actual": actual, "called": called, "rows": confusion.counts[line][place],
            "share": round(confusion.shares[line][place] or 0.0, 4),
            "kind": _kind(line, place, confusion),
        }
        for line, actual in enumerate(labels)
        for place, called in enumerate(labels)
    )  # fmt: skip
    step = min(max(HEIGHT // len(labels), LOWEST), HIGHEST)
    is_turned = len(labels) > MOST_UPRIGHT
    room = "96" if is_turned else "max(bandwidth('x') - 4, 24)"
    axis = alt.Axis(
        orient="top", labelAngle=-90 if is_turned else 0, labelLimit=alt.ExprRef(room), ticks=False
    )
    base = drawing.base().encode(
        x=alt.X("called:N", sort=list(labels), title="predicted class", axis=axis),
        y=drawing.categories("actual", labels, 110, "actual class"),
        tooltip=drawing.tooltip(COLUMNS),
    )
    scale = alt.Scale(domain=list(COLORS), range=list(COLORS.values()))
    strength = alt.Scale(domain=[0, 1], range=[0, STRONGEST])
    cells = base.mark_rect(stroke=drawing.LINE, strokeWidth=1).encode(
        fill=alt.Fill("kind:N", scale=scale, legend=None),
        fillOpacity=alt.FillOpacity("share:Q", scale=strength, legend=None),
    )
    longest = max(len(f"{row['rows']:,}") for row in rows)
    has_room = alt.ExprRef(f"bandwidth('x') > {LETTER * longest + 4} ? 1 : 0")
    counts = base.transform_filter("datum.rows > 0").mark_text(fontSize=12, opacity=has_room)
    return Chart(
        "chart-confusion",
        "Confusion matrix: actual against predicted classes",
        (cells, counts.encode(text=alt.Text("rows:Q", format=drawing.COUNT))),
        rows,
        COLUMNS,
        height=step * len(labels) + 120,
        narrow=not is_turned,
    )


def _kind(line: int, place: int, confusion: Confusion) -> str:
    """Return whether rows are right there; of classes that are folded into one, some are."""
    if line != place:
        return "wrong"
    return "folded" if line == len(confusion.labels) else "right"
