"""Chart: what each class, or tenth of the target, gains or loses against the champion."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.sections.section_text import labels_apart
from tunedrop_common.model_errors import AgainstChampion

MOST_CHANGES = 30
KINDS = {1: "significantly better", -1: "significantly worse", 0: "not significant"}


@dataclass(frozen=True)
class ChangeRow:
    """What one part of the rows gains; a loss is below 0."""

    label: str
    rows: int
    champion: float | None
    selected: float | None
    gain: float
    low: float | None
    high: float | None
    kind: str


@dataclass(frozen=True)
class ChangesChart:
    """What the chart shows."""

    by_class: bool
    changes: tuple[ChangeRow, ...]


def changes_chart(against: AgainstChampion | None) -> ChangesChart | None:
    """Collect the changes that are known; None where there are none."""
    known = [each for each in against.changes if each.gain.value is not None] if against else []
    if against is None or not known:
        return None
    shown = known[:MOST_CHANGES]
    names = labels_apart([each.label for each in shown])
    return ChangesChart(
        against.measure == "recall",
        tuple(
            ChangeRow(
                name, each.rows, each.champion, each.selected, each.gain.value or 0.0,
                *each.gain.ends, KINDS[each.gain.side_of(0.0)],
            )
            for name, each in zip(names, shown, strict=True)
        ),
    )  # fmt: skip


def draw_changes(chart: ChangesChart) -> drawing.Drawing:
    """Draw a dot with its interval for each part; right of the line it gains."""
    title = "recall gained" if chart.by_class else "mean absolute error reduced"
    axis = drawing.share_axis(6) if chart.by_class else drawing.number_axis(6)
    colours = (drawing.ACCENT, drawing.BAD, drawing.MUTED)
    base = drawing.from_rows().encode(
        y=alt.Y(
            "label:N",
            sort=[each.label for each in chart.changes],
            title=None,
            axis=alt.Axis(ticks=False, labelLimit=130),
        ),
        color=drawing.colours("kind", dict(zip(KINDS.values(), colours, strict=True))),
        tooltip=[
            alt.Tooltip("label:N", title="class" if chart.by_class else "values"),
            alt.Tooltip("rows:Q", format=","),
            *drawing.tooltip(
                drawing.NUMBER, champion="champion", selected="new model", gain="gain",
                low="interval from", high="to",
            ),
        ],
    )  # fmt: skip
    intervals = (
        drawing.with_interval(base)
        .mark_rule(strokeWidth=3, strokeCap="round")
        .encode(x=alt.X("low:Q", title=title, axis=axis), x2=alt.X2("high:Q"))
    )
    points = base.mark_point(filled=True, size=80, opacity=1).encode(
        x=alt.X("gain:Q", title=title, axis=axis)
    )
    none, others = drawing.zero_line()
    height = 24 * len(chart.changes) + drawing.AXIS_HEIGHT
    shown = drawing.rows(chart.changes)
    return drawing.draw(*none, intervals, points, rows=shown, others=others, height=height)
