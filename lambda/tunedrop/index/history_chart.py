"""Chart of a dataset's runs: the score of each run's selected model with its interval, in order.

It is plain SVG, so that the page needs no script: horizontal positions are percentages, which
makes the chart as wide as the page, with letters of the same size on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from tunedrop import wording
from tunedrop.index.records import History, RunEntry
from tunedrop_common.metric_names import describe_metric

MOST_SHOWN = 60
HEIGHT, TOP, BOTTOM = 230, 12, 34
_STEPS = (1, 2, 2.5, 5, 10)


def draw_history(history: History) -> str:
    """Draw the runs with the newest run's metric, and failed runs; "" without two scores.

    The oldest is on the left: dots with intervals, the model in use in colour, failed runs as
    crosses.
    """
    runs = [entry.display() for entry in history.runs]
    scorer = next((entry.metric for entry in runs if entry.score is not None), "")
    shown = [
        entry
        for entry in runs
        if entry.outcome == "failed" or (entry.score is not None and entry.metric == scorer)
    ][:MOST_SHOWN]
    if sum(entry.score is not None for entry in shown) < 2:
        return ""
    numbers = [number for entry in shown for number in (entry.score, entry.low, entry.high)]
    values = [number for number in numbers if number is not None]
    ticks = axis_ticks(min(values), max(values))
    axis = "".join(
        f'<text x="56" y="{_y(tick, ticks) + 4}" text-anchor="end">{wording.score(tick)}</text>'
        for tick in ticks
    )
    lines = "".join(
        f'<line class="grid" x1="0" x2="100%" y1="{_y(tick, ticks)}" y2="{_y(tick, ticks)}"/>'
        for tick in ticks
    )
    marks = "".join(
        _mark(entry, f"{(index + 0.5) / len(shown) * 100:.2f}%", ticks, history.champion)
        for index, entry in enumerate(reversed(shown))
    )
    metric = describe_metric(scorer)
    words = escape(metric.words)
    return (
        f'<figure><svg aria-hidden="true">{axis}</svg>'
        f'<svg role="img" aria-label="{words} of the runs, oldest first; the table has the same '
        f'numbers">{lines}{marks}</svg>'
        f"<figcaption>The {words} ({metric.direction}) of each run's selected model on fresh "
        "folds, with its 95% CI; oldest on the left. In colour: the model in use. ✕ failed runs."
        "</figcaption></figure>"
    )


def axis_ticks(low: float, high: float) -> tuple[float, ...]:
    """Choose three to six round numbers around the values."""
    span = high - low or abs(high) or 1.0
    magnitude = 10.0 ** math.floor(math.log10(span / 3))
    step = next((s * magnitude for s in _STEPS if span / (s * magnitude) <= 4), magnitude * 10)
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    return tuple(round(i * step, 12) for i in range(first, last + 1))


def _mark(entry: RunEntry, x: str, ticks: Sequence[float], champion: str | None) -> str:
    run_id = escape(entry.run_id)
    if entry.score is None:
        return (
            f'<text class="missed" x="{x}" y="{HEIGHT - 8}" text-anchor="middle">✕'
            f"<title>{run_id}: failed</title></text>"
        )
    interval = ""
    if entry.low is not None and entry.high is not None:
        ends = f'y1="{_y(entry.low, ticks)}" y2="{_y(entry.high, ticks)}"'
        interval = f'<line class="interval" x1="{x}" x2="{x}" {ends}/>'
    in_use = ' class="inuse"' if entry.run_id == champion else ""
    return (
        f'<g{in_use}>{interval}<circle class="run" cx="{x}" cy="{_y(entry.score, ticks)}" r="5.5">'
        f"<title>{run_id}: {wording.score(entry.score)}</title></circle></g>"
    )


def _y(value: float, ticks: Sequence[float]) -> float:
    low, high = ticks[0], ticks[-1]
    return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)
