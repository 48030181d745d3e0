"""Chart: Confirm's contenders side by side, each with its interval, and the search's best score."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.confirm_scores import Contender
from tunedrop.report.results import Results
from tunedrop.report.tables import TextTable
from tunedrop.wording import ENSEMBLE, contender_label, contender_short

SEARCH_LABEL = "Search's own best (optimistic)"
# A contender that is worse by more than so many times the others' spread is off the axis.
FAR = 3
SELECTED, OTHER, SEARCH = "selected", "other", "search"
COLORS = {SELECTED: drawing.ACCENT, OTHER: drawing.MUTED, SEARCH: drawing.SERIES[1]}


@dataclass(frozen=True)
class ContenderRow:
    """One line of the chart."""

    label: str
    short: str
    kind: str
    mean: float | None
    low: float | None = None
    high: float | None = None
    test_score: float | None = None
    note: str = ""
    off_axis: bool = False


@dataclass(frozen=True)
class Contenders:
    """What the chart shows; contenders far below `low` are drawn as an arrow at its edge."""

    metric: str
    low: float
    high: float
    rows: tuple[ContenderRow, ...]


def compare_contenders(results: Results) -> Contenders:
    """Collect the contenders, best first, and the best training job's cross-validation score."""
    rows = [
        ContenderRow(
            contender_label(contender.name, contender.estimator),
            contender_short(contender.name),
            SELECTED if contender.name == results.selected else OTHER,
            contender.mean,
            *(contender.interval or (None, None)),
            contender.test_score,
            _note(contender, is_selected=contender.name == results.selected),
        )
        for contender in results.confirm.contenders
    ]
    rows.sort(key=lambda row: (row.mean is None, -results.sign * (row.mean or 0.0)))
    if results.objective is not None:
        note = "optimistic: the best of many scores on the same folds"
        rows.append(
            ContenderRow(SEARCH_LABEL, "Search's own best", SEARCH, results.objective, note=note)
        )
    low, high = _limits(rows, results.sign)
    shown = (
        replace(row, off_axis=row.mean is not None and not low <= row.mean <= high) for row in rows
    )
    return Contenders(results.metric_words, low, high, tuple(shown))


def _limits(rows: list[ContenderRow], sign: int) -> tuple[float, float]:
    """Choose an axis on which close contenders can be told apart.

    The baseline is often so far off that it would squeeze all others into a corner, so whoever is
    worse than all better ones by more than FAR times their spread is not on the axis.
    """
    scored = [(row.mean, row) for row in rows if row.mean is not None]
    scored.sort(key=lambda pair: -sign * pair[0])
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


def _note(contender: Contender, *, is_selected: bool) -> str:
    if contender.status != "scored":
        return wording.one_line(f"{contender.status}: {contender.reason}", 200)
    notes = ["selected"] if is_selected else []
    if contender.members:
        notes.append(f"mean of {' and '.join(contender.members)}")
    if contender.name == ENSEMBLE and not is_selected:
        notes.append("not selected: not significantly better than the model that it would replace")
    return "; ".join(notes)


def contenders_table(contenders: Contenders) -> TextTable:
    """Return the same in numbers; the selected one stands out."""
    has_test = any(row.test_score is not None for row in contenders.rows)
    return TextTable(
        ("Contender", "Mean", "95% CI", *(["Test score"] if has_test else []), "Note"),
        tuple(
            (
                row.label,
                wording.score(row.mean),
                wording.interval((row.low, row.high)),
                *([wording.score(row.test_score)] if has_test else []),
                row.note,
            )
            for row in contenders.rows
        ),
        numeric=(1, 2, 3) if has_test else (1, 2),
        best=next((i for i, row in enumerate(contenders.rows) if row.kind == SELECTED), None),
    )


def contenders_chart(contenders: Contenders) -> Chart:
    """Draw dots with intervals; diamonds are test scores, arrows are off the axis."""
    rows = drawing.select_fields(row for row in contenders.rows if row.mean is not None)
    limits = {"domain": [contenders.low, contenders.high], "zero": False, "nice": False}
    axis, metric = drawing.number_axis(6), drawing.title(contenders.metric)
    base = drawing.base().encode(
        y=drawing.categories("short", [row["short"] for row in rows], 190),
        tooltip=drawing.tooltip(
            {
                "label": ("Contender", drawing.TEXT), "mean": ("Mean", drawing.NUMBER),
                **drawing.interval_columns(drawing.NUMBER),
                "test_score": ("Test score", drawing.NUMBER),
            }
        ),
    )  # fmt: skip
    inside = base.transform_filter("!datum.off_axis").encode(
        x=drawing.x("mean", metric, axis, **limits)
    )
    color = drawing.color("kind", COLORS)
    intervals = drawing.horizontal_intervals(inside, strokeWidth=3, strokeCap="round")
    tests = (
        inside.transform_filter("isValid(datum.test_score)")
        .mark_point(shape="diamond", size=80, strokeWidth=2, opacity=1, fill=drawing.PAPER)
        .encode(
            x=drawing.x("test_score", metric, axis, **limits),
            stroke=alt.Stroke("kind:N", scale=color["scale"], legend=None),
        )
    )
    means = drawing.points(inside, 110).encode(color=color)
    return Chart(
        "chart-contenders",
        "Scores of the contenders with their intervals; the table below has the numbers",
        (intervals.encode(color=color), means, tests, *_off_axis(base, contenders)),
        rows,
        height=34 * len(rows) + drawing.AXIS_HEIGHT,
    )


def _off_axis(base: alt.Chart, contenders: Contenders) -> list[alt.Chart]:
    """Draw an arrow at the axis' end, with the value, for each contender beyond it."""
    layers = []
    for place, test, shape, inwards, align in (
        (0, f"datum.mean < {contenders.low!r}", "triangle-left", 1, "left"),
        ("width", f"datum.mean > {contenders.high!r}", "triangle-right", -1, "right"),
    ):
        outliers = base.transform_filter(test).encode(**drawing.fixed(x=place))
        style: dict[str, Any] = {"shape": shape, "xOffset": 8 * inwards, "color": drawing.MUTED}
        layers.append(drawing.points(outliers, 90, **style))
        style = {"align": align, "dx": 18 * inwards, "color": drawing.MUTED}
        text = alt.Text("mean:Q", format=drawing.NUMBER)
        layers.append(outliers.mark_text(**style).encode(text=text))
    return layers
