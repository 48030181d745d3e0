"""Chart: what each class, or tenth of the target, gains or loses against the champion."""

from __future__ import annotations

from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.sections.section_text import labels_apart
from tunedrop_common.model_errors import AgainstChampion

MOST_CHANGES = 30
COLORS = {
    "significantly better": drawing.ACCENT,
    "significantly worse": drawing.BAD,
    "not significant": drawing.MUTED,
}
_KINDS = dict(zip((1, -1, 0), COLORS, strict=True))


def changes_chart(against: AgainstChampion | None) -> Chart | None:
    """Draw a dot with its interval for each segment; right of the line it gains.

    None where no change is known.
    """
    changes = (
        [change for change in against.changes if change.gain.value is not None] if against else []
    )
    if against is None or not changes:
        return None
    changes = changes[:MOST_CHANGES]
    labels = labels_apart([change.label for change in changes])
    rows = tuple(
        {
            "label": label, "rows": change.rows, "champion": change.champion,
            "selected": change.selected, **drawing.estimate_fields("gain", change.gain),
            "kind": _KINDS[change.gain.side_of(0.0)],
        }
        for label, change in zip(labels, changes, strict=True)
    )  # fmt: skip
    by_class = against.measure == "recall"
    columns = {
        "label": ("Class" if by_class else "Target", drawing.TEXT),
        "rows": ("Rows", drawing.COUNT),
        "champion": ("Champion", drawing.NUMBER),
        "selected": ("Selected model", drawing.NUMBER),
        "gain": ("Gain", drawing.NUMBER),
        **drawing.interval_columns(drawing.NUMBER),
        "kind": ("Change", drawing.TEXT),
    }
    axis = drawing.share_axis(6) if by_class else drawing.number_axis(6)
    title = "recall gained" if by_class else "mean absolute error reduced"
    base = drawing.base().encode(
        x=drawing.x("gain", title, axis),
        y=drawing.categories("label", labels, 130),
        color=drawing.color("kind", COLORS),
        tooltip=drawing.tooltip(columns),
    )
    intervals = drawing.horizontal_intervals(base, strokeWidth=3, strokeCap="round")
    zero, reference = drawing.zero_line()
    return Chart(
        "chart-changes",
        "Gain or loss of each segment against the champion",
        (zero, intervals, drawing.points(base, 80)),
        rows,
        columns,
        height=24 * len(rows) + drawing.AXIS_HEIGHT,
        other_rows=reference,
    )
