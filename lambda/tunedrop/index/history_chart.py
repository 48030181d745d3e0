"""Chart of a dataset's runs: the score of each run's selected model with its interval, in order.

It is plain SVG, so that the page needs no script: horizontal positions are percentages, which
makes the chart as wide as the page, with letters of the same size on a phone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from tunedrop import wording
from tunedrop.index.records import History, RunEntry
from tunedrop_common.metric_names import describe_metric

MOST_SHOWN = 60
HEIGHT, TOP, BOTTOM = 230, 12, 34
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class HistoryChart:
    """The newest runs with the newest run's metric, in display values, and failed runs.

    Parameters
    ----------
    entries
        From left to right, the oldest first.
    """

    metric: str
    better: str
    entries: tuple[RunEntry, ...]
    champion: str | None
    ticks: tuple[float, ...]


def history_chart(history: History) -> HistoryChart | None:
    """Return what the chart shows; None without two scores to compare."""
    runs = [entry.display() for entry in history.runs]
    scorer = next((entry.metric for entry in runs if entry.score is not None), "")
    comparable = [
        entry
        for entry in runs
        if entry.outcome == "failed" or (entry.score is not None and entry.metric == scorer)
    ]
    entries = tuple(reversed(comparable[:MOST_SHOWN]))
    if sum(entry.score is not None for entry in entries) < 2:
        return None
    values = [
        value
        for entry in entries
        for value in (entry.score, entry.low, entry.high)
        if value is not None
    ]
    metric, ticks = describe_metric(scorer), _ticks(min(values), max(values))
    return HistoryChart(metric.words, metric.direction, entries, history.champion, ticks)


def _ticks(low: float, high: float) -> tuple[float, ...]:
    """Choose three to six round numbers around the values."""
    span = high - low or abs(high) or 1.0
    magnitude = 10.0 ** math.floor(math.log10(span / 3))
    step = next((s * magnitude for s in _STEPS if span / (s * magnitude) <= 4), magnitude * 10)
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    return tuple(round(i * step, 12) for i in range(first, last + 1))


def draw_history(chart: HistoryChart) -> str:
    """Draw dots with intervals, the model in use in colour, failed runs as crosses."""
    axis = "".join(
        f'<text x="56" y="{_y(chart, tick) + 4}" text-anchor="end">{wording.score(tick)}</text>'
        for tick in chart.ticks
    )
    lines = "".join(
        f'<line class="grid" x1="0" x2="100%" y1="{_y(chart, tick)}" y2="{_y(chart, tick)}"/>'
        for tick in chart.ticks
    )
    marks = "".join(
        _mark(chart, entry, f"{(index + 0.5) / len(chart.entries) * 100:.2f}%")
        for index, entry in enumerate(chart.entries)
    )
    metric = escape(chart.metric)
    return (
        f'<figure><svg aria-hidden="true">{axis}</svg>'
        f'<svg role="img" aria-label="{metric} of the runs, oldest first; the table has the same '
        f'numbers">{lines}{marks}</svg>'
        f"<figcaption>The {metric} ({chart.better}) of each run's selected model on fresh folds, "
        "with its 95% CI; oldest on the left. In colour: the model in use. ✕ failed runs."
        "</figcaption></figure>"
    )


def _mark(chart: HistoryChart, entry: RunEntry, x: str) -> str:
    run_id = escape(entry.run_id)
    if entry.score is None:
        return (
            f'<text class="missed" x="{x}" y="{HEIGHT - 8}" text-anchor="middle">✕'
            f"<title>{run_id}: failed</title></text>"
        )
    interval = ""
    if entry.low is not None and entry.high is not None:
        ends = f'y1="{_y(chart, entry.low)}" y2="{_y(chart, entry.high)}"'
        interval = f'<line class="interval" x1="{x}" x2="{x}" {ends}/>'
    in_use = ' class="inuse"' if entry.run_id == chart.champion else ""
    return (
        f'<g{in_use}>{interval}<circle class="run" cx="{x}" cy="{_y(chart, entry.score)}" r="5.5">'
        f"<title>{run_id}: {wording.score(entry.score)}</title></circle></g>"
    )


def _y(chart: HistoryChart, value: float) -> float:
    low, high = chart.ticks[0], chart.ticks[-1]
    return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)
