"""What charts have in common: their record, colors, axes, tooltips, intervals and reference lines.

Charts are drawn as SVG and name the page's CSS variables as colors, so that they follow the
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
from tunedrop_common.estimates import IntervalEstimate

INK = "var(--ink)"
MUTED = "var(--muted)"
LINE = "var(--line)"
PAPER = "var(--paper)"
ACCENT = "var(--accent)"
BAD = "var(--bad)"

# Okabe and Ito (2008), without black and yellow, which vanish on dark and on light paper.
SERIES = tuple(f"var(--series-{index})" for index in range(1, 7))
# Of charts that stand side by side, in pixels.
SMALL_HEIGHT = 260
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

# How Vega writes numbers: 25,230 where d3's "g" writes 2.523e+4.
NUMBER, COUNT, SHARE, TEXT = ",.5~r", ",", ".1%", ""

# Of an axis, by the same rules; a hyperparameter may be so small that a power of ten reads better.
NUMBER_LABEL = (
    "datum.value != 0 && (abs(datum.value) < 1e-4 || abs(datum.value) >= 1e15)"
    " ? format(datum.value, '.4~g') : format(datum.value, ',.6~r')"
)

# The datasets that a chart's layers name.
ROWS, REFERENCE = "rows", "reference"

Rows = tuple[Mapping[str, Any], ...]
Columns = Mapping[str, tuple[str, str]]
"""A title and a format, by the field of the rows."""


@dataclass(frozen=True)
class Chart:
    """A chart of the page, with its rows and the text around it.

    Parameters
    ----------
    caption
        What the chart shows, also for readers who do not see it.
    layers
        Drawn on top of one another.
    columns
        Those of the table behind the chart; none where a table stands beside it.
    narrow
        Whether it has too little to show for the whole width.
    is_selectable
        Whether its marks are training jobs, which the reader can select by their numbers.
    other_rows
        Further datasets that layers name.
    """

    id: str
    caption: str
    layers: Sequence[alt.Chart]
    rows: Rows
    columns: Columns = field(default_factory=dict)
    legend: Sequence[tuple[str, str]] = ()
    height: float = SMALL_HEIGHT
    narrow: bool = False
    is_selectable: bool = False
    other_rows: Mapping[str, Rows] = field(default_factory=dict)

    @property
    def titles(self) -> list[tuple[str, str]]:
        """The fields of the table behind the chart, with their titles."""
        return [(name, text) for name, (text, _) in self.columns.items()]

    def specification(self, *, validate: bool = True) -> dict[str, Any]:
        """Return Vega-Lite's JSON, the rows included: Altair would copy and check them many times.

        A selectable chart has signals for what the reader selected, in whichever chart.
        """
        signals = [
            alt.VariableParameter(name="picked", value={}),
            alt.VariableParameter(name="picking", value=False),
        ]
        params: dict[str, Any] = {"params": signals} if self.is_selectable else {}
        # all at once: each of Altair's methods which add something copies the chart
        layered = alt.LayerChart(
            layer=list(self.layers), width="container", height=self.height, **params
        )
        spec: dict[str, Any] = layered.to_dict(validate=validate)
        spec.pop("config", None)
        datasets = {name: list(rows) for name, rows in {ROWS: self.rows, **self.other_rows}.items()}
        return spec | {"datasets": spec.get("datasets", {}) | datasets}


def series(index: int) -> str:
    """Return the color of the estimator, or the curve, at an index."""
    return SERIES[index % len(SERIES)]


def series_scale(names: Sequence[str]) -> alt.Scale:
    """Return the scale that gives each name the color of its index."""
    return alt.Scale(domain=list(names), range=[series(index) for index in range(len(names))])


def series_legend(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Return texts with the colors of their indices."""
    return [(text, series(index)) for index, text in enumerate(texts)]


def color(field: str, colors: Mapping[str, str]) -> alt.Color:
    """Return the color of a mark by a field's value; the page has the legend."""
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    return alt.Color(f"{field}:N", legend=None, scale=scale)


def base(rows: str = ROWS) -> alt.Chart:
    """Return an empty chart of a dataset."""
    return alt.Chart(alt.NamedData(name=rows))


def estimate_fields(name: str, estimate: IntervalEstimate) -> dict[str, float | None]:
    """Return an estimate as fields of a row: its value by a name, its interval as low and high."""
    low, high = estimate.ends
    return {name: estimate.value, "low": low, "high": high}


def interval_columns(form: str) -> Columns:
    """Return the columns of an interval."""
    return {"low": ("95% CI from", form), "high": ("95% CI to", form)}


def title(text: str) -> str:
    """Return a name as the title of an axis or of a tooltip's line, where Vega can parse it.

    Titles in tooltips end up in expressions, whose strings must not contain line separators.
    """
    return wording.one_line(text, 120)


def tooltip(columns: Columns) -> list[alt.Tooltip]:
    """Return what hovering shows of a row."""
    return [
        alt.Tooltip(f"{field}:Q", title=title(text), format=form)
        if form
        else alt.Tooltip(f"{field}:N", title=title(text))
        for field, (text, form) in columns.items()
    ]


def number_axis(ticks: int = 5) -> alt.Axis:
    """Return an axis of numbers."""
    return alt.Axis(tickCount=ticks, labelExpr=NUMBER_LABEL)


def share_axis(ticks: int = 5) -> alt.Axis:
    """Return an axis of shares in percent."""
    return alt.Axis(tickCount=ticks, format=".0%")


def count_axis(ticks: int = 5) -> alt.Axis:
    """Return an axis of whole numbers."""
    return alt.Axis(tickCount=ticks, tickMinStep=1, format=",.0f")


def x(field: str, title: str | None, axis: Any, **scale: Any) -> alt.X:
    """Return the horizontal place of a mark by a quantity."""
    return alt.X(f"{field}:Q", title=title, axis=axis, scale=alt.Scale(**scale))


def y(field: str, title: str | None, axis: Any, **scale: Any) -> alt.Y:
    """Return the vertical place of a mark by a quantity."""
    return alt.Y(f"{field}:Q", title=title, axis=axis, scale=alt.Scale(**scale))


def categories(
    field: str, order: Iterable[str], label_limit: int, title: str | None = None, **axis: Any
) -> alt.Y:
    """Return the vertical place of a mark by a name, in this order."""
    axes = alt.Axis(ticks=False, labelLimit=label_limit, **axis)
    return alt.Y(f"{field}:N", sort=list(order), title=title, axis=axes)


def points(chart: alt.Chart, size: int = 50, **style: Any) -> alt.Chart:
    """Return a filled point for each row."""
    marks: alt.Chart = chart.mark_point(filled=True, opacity=1, size=size, **style)
    return marks


def horizontal_intervals(chart: alt.Chart, **style: Any) -> alt.Chart:
    """Return a rule from the low to the high end of each row's interval."""
    ends = {"x": change(chart.encoding.x, shorthand="low:Q"), "x2": alt.X2("high:Q")}
    return _intervals(chart, ends, style)


def vertical_intervals(chart: alt.Chart) -> alt.Chart:
    """Return a rule from the low to the high end of each row's interval."""
    ends = {"y": change(chart.encoding.y, shorthand="low:Q"), "y2": alt.Y2("high:Q")}
    return _intervals(chart, ends, {"color": ACCENT, "strokeWidth": 2, "opacity": 0.6})


def _intervals(chart: alt.Chart, ends: Mapping[str, Any], style: Mapping[str, Any]) -> alt.Chart:
    complete = chart.transform_filter("isValid(datum.low) && isValid(datum.high)")
    rules: alt.Chart = complete.mark_rule(**style).encode(**ends)
    return rules


def change(channel: Any, **changes: Any) -> Any:
    """Return a copy of an encoding with these changes; layers with like scales share an axis."""
    copy = channel.copy(deep=False)
    for name, value in changes.items():
        copy[name] = value
    return copy


def dashed_line(*ends: tuple[float, float]) -> tuple[alt.Chart, dict[str, Rows]]:
    """Return a dashed line on a chart's own axes, and its dataset."""
    style: dict[str, Any] = {"color": MUTED, "strokeDash": [5, 4], "strokeWidth": 1.5}
    line = base(REFERENCE).mark_line(**style).encode(x=alt.X("x:Q"), y=alt.Y("y:Q"))
    return line, {REFERENCE: tuple({"x": x, "y": y} for x, y in ends)}
