"""Chart: parallel coordinates, a line for each training job through all of its hyperparameters.

The axes of the hyperparameters are horizontal, one below the other, on the scale that was searched:
so thirty of them fit a phone, and names stay readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing
from tunedrop.report.ranges import all_readable, number_of, on_scale, scale_of
from tunedrop.report.results import COMPLETED, Results, TrainingJob
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, Range

# More lines than this are a grey area: the best ones are kept, and others at even distances.
MOST_LINES = 160
MOST_BEST = 80
ENDS = "ends"
STEP = 54


@dataclass(frozen=True)
class LinePoint:
    """Where one training job's line crosses one axis; `at` is 0 at the low end and 1 at the high.

    `rank` is 1 for the best of the training jobs that are shown and 0 for the worst.
    """

    number: int
    place: int
    axis: str
    at: float
    value: str
    rank: float


@dataclass(frozen=True)
class AxisEnds:
    """What is at both ends of an axis."""

    axis: str
    low: str
    high: str


@dataclass(frozen=True)
class ParallelCoordinates:
    """What the chart shows of one estimator; its last axis is the objective."""

    axes: tuple[AxisEnds, ...]
    points: tuple[LinePoint, ...]
    jobs: int
    shown: int


def parallel_coordinates(results: Results, estimator: EstimatorPlan) -> ParallelCoordinates | None:
    """Make an estimator's chart; None without two hyperparameters and two completed jobs."""
    jobs = [
        job
        for job in results.scored(estimator.key)
        if job.status == COMPLETED and all_readable(job.hyperparameters, estimator.ranges)
    ]
    if len(jobs) < 2 or len(estimator.ranges) < 2:
        return None
    numbers = results.numbers
    ordered = sorted(jobs, key=lambda job: results.sign * (job.objective or 0.0))
    chosen = _chosen(ordered)
    low, high = sorted((chosen[0].objective or 0.0, chosen[-1].objective or 0.0))
    names = sorted(estimator.ranges)
    metric = results.metric_words
    last = drawing.title(metric if metric not in names else f"{metric} (objective)")
    points = []
    for index, job in enumerate(chosen):
        number, rank = numbers[job.name], round(index / (len(chosen) - 1), 3)
        for place, name in enumerate(names):
            at = _at(job.hyperparameters[name], estimator.ranges[name])
            value = wording.one_line(job.hyperparameters[name], 60)
            points.append(LinePoint(number, place, drawing.title(name), at, value, rank))
        objective = job.objective or 0.0
        at = round((objective - low) / (high - low), 4) if high > low else 0.5
        value = wording.number(objective, 5)
        points.append(LinePoint(number, len(names), last, at, value, rank))
    axes = [_ends(name, estimator.ranges[name]) for name in names]
    axes.append(AxisEnds(last, wording.number(low), wording.number(high)))
    return ParallelCoordinates(
        axes=tuple(axes),
        points=tuple(points),
        jobs=len(jobs),
        shown=len(chosen),
    )


def _chosen(ordered: Sequence[TrainingJob]) -> list[TrainingJob]:
    """Choose the best training jobs and an even selection of the others, worst first."""
    if len(ordered) <= MOST_LINES:
        return list(ordered)
    rest, best = ordered[:-MOST_BEST], ordered[-MOST_BEST:]
    amount = MOST_LINES - MOST_BEST
    return [*(rest[i * len(rest) // amount] for i in range(amount)), *best]


def _at(text: str, searched: Range) -> float:
    """Return where a value is in its range: 0 at the low end, 1 at the high one."""
    if isinstance(searched, CategoricalRange):
        last = len(searched.values) - 1
        return round(searched.values.index(text) / last, 4) if last else 0.5
    scale = scale_of(searched)
    low, high = on_scale(scale, searched.minimum), on_scale(scale, searched.maximum)
    at = (on_scale(scale, number_of(text) or 0.0) - low) / (high - low) if high > low else 0.5
    return round(min(max(at, 0.0), 1.0), 4)


def _ends(name: str, searched: Range) -> AxisEnds:
    if isinstance(searched, CategoricalRange):
        ends = [wording.one_line(value, 14) for value in (searched.values[0], searched.values[-1])]
    else:
        ends = [wording.number(value) for value in (searched.minimum, searched.maximum)]
    return AxisEnds(drawing.title(name), *ends)


def draw_parallel(chart: ParallelCoordinates, colour: str) -> drawing.Drawing:
    """Draw the lines, good ones stronger than bad ones, and the axes' names and ends over them."""
    order = [each.axis for each in chart.axes]
    y = alt.Y("axis:N", sort=order, axis=None, scale=alt.Scale(type="point", padding=0.5))
    x = alt.X("at:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False, padding=6))
    strength = alt.Opacity(
        "rank:Q",
        legend=None,
        scale=alt.Scale(domain=[0, 1], range=[0.1, 0.9]),
        condition=drawing.where(drawing.FADED, 0.04),
    )
    number = alt.Tooltip("number:Q", title="training job #")
    base = drawing.from_rows().encode(x=x, y=y, opacity=strength)
    lines = base.mark_line(interpolate="monotone", strokeWidth=1.3, color=colour).encode(
        detail=alt.Detail("number:Q"), order=alt.Order("place:Q"), tooltip=[number]
    )
    dots = base.mark_point(filled=True, size=16, color=colour).encode(
        tooltip=[number, alt.Tooltip("axis:N", title="axis"), alt.Tooltip("value:N")]
    )
    ends = drawing.from_rows(ENDS).encode(y=y)
    axes = ends.mark_rule(color=drawing.LINE).encode(**drawing.fixed(x=0, x2="width"))
    height = STEP * len(order)
    layers = (axes, lines, dots, *_labels(ends))
    shown, others = drawing.rows(chart.points), {ENDS: drawing.rows(chart.axes)}
    return drawing.draw(*layers, rows=shown, others=others, height=height, pick=True)


def _labels(ends: alt.Chart) -> list[alt.Chart]:
    """Write each axis' name above it and its ends below, with a halo that lines cannot cross."""
    kinds: tuple[tuple[str, Any, Any], ...] = (
        ("axis:N", 0, {"align": "left", "dy": -10, "color": drawing.INK, "fontWeight": 600}),
        ("low:N", 0, {"align": "left", "dy": 11, "color": drawing.MUTED}),
        ("high:N", "width", {"align": "right", "dy": 11, "color": drawing.MUTED}),
    )
    halo: dict[str, Any] = {"stroke": drawing.PAPER, "strokeWidth": 4, "strokeJoin": "round"}
    return [
        ends.mark_text(fontSize=11, limit=260, **style, **extra).encode(
            text=alt.Text(text), **drawing.fixed(x=at)
        )
        for text, at, style in kinds
        for extra in (halo, dict[str, Any]())
    ]
