"""Chart: which training jobs ran when, and how parallel it really was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.charts.axes import time_axis
from tunedrop.report.results import COMPLETED, STOPPED, Results

CONFIRM_LANE = "Confirm"


@dataclass(frozen=True)
class Bar:
    """One job, from its start to its end; Confirm has no number among the training jobs."""

    number: int | None
    name: str
    lane: str
    status: str
    start: float
    end: float


@dataclass(frozen=True)
class Timeline:
    """What the chart shows; the seconds are the tuning's, without Confirm."""

    unit: str
    lanes: tuple[str, ...]
    bars: tuple[Bar, ...]
    most_parallel: int
    span_seconds: float
    training_seconds: float

    @property
    def mean_parallel(self) -> float:
        """How many training jobs ran at once, on average over the tuning."""
        return self.training_seconds / self.span_seconds if self.span_seconds else 0.0


def timeline(results: Results) -> Timeline:
    """Put every training job on the first lane that is free when it starts."""
    spans = sorted(
        (job.started, job.ended, job.name, _mark(job.status), number)
        for number, job in enumerate(results.training_jobs, start=1)
        if job.started and job.ended
    )
    confirm = results.confirm_job
    axis = time_axis([*(t for s in spans for t in s[:2]), confirm.started, confirm.ended])
    free: list[datetime] = []
    bars = []
    for start, end, name, status, number in spans:
        lane = next((i for i, until in enumerate(free) if until <= start), len(free))
        free[lane : lane + 1] = [end]
        bars.append(Bar(number, name, str(lane + 1), status, axis.at(start), axis.at(end)))
    lanes = [str(lane + 1) for lane in range(len(free))]
    if confirm.started and confirm.ended:
        ends = axis.at(confirm.started), axis.at(confirm.ended)
        bars.append(Bar(None, confirm.name, CONFIRM_LANE, COMPLETED, *ends))
        lanes.append(CONFIRM_LANE)
    span = (max(s[1] for s in spans) - spans[0][0]).total_seconds() if spans else 0.0
    return Timeline(
        unit=axis.unit,
        lanes=tuple(lanes),
        bars=tuple(bars),
        most_parallel=len(free),
        span_seconds=span,
        training_seconds=sum((s[1] - s[0]).total_seconds() for s in spans),
    )


def _mark(status: str) -> str:
    return {COMPLETED: COMPLETED, STOPPED: drawing.STOPPED_EARLY}.get(status, status)


def draw_timeline(chart: Timeline) -> drawing.Drawing:
    """Draw a bar for each job, a lane for each that could run at the same time."""
    others = sorted({bar.status for bar in chart.bars} - {COMPLETED, drawing.STOPPED_EARLY})
    statuses = [COMPLETED, drawing.STOPPED_EARLY, *others]
    colours = [drawing.SERIES[0], drawing.SERIES[1], *[drawing.BAD for _ in others]]
    colour = alt.Scale(domain=statuses, range=colours)
    # lines around paler bars part neighbours, and are seen where a bar is no wider than they are
    bars: alt.Chart = (
        drawing.from_rows()
        .mark_bar(height=alt.RelativeBandSize(band=0.7), strokeWidth=1, fillOpacity=0.7)
        .encode(
            x=alt.X(
                "start:Q",
                title=f"{chart.unit} since the first start",
                scale=alt.Scale(nice=False),
                axis=alt.Axis(tickCount=8),
            ),
            x2=alt.X2("end:Q"),
            y=alt.Y("lane:N", sort=list(chart.lanes), title="in parallel"),
            fill=alt.Fill("status:N", legend=None, scale=colour),
            stroke=alt.Stroke("status:N", legend=None, scale=colour),
            opacity=drawing.opacity(1.0),
            tooltip=[
                alt.Tooltip("name:N", title="job"),
                alt.Tooltip("status:N"),
                alt.Tooltip("start:Q", title=f"start ({chart.unit})"),
                alt.Tooltip("end:Q", title=f"end ({chart.unit})"),
            ],
        )
    )
    height = 22 * len(chart.lanes) + drawing.AXIS_HEIGHT
    return drawing.draw(bars, rows=drawing.rows(chart.bars), height=height, pick=True)
