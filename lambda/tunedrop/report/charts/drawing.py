"""What charts have in common: colours, rows, layers, marks by status, the picked training job.

Charts are drawn as SVG and name the page's CSS variables as colours, so that they follow the
reader's light or dark setting, and paper, without being drawn again.

Encodings are objects of Altair's classes. Of a bare string or dictionary it has to find the class,
by hashing every schema that it has, and that takes most of the time of drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.results import COMPLETED, STOPPED, TrainingJob

INK = "var(--ink)"
MUTED = "var(--muted)"
LINE = "var(--line)"
PAPER = "var(--paper)"
ACCENT = "var(--accent)"
BAD = "var(--bad)"

# Okabe and Ito (2008), without black and yellow, which vanish on dark and on light paper.
SERIES = tuple(f"var(--series-{index})" for index in range(1, 7))
# What an axis with labels and title takes of a chart's height.
AXIS_HEIGHT = 44

CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "titleColor": INK,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelLimit": 200,
        "labelOverlap": "greedy",
        "labelSeparation": 8,
    },
    "text": {"color": INK},
    "rule": {"color": LINE},
}


# How Vega writes numbers: 25,230 where d3's "g" writes 2.523e+4; and hyperparameters on an axis,
# which may be so small that a power of ten reads better.
NUMBER = ",.5~r"


def number_label(value: str = "datum.value") -> str:
    """Return the expression for an axis' label, by the rules of `number_format`."""
    power = f"{value} != 0 && (abs({value}) < 1e-4 || abs({value}) >= 1e15)"
    return f"{power} ? format({value}, '.4~g') : format({value}, ',.6~r')"


PERCENT = ".0%"


def number_axis(ticks: int = 5) -> alt.Axis:
    """Return an axis of numbers."""
    return alt.Axis(tickCount=ticks, labelExpr=number_label())


def share_axis(ticks: int = 5) -> alt.Axis:
    """Return an axis of shares in percent."""
    return alt.Axis(tickCount=ticks, format=PERCENT)


ROWS = "rows"
Rows = tuple[Mapping[str, Any], ...]
_PICKED = "picked[datum.number]"
_FIXED: Mapping[str, Any] = {"x": alt.XValue, "x2": alt.X2Value, "y": alt.YValue}
# Of charts that stand side by side.
SMALL_HEIGHT = 260
# From here on marks cover one another.
MANY = 500
# Parts marks of one category: multiples of the golden ratio never fall on one another.
SPREAD = "datum.number * 0.6180339887498949 % 1"
FADED = "picking && !picked[datum.number]"

STOPPED_EARLY = "Stopped early"
FAILED_OR_SILENT = "Failed or without objective"
EARLIER = "Earlier tuning job"
STATUSES = (COMPLETED, STOPPED_EARLY, FAILED_OR_SILENT)


def series(index: int) -> str:
    """Return the colour of an estimator by its place in the plan."""
    return SERIES[index % len(SERIES)]


@dataclass(frozen=True)
class Drawing:
    """A chart and its rows, kept apart: Altair copies and checks whatever it holds, many times.

    `others` are further rows under names of their own, for marks which are not training jobs.
    """

    chart: alt.LayerChart
    rows: Rows
    others: Mapping[str, Rows]

    def specification(self, *, validate: bool = True) -> dict[str, Any]:
        """Return Vega-Lite's JSON, the rows included."""
        spec: dict[str, Any] = self.chart.to_dict(validate=validate)
        spec.pop("config", None)
        named = {ROWS: self.rows, **self.others}
        datasets = {name: list(rows) for name, rows in named.items()}
        return spec | {"datasets": spec.get("datasets", {}) | datasets}


@dataclass(frozen=True)
class PageChart:
    """A chart's place in the page; `columns` are its table's: fields, and what they are called.

    There are none where there is a table beside the chart already.

    `legend` has the words for its colours; one with little to show is `narrow`.
    """

    id: str
    label: str
    columns: Mapping[str, str] = field(default_factory=dict)
    caption: str = ""
    hint: str = ""
    legend: Sequence[tuple[str, str]] = ()
    narrow: bool = False


INTERVAL = {"low": "Interval from", "high": "To"}


def rows(records: Iterable[Any], *fields: str) -> tuple[dict[str, Any], ...]:
    """Return small records as rows, or only these fields of larger ones."""
    return tuple(
        {name: getattr(record, name) for name in fields} if fields else dict(vars(record))
        for record in records
    )


def title(text: str) -> str:
    """Return a name as the title of an axis or of a tooltip's line, where Vega can parse it.

    Titles in tooltips end up in expressions, whose strings must not contain line separators.
    """
    return wording.one_line(text, 120)


def from_rows(name: str = ROWS) -> alt.Chart:
    """Start a chart over its drawing's rows."""
    return alt.Chart(alt.NamedData(name=name))


def draw(
    *layers: alt.Chart,
    rows: Rows,
    others: Mapping[str, Rows] | None = None,
    height: float = SMALL_HEIGHT,
    pick: bool = False,
) -> Drawing:
    """Draw layers on top of one another, as wide as their place.

    With `pick` there are signals for what the reader selected, in whichever chart, by its number.
    """
    signals = [
        alt.VariableParameter(name="picked", value={}),
        alt.VariableParameter(name="picking", value=False),
    ]
    params: dict[str, Any] = {"params": signals} if pick else {}
    # all at once: each of Altair's methods which add something copies the chart
    chart = alt.LayerChart(layer=list(layers), width="container", height=height, **params)
    return Drawing(chart, rows, others or {})


def fixed(**places: float | str) -> dict[str, Any]:
    """Return places that no row decides, by channel: pixels, or "width"."""
    return {channel: _FIXED[channel](place) for channel, place in places.items()}


def tooltip(form: str, **titles: str) -> list[alt.Tooltip]:
    """Return what hovering shows of numbers: each field, and what it is called."""
    return [alt.Tooltip(f"{field}:Q", title=words, format=form) for field, words in titles.items()]


def job_tooltip(of: alt.Tooltip, metric: str) -> list[alt.Tooltip]:
    """Return what hovering over a training job's mark shows, among others this."""
    return [
        alt.Tooltip("number:Q", title="training job #"),
        of,
        alt.Tooltip("objective:Q", title=title(metric), format=NUMBER),
        alt.Tooltip("shown_as:N", title="status"),
    ]


def colours(field: str, of: Mapping[str, str]) -> alt.Color:
    """Return the colour of a mark by a field's value; the page has the legend."""
    scale = alt.Scale(domain=list(of), range=list(of.values()))
    return alt.Color(f"{field}:N", legend=None, scale=scale)


def with_interval(base: alt.Chart) -> alt.Chart:
    """Return a chart of the rows whose interval is known."""
    return base.transform_filter("isValid(datum.low) && isValid(datum.high)")


REFERENCE = "reference"


def dashed(ends: Sequence[tuple[float, float]]) -> tuple[list[alt.Chart], dict[str, Rows]]:
    """Return a dashed line on a chart's own axes, and its rows."""
    line = (
        from_rows(REFERENCE)
        .mark_line(color=MUTED, strokeDash=[5, 4], strokeWidth=1.5)
        .encode(x=alt.X("x:Q"), y=alt.Y("y:Q"))
    )
    return [line], {REFERENCE: tuple({"x": x, "y": y} for x, y in ends)}


def diagonal(low: float, high: float) -> tuple[list[alt.Chart], dict[str, Rows]]:
    """Return the dashed line on which both axes are the same."""
    return dashed([(low, low), (high, high)])


def zero_line() -> tuple[list[alt.Chart], dict[str, Rows]]:
    """Return an upright line at 0, and its row."""
    line = from_rows(REFERENCE).mark_rule(color=MUTED, strokeDash=[5, 4]).encode(x=alt.X("x:Q"))
    return [line], {REFERENCE: ({"x": 0.0},)}


def where(test: str, value: Any) -> dict[str, Any]:
    """Return the condition of an encoding: a value for the rows that pass a test."""
    return {"test": test, "value": value}


def opacity(normal: float = 0.95) -> alt.OpacityValue:
    """Return a mark's opacity: others fade when the reader selected some training jobs."""
    return alt.OpacityValue(normal, condition=where(FADED, 0.08))


def size(normal: int) -> alt.SizeValue:
    """Return a mark's size: larger for the training jobs that the reader selected."""
    return alt.SizeValue(normal, condition=where(_PICKED, normal * 2.5))


def area(normal: int, marks: int) -> int:
    """Return the area of each of many marks: smaller ones from some hundreds on, so as to be seen.

    Example
    -------
    >>> area(55, 30), area(55, 10_000)
    (55, 12)
    """
    return normal if marks <= MANY else max(round(normal * (MANY / marks) ** 0.5), 8)


def shape() -> alt.Shape:
    """Return a mark's shape by how its training job ended; the page has the legend."""
    shapes = ["circle", "triangle-down", "cross", "square"]
    return alt.Shape(
        "shown_as:N", legend=None, scale=alt.Scale(domain=[*STATUSES, EARLIER], range=shapes)
    )


def estimator_stroke(estimators: tuple[str, ...]) -> alt.Stroke:
    """Return a mark's colour by its estimator, the same one in every chart."""
    colours = [series(index) for index in range(len(estimators))]
    return alt.Stroke(
        "estimator:N", legend=None, scale=alt.Scale(domain=list(estimators), range=colours)
    )


def shown_as(job: TrainingJob) -> str:
    """Return which of the marks a training job gets."""
    if job.objective is None:
        return FAILED_OR_SILENT
    return {COMPLETED: COMPLETED, STOPPED: STOPPED_EARLY}.get(job.status, FAILED_OR_SILENT)
