"""Chart of the life of a dataset's model: runs, checks and promotions, in order.

It is plain SVG, so that the page needs no script: horizontal positions are percentages, which
makes the chart as wide as the page, with letters of the same size on a phone.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate
from typing import Literal

from tunedrop import wording
from tunedrop.index.records import NO_SCORE, CheckEntry, History, PromotionEntry, RunEntry
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.metric_names import describe_metric

MOST_SHOWN = 60
HEIGHT, TOP, BOTTOM = 230, 20, 34
_STEPS = (1, 2, 2.5, 5, 10)
# Of an ISO time.
_UP_TO_SECONDS = 19
_CHECK_SIZE = 9


@dataclass(frozen=True)
class _Moment:
    """A run or a check, as the chart shows it."""

    kind: Literal["run", "failed", "check", "worse"]
    time: str
    run_id: str
    title: str
    score: IntervalEstimate = NO_SCORE
    promised: IntervalEstimate = NO_SCORE


def draw_history(history: History) -> str:
    """Draw what has the newest run's metric, and failed runs; "" without two scores.

    The oldest is on the left. Runs are dots; checks are squares, over the interval that their model
    had promised; a dashed line is a promotion. What is of the model in use has a colour.
    """
    runs = [entry.display() for entry in history.runs]
    scorer = next((entry.metric for entry in runs if entry.score.value is not None), "")
    checks = [entry.display() for entry in history.checks]
    moments = sorted(
        [*_moments_of_runs(runs, scorer), *_moments_of_checks(checks, scorer)],
        key=lambda moment: moment.time,
    )[-MOST_SHOWN:]
    if sum(moment.score.value is not None for moment in moments) < 2:
        return ""
    numbers = [
        number
        for moment in moments
        for number in (moment.score.value, *moment.score.ends, *moment.promised.ends)
    ]
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
        _mark(moment, index, len(moments), ticks, history.champion)
        for index, moment in enumerate(moments)
    )
    promotions = "".join(_draw_promotions(history.promotions, moments))
    metric = describe_metric(scorer)
    words = escape(metric.words)
    return (
        f'<figure><svg aria-hidden="true">{axis}</svg>'
        f'<svg role="img" aria-label="{words} of the runs and checks, oldest first; the tables '
        f'have the same numbers">{lines}{promotions}{marks}</svg>'
        f"<figcaption>{_caption(words, metric.direction, moments, promotions)}</figcaption>"
        "</figure>"
    )


def axis_ticks(low: float, high: float) -> tuple[float, ...]:
    """Choose three to six round numbers around the values."""
    span = high - low or abs(high) or 1.0
    magnitude = 10.0 ** math.floor(math.log10(span / 3))
    step = next((s * magnitude for s in _STEPS if span / (s * magnitude) <= 4), magnitude * 10)
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    return tuple(round(i * step, 12) for i in range(first, last + 1))


def _moments_of_runs(runs: Sequence[RunEntry], scorer: str) -> Iterator[_Moment]:
    """Yield the runs, the oldest first; one without a time has that of the run before."""
    oldest_first = runs[::-1]
    times = accumulate((entry.ended[:_UP_TO_SECONDS] for entry in oldest_first), max)
    for entry, time in zip(oldest_first, times, strict=True):
        if entry.outcome == "failed":
            yield _Moment("failed", time, entry.run_id, f"{entry.run_id}: failed")
        elif entry.score.value is not None and entry.metric == scorer:
            title = f"{entry.run_id}: {wording.score(entry.score.value)}"
            yield _Moment("run", time, entry.run_id, title, entry.score)


def _moments_of_checks(checks: Sequence[CheckEntry], scorer: str) -> Iterator[_Moment]:
    for entry in checks:
        if entry.score.value is not None and entry.metric == scorer:
            yield _Moment(
                "worse" if entry.verdict == "worse" else "check",
                entry.time[:_UP_TO_SECONDS],
                entry.run_id,
                f"{entry.file}: {wording.score(entry.score.value)}, {entry.verdict}",
                entry.score,
                entry.promised,
            )


def _mark(
    moment: _Moment, index: int, amount: int, ticks: Sequence[float], champion: str | None
) -> str:
    x, title = f"{(index + 0.5) / amount * 100:.2f}%", f"<title>{escape(moment.title)}</title>"
    sign = {"failed": "✕", "worse": "▼"}.get(moment.kind, "")
    if sign:
        sign = f'<text class="missed" x="{x}" y="{HEIGHT - 8}" text-anchor="middle">{sign}</text>'
    if moment.score.value is None:
        return f"<g>{title}{sign}</g>"
    y, drawn = _y(moment.score.value, ticks), ""
    low, high = moment.promised.ends
    if low is not None and high is not None:
        top, bottom = _y(high, ticks), _y(low, ticks)
        drawn += (
            f'<rect class="promised" x="{index / amount * 100:.2f}%" width="{100 / amount:.2f}%" '
            f'y="{top}" height="{max(bottom - top, 1):.1f}"/>'
        )
    low, high = moment.score.ends
    if low is not None and high is not None:
        ends = f'y1="{_y(low, ticks)}" y2="{_y(high, ticks)}"'
        drawn += f'<line class="interval" x1="{x}" x2="{x}" {ends}/>'
    if moment.kind == "run":
        drawn += f'<circle class="run" cx="{x}" cy="{y}" r="5.5"/>'
    else:
        # a square: rectangles and paths cannot be centred on a percentage
        ends = f'y1="{y - _CHECK_SIZE / 2:.1f}" y2="{y + _CHECK_SIZE / 2:.1f}"'
        drawn += f'<line class="check" x1="{x}" x2="{x}" {ends} stroke-width="{_CHECK_SIZE}"/>'
    classes = ["inuse"] if moment.run_id == champion else []
    classes += ["worse"] if moment.kind == "worse" else []
    return f'<g class="{" ".join(classes)}">{title}{drawn}{sign}</g>'


def _draw_promotions(
    promotions: Sequence[PromotionEntry], moments: Sequence[_Moment]
) -> Iterator[str]:
    """Yield a line behind the last run or check before each promotion."""
    times = [moment.time for moment in moments]
    for promotion in promotions:
        index = bisect_right(times, promotion.time[:_UP_TO_SECONDS])
        if index == 0:
            continue
        x = f"{index / len(moments) * 100:.2f}%"
        since = promotion.time[:16].replace("T", " ")
        yield (
            f'<g class="promotion"><title>{escape(promotion.run_id)}: in use since {escape(since)}'
            f'</title><line x1="{x}" x2="{x}" y1="{TOP - 6}" y2="{HEIGHT - BOTTOM}"/>'
            f'<text x="{x}" y="{TOP - 9}" text-anchor="middle">▲</text></g>'
        )


def _caption(words: str, direction: str, moments: Sequence[_Moment], promotions: str) -> str:
    kinds = {moment.kind for moment in moments}
    parts = [
        f"The {words} ({direction}), oldest on the left.",
        "● a run's selected model on fresh folds, with its 95% CI.",
    ]
    if kinds & {"check", "worse"}:
        parts.append(
            "■ a check of a model in use, with its 95% CI, over what the model promised; ▼ worse."
        )
    if promotions:
        parts.append("▲ another model comes into use.")
    parts.append("In colour: the model in use. ✕ failed runs.")
    return " ".join(parts)


def _y(value: float, ticks: Sequence[float]) -> float:
    low, high = ticks[0], ticks[-1]
    return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)
