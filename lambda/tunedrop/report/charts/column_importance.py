"""Chart: how much worse the score gets when the values of a column are shuffled."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.sections.section_text import labels_apart
from tunedrop_common.explanation import Importance

# results.json has all.
MOST_COLUMNS = 30
SIGNIFICANT, NOT_SIGNIFICANT = "significant", "not significant"


def importance_rows(importance: Sequence[Importance]) -> drawing.Rows:
    """Return the most important columns, in the order of their importance."""
    shuffled = [column for column in importance if column.drop.value is not None][:MOST_COLUMNS]
    labels = labels_apart([" + ".join(column.columns) for column in shuffled])
    return tuple(
        {
            "columns": label, **drawing.estimate_fields("drop", column.drop),
            "kind": SIGNIFICANT if column.is_significant else NOT_SIGNIFICANT,
        }
        for label, column in zip(labels, shuffled, strict=True)
    )  # fmt: skip


def column_importance_chart(importance: Sequence[Importance], metric: str) -> Chart | None:
    """Draw a bar with its interval for each of the first columns; None where there are none."""
    rows = importance_rows(importance)
    if not rows:
        return None
    columns = {
        "columns": ("Columns", drawing.TEXT), "drop": ("Worse by", drawing.NUMBER),
        **drawing.interval_columns(drawing.NUMBER), "kind": ("Importance", drawing.TEXT),
    }  # fmt: skip
    base = drawing.base().encode(
        x=drawing.x("drop", "worse by", drawing.number_axis(6)),
        y=drawing.categories("columns", [row["columns"] for row in rows], 170),
        tooltip=drawing.tooltip(columns),
    )
    colors = {SIGNIFICANT: drawing.ACCENT, NOT_SIGNIFICANT: drawing.MUTED}
    bars = base.mark_bar(height=alt.RelativeBandSize(band=0.6), opacity=0.75)
    intervals = drawing.horizontal_intervals(base, color=drawing.INK, strokeWidth=1.5)
    return Chart(
        "chart-columns",
        f"How much worse {metric} gets when a column is shuffled",
        (bars.encode(color=drawing.color("kind", colors)), intervals),
        rows,
        columns,
        height=24 * len(rows) + drawing.AXIS_HEIGHT,
    )
