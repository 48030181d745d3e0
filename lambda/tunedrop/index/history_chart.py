"""Chart of the life of a dataset's model: scores of runs, checks and promotions, in order.

It is plain SVG, so that the page needs no script: horizontal positions are percentages, which
makes the chart as wide as the page, with letters of the same size on a phone.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from html import escape

from tunedrop import wording
from tunedrop.index.records import CheckEntry, Entry, History, PromotionEntry
from tunedrop_common.metric_names import describe_metric

MOST_SHOWN = 60
HEIGHT, TOP, BOTTOM = 230, 20, 34
_STEPS = (1, 2, 2.5, 5, 10)
# Of an ISO time.
_UP_TO_SECONDS = 19
_CHECK_SIZE = 9


def draw_history(history: History) -> str:
    """Draw what has the newest score's metric; "" without two scores.

    The oldest is on the left. Runs are dots; checks are squares, over the interval that their model
    had promised; a dashed line is a promotion. What is of the model in use has a colour.
    """
    runs = [entry.display() for entry in history.runs if entry.score.value is not None]
    checks = [entry.display() for entry in history.checks if entry.score.value is not None]
    scorer = next((entry.metric for entry in runs), "")
    entries: list[Entry] = sorted(
        (entry for entry in (*runs, *checks) if entry.metric == scorer),
        key=lambda entry: (entry.time[:_UP_TO_SECONDS], entry.run_id),
    )[-MOST_SHOWN:]
    if len(entries) < 2:
        return ""
    estimates = [entry.score for entry in entries]
    estimates += [entry.promised for entry in entries if isinstance(entry, CheckEntry)]
    numbers = [number for each in estimates for number in (each.value, *each.ends)]
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
        _mark(entry, index, len(entries), ticks, history.champion)
        for index, entry in enumerate(entries)
    )
    promotions = "".join(_draw_promotions(history.promotions, entries))
    metric = describe_metric(scorer)
    words = escape(metric.words)
    return (
        f'<figure><svg aria-hidden="true">{axis}</svg>'
        f'<svg role="img" aria-label="{words} of the runs and checks, oldest first; the tables '
        f'have the same numbers">{lines}{promotions}{marks}</svg>'
        f"<figcaption>The {words} ({metric.direction}), oldest on the left. ● a run's selected "
        "model on fresh folds, with its 95% CI. ■ a check of a model in use, with its 95% CI, over "
        "what the model promised; ▼ worse. ▲ another model comes into use. In colour: the model in "
        "use.</figcaption></figure>"
    )


def axis_ticks(low: float, high: float) -> tuple[float, ...]:
    """Choose three to six round numbers around the values."""
    span = high - low or abs(high) or 1.0
    magnitude = 10.0 ** math.floor(math.log10(span / 3))
    step = next((s * magnitude for s in _STEPS if span / (s * magnitude) <= 4), magnitude * 10)
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    return tuple(round(i * step, 12) for i in range(first, last + 1))


def _mark(
    entry: Entry,
    index: int,
    amount: int,
    ticks: Sequence[float],
    champion: str | None,
) -> str:
    x, score = f"{(index + 0.5) / amount * 100:.2f}%", entry.score.value or 0.0
    y, classes = _y(score, ticks), ["inuse"] if entry.run_id == champion else []
    title, drawn = f"{entry.run_id}: {wording.score(score)}", ""
    low, high = entry.score.ends
    if low is not None and high is not None:
        ends = f'y1="{_y(low, ticks)}" y2="{_y(high, ticks)}"'
        drawn = f'<line class="interval" x1="{x}" x2="{x}" {ends}/>'
    if isinstance(entry, CheckEntry):
        title = f"{entry.file}: {wording.score(score)}, {entry.verdict}"
        low, high = entry.promised.ends
        if low is not None and high is not None:
            top, bottom = _y(high, ticks), _y(low, ticks)
            place = f'x="{index / amount * 100:.2f}%" width="{100 / amount:.2f}%"'
            height = max(bottom - top, 1)
            drawn = f'<rect class="promised" {place} y="{top}" height="{height:.1f}"/>{drawn}'
        # a square: rectangles and paths cannot be centred on a percentage
        ends = f'y1="{y - _CHECK_SIZE / 2:.1f}" y2="{y + _CHECK_SIZE / 2:.1f}"'
        drawn += f'<line class="check" x1="{x}" x2="{x}" {ends} stroke-width="{_CHECK_SIZE}"/>'
        if entry.verdict == "worse":
            classes.append("worse")
            drawn += f'<text class="missed" x="{x}" y="{HEIGHT - 8}" text-anchor="middle">▼</text>'
    else:
        drawn += f'<circle class="run" cx="{x}" cy="{y}" r="5.5"/>'
    return f'<g class="{" ".join(classes)}"><title>{escape(title)}</title>{drawn}</g>'


def _draw_promotions(
    promotions: Sequence[PromotionEntry], entries: Sequence[Entry]
) -> Iterator[str]:
    """Yield a line behind the last run or check before each promotion."""
    times = [entry.time[:_UP_TO_SECONDS] for entry in entries]
    for promotion in promotions:
        index = bisect_right(times, promotion.time[:_UP_TO_SECONDS])
        if index == 0:
            continue
        x = f"{index / len(entries) * 100:.2f}%"
        since = promotion.time[:16].replace("T", " ")
        yield (
            f'<g class="promotion"><title>{escape(promotion.run_id)}: in use since {escape(since)}'
            f'</title><line x1="{x}" x2="{x}" y1="{TOP - 6}" y2="{HEIGHT - BOTTOM}"/>'
            f'<text x="{x}" y="{TOP - 9}" text-anchor="middle">▲</text></g>'
        )


def _y(value: float, ticks: Sequence[float]) -> float:
    low, high = ticks[0], ticks[-1]
    return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)
