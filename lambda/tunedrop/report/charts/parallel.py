"""Chart: parallel coordinates, a line for each training job through all of its hyperparameters.

The axes of the hyperparameters are horizontal, one below the other, on the scale that was searched:
so thirty of them fit a phone, and names stay readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing, job_marks
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.ranges import number_of, on_scale, scale_of
from tunedrop.report.results import Results
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, Range

# More lines than this are a grey area: the best ones are drawn.
MOST_LINES = 160
ENDS = "ends"
STEP = 54
COLUMNS = {
    **job_marks.NUMBER_COLUMN,
    "axis": ("Axis", drawing.TEXT),
    "value": ("Value", drawing.TEXT),
}


def parallel_chart(results: Results, estimator: EstimatorPlan, number: int) -> Chart | None:
    """Draw a line for each training job of the estimator of this number.

    None without two hyperparameters and two completed training jobs.
    """
    jobs = job_marks.comparable_jobs(results, estimator)
    if len(jobs) < 2 or len(estimator.ranges) < 2:
        return None
    jobs.sort(key=lambda job: results.sign * (job.objective or 0.0))
    drawn = jobs[-MOST_LINES:]
    low, high = sorted((drawn[0].objective or 0.0, drawn[-1].objective or 0.0))
    names = sorted(estimator.ranges)
    metric = results.metric_words
    objective = drawing.title(metric if metric not in names else f"{metric} (objective)")
    axes = [_axis(name, estimator.ranges[name]) for name in names]
    axes.append({"axis": objective, "low": wording.number(low), "high": wording.number(high)})
    rows = []
    for index, job in enumerate(drawn):
        line = {
            "number": results.numbers[job.name], "rank": round(index / (len(drawn) - 1), 3),
        }  # fmt: skip
        values = [
            (_place(job.hyperparameters[name], estimator.ranges[name]),
             wording.one_line(job.hyperparameters[name], 60))
            for name in names
        ]  # fmt: skip
        score = job.objective or 0.0
        at = round((score - low) / (high - low), 4) if high > low else 0.5
        values.append((at, wording.number(score, 5)))
        rows += [
            line | {"place": place, "axis": axes[place]["axis"], "at": at, "value": value}
            for place, (at, value) in enumerate(values)
        ]
    note = f"The best {len(drawn)} of {len(jobs):,} completed training jobs."
    return Chart(
        f"chart-parallel-{number}",
        f"Parallel coordinates of the hyperparameters of {estimator.key}",
        _layers([axis["axis"] for axis in axes], drawing.series(number)),
        tuple(rows),
        COLUMNS,
        note=note if len(drawn) < len(jobs) else "",
        height=STEP * len(axes),
        is_selectable=True,
        other_rows={ENDS: tuple(axes)},
    )


def _place(text: str, searched: Range) -> float:
    """Return where a value is in its range: 0 at the low end, 1 at the high one."""
    if isinstance(searched, CategoricalRange):
        last = len(searched.values) - 1
        return round(searched.values.index(text) / last, 4) if last else 0.5
    scale = scale_of(searched)
    low, high = on_scale(scale, searched.minimum), on_scale(scale, searched.maximum)
    at = (on_scale(scale, number_of(text) or 0.0) - low) / (high - low) if high > low else 0.5
    return round(min(max(at, 0.0), 1.0), 4)


def _axis(name: str, searched: Range) -> dict[str, str]:
    """Return a hyperparameter's axis: its name, and what is at both ends."""
    if isinstance(searched, CategoricalRange):
        low, high = (wording.one_line(searched.values[end], 14) for end in (0, -1))
    else:
        low, high = wording.number(searched.minimum), wording.number(searched.maximum)
    return {"axis": drawing.title(name), "low": low, "high": high}


def _layers(axes: Sequence[str], color: str) -> list[alt.Chart]:
    """Return the lines, good ones stronger, and the axes' names and ends over them."""
    y = alt.Y("axis:N", sort=list(axes), axis=None, scale=alt.Scale(type="point", padding=0.5))
    strength = alt.Opacity(
        "rank:Q",
        legend=None,
        scale=alt.Scale(domain=[0, 1], range=[0.1, 0.9]),
        condition=job_marks.where(job_marks.FADED, 0.04),
    )
    x = alt.X("at:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False, padding=6))
    base = drawing.base().encode(x=x, y=y, opacity=strength)
    lines = base.mark_line(interpolate="monotone", strokeWidth=1.3, color=color).encode(
        detail=alt.Detail("number:Q"),
        order=alt.Order("place:Q"),
        tooltip=drawing.tooltip(job_marks.NUMBER_COLUMN),
    )
    dots = base.mark_point(filled=True, size=16, color=color)
    ends = drawing.base(ENDS).encode(y=y)
    rules = ends.mark_rule(color=drawing.LINE).encode(**drawing.fixed(x=0, x2="width"))
    return [rules, lines, dots.encode(tooltip=drawing.tooltip(COLUMNS)), *_labels(ends)]


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
