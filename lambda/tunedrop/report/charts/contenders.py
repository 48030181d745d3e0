"""Chart: Confirm's contenders side by side, each with its interval, and the search's best score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.confirm_scores import Contender
from tunedrop.report.results import Results
from tunedrop.report.tables import TextTable, make_table
from tunedrop.wording import ENSEMBLE, contender_label, contender_short

SEARCH_LABEL = "Search's own best (optimistic)"
# A contender that is worse by more than so many times the others' spread is off the axis.
FAR = 3
SELECTED, OTHER, SEARCH = "selected", "other", "search"
COLORS = {SELECTED: drawing.ACCENT, OTHER: drawing.MUTED, SEARCH: drawing.SERIES[1]}


def contender_rows(results: Results) -> drawing.Rows:
    """Collect the contenders, best first, and the best training job's cross-validation score."""
    rows: list[Mapping[str, Any]] = []
    for contender in results.confirm.contenders:
        is_selected = contender.name == results.selected
        low, high = contender.interval or (None, None)
        rows.append({
            "label": contender_label(contender.name, contender.estimator),
            "short": contender_short(contender.name),
            "kind": SELECTED if is_selected else OTHER,
            "mean": contender.mean, "low": low, "high": high, "test_score": contender.test_score,
            "note": _note(contender, is_selected=is_selected),
        })  # fmt: skip
    rows.sort(key=lambda row: (row["mean"] is None, -results.sign * (row["mean"] or 0.0)))
    if results.objective is not None:
        rows.append({
            "label": SEARCH_LABEL, "short": "Search's own best", "kind": SEARCH,
            "mean": results.objective, "low": None, "high": None, "test_score": None,
            "note": "optimistic: the best of many scores on the same folds",
        })  # fmt: skip
    return tuple(rows)


def _limits(rows: drawing.Rows, sign: int) -> tuple[float, float]:
    """Choose an axis on which close contenders can be told apart.

    The baseline is often so far off that it would squeeze all others into a corner, so whoever is
    worse than all better ones by more than FAR times their spread is not on the axis.
    """
    if not rows:
        return 0.0, 1.0
    values: list[float] = []
    for place, row in enumerate(sorted(rows, key=lambda row: -sign * row["mean"])):
        if place >= 2:
            low, high = min(values), max(values)
            behind = low - row["mean"] if sign > 0 else row["mean"] - high
            if behind > FAR * (high - low):
                break
        scores = (row[name] for name in ("low", "mean", "high", "test_score"))
        values += [score for score in scores if score is not None]
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


def contenders_table(results: Results) -> TextTable:
    """Return the contenders in numbers; the selected one stands out."""
    rows = contender_rows(results)
    has_test = any(row["test_score"] is not None for row in rows)
    test_score = ("Test score", lambda row: wording.score(row["test_score"]))
    return make_table(
        rows,
        ("Contender", lambda row: row["label"]),
        ("Mean", lambda row: wording.score(row["mean"])),
        ("95% CI", lambda row: wording.interval((row["low"], row["high"]))),
        *([test_score] if has_test else []),
        ("Note", lambda row: row["note"]),
        numeric=(1, 2, 3) if has_test else (1, 2),
        best=next((i for i, row in enumerate(rows) if row["kind"] == SELECTED), None),
    )


def contenders_chart(results: Results) -> Chart:
    """Draw dots with intervals; diamonds are test scores, arrows are off the axis."""
    rows = tuple(row for row in contender_rows(results) if row["mean"] is not None)
    low, high = _limits(rows, results.sign)
    arrow = "◀ {}" if results.sign > 0 else "{} ▶"
    means = [row["mean"] for row in rows]
    beyond = ["" if low <= mean <= high else arrow.format(wording.score(mean)) for mean in means]
    rows = tuple({**row, "beyond": text} for row, text in zip(rows, beyond, strict=True))
    limits = {"domain": [low, high], "zero": False, "nice": False}
    axis, metric = drawing.number_axis(6), drawing.title(results.metric_words)
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
    inside = base.transform_filter("!datum.beyond").encode(
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
    worse_end: dict[str, Any] = (
        {"x": 0, "align": "left"} if results.sign > 0 else {"x": "width", "align": "right"}
    )
    arrows = base.mark_text(color=drawing.MUTED, **worse_end).encode(text=alt.Text("beyond:N"))
    return Chart(
        "chart-contenders",
        "Scores of the contenders with their intervals; the table below has the numbers",
        (
            intervals.encode(color=color),
            drawing.points(inside, 110).encode(color=color),
            tests,
            arrows,
        ),
        rows,
        height=34 * len(rows) + drawing.AXIS_HEIGHT,
    )
