"""Chart: how much worse the score gets when the values of a column are shuffled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.sections.learned import column_names
from tunedrop.report.sections.words import labels_apart
from tunedrop_common.explanation import Importance

LONGEST_NAME = 44
# The table behind the chart has more of them.
MOST_DRAWN, MOST_ROWS = 20, 500


@dataclass(frozen=True)
class ColumnDrop:
    """A column, or columns that carry the same, and what the score loses without them."""

    place: int
    columns: str
    drop: float
    low: float | None
    high: float | None
    kind: str


@dataclass(frozen=True)
class ColumnImportance:
    """What the chart shows, most important first; the first ones are drawn."""

    rows: tuple[ColumnDrop, ...]


def column_importance(importance: Sequence[Importance]) -> ColumnImportance | None:
    """Collect the columns whose drop is known; None where there are none."""
    known = [each for each in importance if each.drop.value is not None][:MOST_ROWS]
    names = labels_apart([column_names(each.columns) for each in known], LONGEST_NAME)
    digits = _digits([each.drop.value or 0.0 for each in known])

    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, digits)

    rows = []
    for place, (name, each) in enumerate(zip(names, known, strict=True)):
        low, high = each.drop.interval or (None, None)
        kind = "surely matters" if each.surely else "may be chance"
        drop = rounded(each.drop.value) or 0.0
        rows.append(ColumnDrop(place, name, drop, rounded(low), rounded(high), kind))
    return ColumnImportance(tuple(rows)) if rows else None


def _digits(drops: Sequence[float]) -> int:
    """Return how many decimals the largest drop has with four significant digits."""
    largest = max(map(abs, drops), default=0.0)
    return 3 - math.floor(math.log10(largest)) if largest > 0 else 4


def draw_column_importance(chart: ColumnImportance) -> drawing.Drawing:
    """Draw a bar with its interval for each of the first columns."""
    shown = chart.rows[:MOST_DRAWN]
    axis = alt.Axis(tickCount=6, labelExpr=drawing.number_label())
    title = "worse by"
    colours = alt.Scale(
        domain=["surely matters", "may be chance"], range=[drawing.ACCENT, drawing.MUTED]
    )
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
                alt.Tooltip("drop:Q", title="worse by", format=drawing.NUMBER),
                alt.Tooltip("low:Q", title="interval from", format=drawing.NUMBER),
                alt.Tooltip("high:Q", title="to", format=drawing.NUMBER),
                alt.Tooltip("kind:N", title="judged"),
            ],
        )
    )
    bars = base.mark_bar(height=alt.RelativeBandSize(band=0.6), opacity=0.75).encode(
        x=alt.X("drop:Q", title=title, axis=axis),
        color=alt.Color("kind:N", scale=colours, legend=None),
    )
    intervals = (
        base.transform_filter("isValid(datum.low) && isValid(datum.high)")
        .mark_rule(color=drawing.INK, strokeWidth=1.5)
        .encode(x=alt.X("low:Q", title=title, axis=axis), x2=alt.X2("high:Q"))
    )
    height = 24 * len(shown) + drawing.AXIS_HEIGHT
    drawn = drawing.layered(bars, intervals, height=height)
    return drawing.Drawing(drawn, drawing.rows(chart.rows))
