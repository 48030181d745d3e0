"""Chart: how much worse the score gets when the values of a column are shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.sections.section_text import labels_apart
from tunedrop_common.explanation import Importance

# The table behind the chart has more of them.
MOST_DRAWN, MOST_ROWS = 20, 500
SIGNIFICANT, NOT_SIGNIFICANT = "significant", "not significant"


@dataclass(frozen=True)
class ColumnDrop:
    """A column, or strongly associated ones, and what the score loses when they are shuffled."""

    place: int
    columns: str
    drop: float
    low: float | None
    high: float | None
    kind: str


def column_importance(importance: Sequence[Importance]) -> tuple[ColumnDrop, ...]:
    """Collect the columns whose drop is known, most important first; the first ones are drawn."""
    known = [each for each in importance if each.drop.value is not None][:MOST_ROWS]
    names = labels_apart([" + ".join(each.columns) for each in known])
    return tuple(
        ColumnDrop(place, name, each.drop.value or 0.0, *each.drop.ends, _kind(each))
        for place, (name, each) in enumerate(zip(names, known, strict=True))
    )


def _kind(importance: Importance) -> str:
    return SIGNIFICANT if importance.is_significant else NOT_SIGNIFICANT


def draw_column_importance(columns: tuple[ColumnDrop, ...]) -> drawing.Drawing:
    """Draw a bar with its interval for each of the first columns."""
    shown = columns[:MOST_DRAWN]
    axis = drawing.number_axis(6)
    title = "worse by"
    colours = {SIGNIFICANT: drawing.ACCENT, NOT_SIGNIFICANT: drawing.MUTED}
    base = (
        drawing.from_rows()
        .transform_filter(f"datum.place < {MOST_DRAWN}")
        .encode(
            y=alt.Y(
                "columns:N",
                sort=[row.columns for row in shown],
                title=None,
                axis=alt.Axis(ticks=False, labelLimit=170),
            ),
            tooltip=[
                alt.Tooltip("columns:N"),
                *drawing.tooltip(drawing.NUMBER, drop="worse by", low="interval from", high="to"),
                alt.Tooltip("kind:N", title="importance"),
            ],
        )
    )
    bars = base.mark_bar(height=alt.RelativeBandSize(band=0.6), opacity=0.75).encode(
        x=alt.X("drop:Q", title=title, axis=axis),
        color=drawing.colours("kind", colours),
    )
    intervals = (
        drawing.with_interval(base)
        .mark_rule(color=drawing.INK, strokeWidth=1.5)
        .encode(x=alt.X("low:Q", title=title, axis=axis), x2=alt.X2("high:Q"))
    )
    height = 24 * len(shown) + drawing.AXIS_HEIGHT
    return drawing.draw(bars, intervals, rows=drawing.rows(columns), height=height)
