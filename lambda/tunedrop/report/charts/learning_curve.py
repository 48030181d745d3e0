"""Chart: the score of models that learned from a part of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop_common.explanation import LearningCurve


@dataclass(frozen=True)
class LearningScore:
    """A share of the rows, and the score of a model that learned from it."""

    rows: int
    score: float
    low: float | None
    high: float | None


def learning_scores(curve: LearningCurve | None) -> tuple[LearningScore, ...]:
    """Collect the points with a score; nothing where there are not two."""
    points = tuple(
        LearningScore(point.rows, point.score.value, *point.score.ends)
        for point in (curve.points if curve else ())
        if point.score.value is not None
    )
    return points if len(points) > 1 else ()


def draw_learning(points: tuple[LearningScore, ...], metric: str) -> drawing.Drawing:
    """Draw a line through the scores, each with its interval."""
    scale = alt.Scale(zero=False)
    title = drawing.title(metric)
    axis = drawing.number_axis(4)
    base = drawing.from_rows().encode(
        x=alt.X(
            "rows:Q",
            title="rows that it learned from",
            scale=alt.Scale(domainMin=0, nice=True),
            axis=alt.Axis(tickCount=5, tickMinStep=1, format=",.0f"),
        ),
        tooltip=[
            alt.Tooltip("rows:Q", format=","),
            *drawing.tooltip(drawing.NUMBER, score=title, low="interval from", high="to"),
        ],
    )
    score = alt.Y("score:Q", title=title, scale=scale, axis=axis)
    intervals = (
        drawing.with_interval(base)
        .mark_rule(color=drawing.ACCENT, strokeWidth=2, opacity=0.6)
        .encode(y=alt.Y("low:Q", title=title, scale=scale, axis=axis), y2=alt.Y2("high:Q"))
    )
    line = base.mark_line(color=drawing.ACCENT, strokeWidth=2).encode(y=score)
    dots = base.mark_point(filled=True, size=60, opacity=1, color=drawing.ACCENT).encode(y=score)
    return drawing.draw(intervals, line, dots, rows=drawing.rows(points), height=180)
