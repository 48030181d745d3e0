"""Chart of a dataset's runs: the shipped model's score of each, with its interval, in their order.

It is plain SVG, so that the page needs no script: places from left to right are percentages, which
makes it as wide as the page is, with letters of the same size on a phone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tunedrop.index.markup import number, text
from tunedrop.index.records import History, RunEntry
from tunedrop_common.metric_words import called

MOST_SHOWN = 60
HEIGHT, TOP, BOTTOM = 230, 12, 34
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Point:
    """One run, from left to right; failed ones have no score."""

    run_id: str
    score: float | None
    low: float | None
    high: float | None
    in_use: bool


@dataclass(frozen=True)
class HistoryChart:
    """The newest runs that can be compared: those scored by the newest one's metric."""

    metric: str
    better: str
    points: tuple[Point, ...]
    ticks: tuple[float, ...]


def history_chart(history: History) -> HistoryChart | None:
    """Collect what the chart shows, oldest first; None when there are not two scores to compare."""
    scored = [entry for entry in history.runs if entry.score is not None]
    metric = scored[0].metric if scored else ""
    shown = [
        entry
        for entry in history.runs
        if entry.outcome == "failed" or (entry.score is not None and entry.metric == metric)
    ][:MOST_SHOWN]
    points = tuple(_point(entry, history) for entry in reversed(shown))
    values = [
        value
        for point in points
        for value in (point.score, point.low, point.high)
        if value is not None
    ]
    if sum(point.score is not None for point in points) < 2:
        return None
    known = called(metric)
    return HistoryChart(known.words, known.direction, points, _ticks(min(values), max(values)))


def _point(entry: RunEntry, history: History) -> Point:
    metric = called(entry.metric)
    low, high = metric.interval(entry.low, entry.high)
    in_use = entry.run_id == history.champion
    return Point(entry.run_id, metric.shown(entry.score), low, high, in_use)


def _ticks(low: float, high: float) -> tuple[float, ...]:
    """Choose three to six round numbers around the values."""
    span = high - low or abs(high) or 1.0
    magnitude = 10.0 ** math.floor(math.log10(span / 3))
    step = next((s * magnitude for s in _STEPS if span / (s * magnitude) <= 4), magnitude * 10)
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    return tuple(round(i * step, 12) for i in range(first, last + 1))


def draw_history(chart: HistoryChart) -> str:
    """Draw it: dots with intervals, the model in use in colour, failed runs as crosses."""
    low, high = chart.ticks[0], chart.ticks[-1]

    def y(value: float) -> float:
        return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    axis = "".join(
        f'<text x="56" y="{y(tick) + 4}" text-anchor="end">{number(tick)}</text>'
        for tick in chart.ticks
    )
    lines = "".join(
        f'<line class="grid" x1="0" x2="100%" y1="{y(tick)}" y2="{y(tick)}"/>'
        for tick in chart.ticks
    )
    marks = []
    for index, point in enumerate(chart.points):
        x = f"{(index + 0.5) / len(chart.points) * 100:.2f}%"
        if point.score is None:
            marks.append(
                f'<text class="missed" x="{x}" y="{HEIGHT - 8}" text-anchor="middle">✕'
                f"<title>{text(point.run_id)}: failed</title></text>"
            )
            continue
        in_use = ' class="inuse"' if point.in_use else ""
        interval = ""
        if point.low is not None and point.high is not None:
            interval = (
                f'<line class="interval" x1="{x}" x2="{x}" '
                f'y1="{y(point.low)}" y2="{y(point.high)}"/>'
            )
        marks.append(
            f"<g{in_use}>{interval}"
            f'<circle class="run" cx="{x}" cy="{y(point.score)}" r="5.5">'
            f"<title>{text(point.run_id)}: {number(point.score)}</title></circle></g>"
        )
    label = f"{chart.metric} of the runs, oldest first; the table has the same numbers"
    return (
        f'<figure><svg aria-hidden="true">{axis}</svg>'
        f'<svg role="img" aria-label="{text(label)}">{lines}{"".join(marks)}</svg>'
        f"<figcaption>The {text(chart.metric)} ({chart.better}) of the model of each run on fresh "
        "folds, with its 95 % interval; oldest on the left. In colour: the model in use. ✕ failed "
        "runs.</figcaption>"
        "</figure>"
    )
