"""Chart: which training jobs ran when, and how parallel it really was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing
from tunedrop.report.charts.axes import time_axis
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.charts.job_marks import STOPPED_EARLY, opacity
from tunedrop.report.results import COMPLETED, STOPPED, Results

CONFIRM_LANE = "Confirm"


def timeline_chart(results: Results) -> Chart | None:
    """Draw a bar for each job; each training job takes the first lane that is free at its start.

    None where no job has times.
    """
    spans = sorted(
        (job.started, job.ended, job.name, job.status, number)
        for number, job in enumerate(results.training_jobs, start=1)
        if job.started and job.ended
    )
    confirm = results.confirm_job
    axis = time_axis([*(t for s in spans for t in s[:2]), confirm.started, confirm.ended])
    free: list[datetime] = []
    rows: list[dict[str, Any]] = []
    for start, end, name, status, number in spans:
        lane = next((i for i, until in enumerate(free) if until <= start), len(free))
        free[lane : lane + 1] = [end]
        shown = STOPPED_EARLY if status == STOPPED else status
        rows.append(
            {"number": number, "name": name, "lane": str(lane + 1), "status": shown,
             "start": axis.at(start), "end": axis.at(end)}
        )  # fmt: skip
    lanes = [str(lane + 1) for lane in range(len(free))]
    if confirm.started and confirm.ended:
        rows.append(
            {"number": None, "name": confirm.name, "lane": CONFIRM_LANE, "status": COMPLETED,
             "start": axis.at(confirm.started), "end": axis.at(confirm.ended)}
        )  # fmt: skip
        lanes.append(CONFIRM_LANE)
    if not rows:
        return None
    sentence = _sentence([span[:2] for span in spans], len(free)) if spans else ""
    return _draw(rows, lanes, axis.unit, sentence)


def _sentence(spans: Sequence[tuple[datetime, datetime]], most_parallel: int) -> str:
    """Return how long the search took, without Confirm, and how many jobs ran at a time."""
    seconds = (max(end for _, end in spans) - spans[0][0]).total_seconds()
    if not seconds:
        return ""
    mean_parallel = sum((end - start).total_seconds() for start, end in spans) / seconds
    return (
        f"The search took {wording.duration(seconds)}, with {mean_parallel:.1f} training jobs at "
        f"a time on average and {most_parallel} at most."
    )


def _draw(rows: list[dict[str, Any]], lanes: list[str], unit: str, sentence: str) -> Chart:
    failures = sorted({row["status"] for row in rows} - {COMPLETED, STOPPED_EARLY})
    colors = [drawing.SERIES[0], drawing.SERIES[1], *[drawing.BAD for _ in failures]]
    color = alt.Scale(domain=[COMPLETED, STOPPED_EARLY, *failures], range=colors)
    columns = {
        "name": ("Job", drawing.TEXT), "lane": ("Lane", drawing.TEXT),
        "status": ("Status", drawing.TEXT), "start": (f"Start ({unit})", drawing.NUMBER),
        "end": (f"End ({unit})", drawing.NUMBER),
    }  # fmt: skip
    title = f"{unit} since the first start"
    # lines around paler bars part neighbors, and are seen where a bar is no wider than they are
    bars: alt.Chart = (
        drawing.base()
        .mark_bar(height=alt.RelativeBandSize(band=0.7), strokeWidth=1, fillOpacity=0.7)
        .encode(
            x=drawing.x("start", title, alt.Axis(tickCount=8), nice=False),
            x2=alt.X2("end:Q"),
            y=alt.Y("lane:N", sort=lanes, title="in parallel"),
            fill=alt.Fill("status:N", legend=None, scale=color),
            stroke=alt.Stroke("status:N", legend=None, scale=color),
            opacity=opacity(1.0),
            tooltip=drawing.tooltip(columns),
        )
    )
    return Chart(
        "chart-timeline",
        "When each job ran",
        (bars,),
        tuple(rows),
        columns,
        note=sentence,
        height=22 * len(lanes) + drawing.AXIS_HEIGHT,
        is_selectable=True,
    )
