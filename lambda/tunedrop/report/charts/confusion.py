"""Chart: what the rows of each class were predicted to be, as a heat map of counts and shares."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt

from tunedrop import wording
from tunedrop.report.charts import drawing
from tunedrop.report.sections.section_text import labels_apart
from tunedrop_common.model_errors import ClassificationErrors

# Of a full cell: ink stays readable on it, on light and on dark paper.
STRONGEST = 0.5
# A cell's height by how many classes there are, and the widest letters of its count.
HIGH, MIDDLE, LOW = (4, 54), (12, 36), 22
LETTER = 8


@dataclass(frozen=True)
class ConfusionCell:
    """How many rows of a class were called so, and their share of the class."""

    actual: str
    called: str
    rows: int
    share: float
    kind: str
    percent: str


@dataclass(frozen=True)
class ConfusionChart:
    """What the chart shows, line by line."""

    labels: tuple[str, ...]
    cells: tuple[ConfusionCell, ...]


def confusion_chart(errors: ClassificationErrors) -> ConfusionChart:
    """Collect the cells; the last line is that of the folded classes, where there are such."""
    confusion = errors.confusion
    rest = [f"{confusion.folded:,} rarer classes"] if confusion.folded else []
    labels = labels_apart((*confusion.labels, *rest))
    last = len(labels) - 1
    return ConfusionChart(
        labels,
        tuple(
            ConfusionCell(
                actual=labels[line],
                called=labels[place],
                rows=count,
                share=round(confusion.shares[line][place] or 0.0, 4),
                kind=_kind(line, place, folded=bool(confusion.folded) and last in (line, place)),
                percent=wording.percent(confusion.shares[line][place]),
            )
            for line, counts in enumerate(confusion.counts)
            for place, count in enumerate(counts)
        ),
    )


def _kind(line: int, place: int, *, folded: bool) -> str:
    """Return whether rows are right there; of classes that are folded into one, some are."""
    if line == place:
        return "folded" if folded else "right"
    return "wrong"


def draw_confusion(chart: ConfusionChart) -> drawing.Drawing:
    """Draw a cell for each pair; the stronger, the larger its share of its line."""
    many = len(chart.labels)
    step = next((height for most, height in (HIGH, MIDDLE) if many <= most), LOW)
    turned = -90 if many > HIGH[0] else 0
    room = "max(bandwidth('x') - 4, 24)" if not turned else "96"
    labels = list(chart.labels)
    base = drawing.from_rows().encode(
        x=alt.X(
            "called:N",
            sort=labels,
            title="predicted",
            axis=alt.Axis(
                orient="top", labelAngle=turned, labelLimit=alt.ExprRef(room), ticks=False
            ),
        ),
        y=alt.Y(
            "actual:N", sort=labels, title="true class", axis=alt.Axis(labelLimit=110, ticks=False)
        ),
        tooltip=[
            alt.Tooltip("actual:N", title="is"),
            alt.Tooltip("called:N", title="predicted"),
            alt.Tooltip("rows:Q", format=","),
            alt.Tooltip("percent:N", title="of those that are"),
        ],
    )
    colours = alt.Scale(
        domain=["right", "wrong", "folded"], range=[drawing.ACCENT, drawing.BAD, drawing.MUTED]
    )
    cells = base.mark_rect(stroke=drawing.LINE, strokeWidth=1).encode(
        fill=alt.Fill("kind:N", scale=colours, legend=None),
        fillOpacity=alt.FillOpacity(
            "share:Q", scale=alt.Scale(domain=[0, 1], range=[0, STRONGEST]), legend=None
        ),
    )
    shown, height = drawing.rows(chart.cells), step * many + 120
    return drawing.draw(cells, *_numbers(base, chart, step), rows=shown, height=height)


def _numbers(base: alt.Chart, chart: ConfusionChart, step: int) -> list[alt.Chart]:
    """Write counts into cells that are wide enough, and shares below them where there is room."""
    longest = max((len(f"{cell.rows:,}") for cell in chart.cells), default=1)

    def seen(letters: int) -> alt.ExprRef:
        return alt.ExprRef(f"bandwidth('x') > {LETTER * letters + 4} ? 1 : 0")

    some = base.transform_filter("datum.rows > 0")
    both = step > LOW
    counts = some.mark_text(dy=-8 if both else 0, fontSize=12, opacity=seen(longest)).encode(
        text=alt.Text("rows:Q", format=",")
    )
    if not both:
        return [counts]
    shares = some.mark_text(dy=8, fontSize=11, opacity=seen(6)).encode(text=alt.Text("percent:N"))
    return [counts, shares]
