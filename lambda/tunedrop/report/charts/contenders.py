"""Chart: Confirm's contenders side by side, each with its interval, and what the search said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing
from tunedrop.report.confirm_scores import Contender
from tunedrop.report.results import Results
from tunedrop.report.tables import TextTable
from tunedrop.wording import ENSEMBLE, contender_label, contender_short

SEARCH_LABEL = "Search's own best (optimistic)"
FAR = 3
SHIPPED, OTHER, SEARCH = "selected", "other", "search"


@dataclass(frozen=True)
class ContenderRow:
    """One line of the chart."""

    label: str
    short: str
    kind: str
    mean: float | None
    low: float | None
    high: float | None
    test_score: float | None
    note: str
    off_axis: bool = False


@dataclass(frozen=True)
class ContendersChart:
    """What the chart shows; contenders far below `low` are drawn as an arrow at its edge."""

    metric: str
    low: float
    high: float
    rows: tuple[ContenderRow, ...]


def contenders_chart(results: Results) -> ContendersChart:
    """Collect the contenders, best first, and the best training job's cross-validation score."""
    rows = []
    for contender in results.confirm.contenders:
        low, high = contender.interval or (None, None)
        rows.append(
            ContenderRow(
                label=contender_label(contender.name, contender.estimator),
                short=contender_short(contender.name),
                kind=SHIPPED if contender.name == results.selected else OTHER,
                mean=contender.mean,
                low=low,
                high=high,
                test_score=contender.test_score,
                note=_note(contender, selected=contender.name == results.selected),
            )
        )
    rows.sort(key=lambda row: (row.mean is None, -results.sign * (row.mean or 0.0)))
    if results.objective is not None:
        rows.append(
            ContenderRow(
                label=SEARCH_LABEL,
                short="Search's own best",
                kind=SEARCH,
                mean=results.objective,
                low=None,
                high=None,
                test_score=None,
                note="optimistic: the best of many scores on the same folds",
            )
        )
    low, high = _limits(rows, results.sign)
    shown = (
        replace(row, off_axis=row.mean is not None and not low <= row.mean <= high) for row in rows
    )
    return ContendersChart(results.metric_words, low, high, tuple(shown))


def _limits(rows: list[ContenderRow], sign: int) -> tuple[float, float]:
    """Choose an axis on which close contenders can be told apart.

    Guessing is often so far off that it would squeeze all others into a corner, so whoever is worse
    than all better ones by more than FAR times their spread is left out of the axis.
    """
    scored = [(row.mean, row) for row in rows if row.mean is not None]
    scored.sort(key=lambda each: -sign * each[0])
    if not scored:
        return 0.0, 1.0
    values: list[float] = []
    for place, (mean, row) in enumerate(scored):
        if place >= 2:
            low, high = min(values), max(values)
            behind = low - mean if sign > 0 else mean - high
            if behind > FAR * (high - low):
                break
        values += [x for x in (row.low, mean, row.high, row.test_score) if x is not None]
    low, high = min(values), max(values)
    padding = (high - low) * 0.08 or abs(high) * 0.05 or 0.05
    return low - padding, high + padding


def _note(contender: Contender, *, selected: bool) -> str:
    if contender.status != "scored":
        return wording.one_line(f"{contender.status}: {contender.reason}", 200)
    notes = ["selected"] if selected else []
    if contender.members:
        notes.append(f"mean of {' and '.join(contender.members)}")
    if contender.name == ENSEMBLE and not selected:
        notes.append("not selected: not significantly better than the model that it would replace")
    return "; ".join(notes)


def contenders_table(chart: ContendersChart) -> TextTable:
    """Return the same in numbers; the selected one stands out."""
    tested = any(row.test_score is not None for row in chart.rows)
    return TextTable(
        ("Contender", "Mean", "95% CI", *(["Test score"] if tested else []), "Note"),
        tuple(
            (
                row.label,
                wording.score(row.mean),
                wording.interval((row.low, row.high)),
                *([wording.score(row.test_score)] if tested else []),
                row.note,
            )
            for row in chart.rows
        ),
        numeric=(1, 2, 3) if tested else (1, 2),
        best=next((place for place, row in enumerate(chart.rows) if row.kind == SHIPPED), None),
    )


def draw_contenders(chart: ContendersChart) -> drawing.Drawing:
    """Draw dots with intervals; diamonds are scores on test rows, arrows are off the axis."""
    shown = [row for row in drawing.rows(chart.rows) if row["mean"] is not None]
    order = [row["short"] for row in shown]
    base = drawing.from_rows().encode(
        y=alt.Y("short:N", sort=order, title=None, axis=alt.Axis(ticks=False, labelLimit=190)),
        tooltip=[
            alt.Tooltip("label:N", title="contender"),
            *drawing.tooltip(
                drawing.NUMBER, mean="mean", low="interval from", high="to", test_score="test score"
            ),
        ],
    )
    inside = base.transform_filter("!datum.off_axis")
    scale = alt.Scale(domain=[chart.low, chart.high], zero=False, nice=False)
    axis = drawing.number_axis(6)
    kinds = [SHIPPED, OTHER, SEARCH]
    colours = alt.Scale(domain=kinds, range=[drawing.ACCENT, drawing.MUTED, drawing.SERIES[1]])
    colour = alt.Color("kind:N", scale=colours, legend=None)
    intervals = inside.mark_rule(strokeWidth=3, strokeCap="round").encode(
        x=alt.X("low:Q", scale=scale, axis=axis, title=drawing.title(chart.metric)),
        x2=alt.X2("high:Q"),
        color=colour,
    )
    means = inside.mark_point(filled=True, size=110, opacity=1).encode(
        x=alt.X("mean:Q", scale=scale), color=colour
    )
    tests = (
        inside.transform_filter("isValid(datum.test_score)")
        .mark_point(shape="diamond", size=80, strokeWidth=2, opacity=1, fill=drawing.PAPER)
        .encode(
            x=alt.X("test_score:Q", scale=scale),
            stroke=alt.Stroke("kind:N", scale=colours, legend=None),
        )
    )
    height = 34 * len(shown) + drawing.AXIS_HEIGHT
    off = _off_axis(base, chart)
    return drawing.draw(intervals, means, tests, *off, rows=tuple(shown), height=height)


def _off_axis(base: alt.Chart, chart: ContendersChart) -> list[alt.Chart]:
    """Draw an arrow at the axis' end, with the value, for whoever is beyond it."""
    found = []
    for place, beyond, shape, inwards, align in (
        (0, f"datum.mean < {chart.low!r}", "triangle-left", 1, "left"),
        ("width", f"datum.mean > {chart.high!r}", "triangle-right", -1, "right"),
    ):
        off = base.transform_filter(beyond).encode(**drawing.fixed(x=place))
        style: dict[str, Any] = {"shape": shape, "xOffset": 8 * inwards, "color": drawing.MUTED}
        found.append(off.mark_point(filled=True, size=90, opacity=1, **style))
        words: dict[str, Any] = {"align": align, "dx": 18 * inwards, "color": drawing.MUTED}
        found.append(off.mark_text(**words).encode(text=alt.Text("mean:Q", format=drawing.NUMBER)))
    return found
