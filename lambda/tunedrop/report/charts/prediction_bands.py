"""Charts: where actual values lie, and by how much predictions miss, from low to high ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop_common.model_errors import RegressionErrors


@dataclass(frozen=True)
class BandBin:
    """Rows with like predictions: the quantiles of what is shown of them."""

    predicted: float
    rows: int
    low: float
    quarter: float
    middle: float
    three_quarters: float
    high: float


@dataclass(frozen=True)
class BandChart:
    """What a chart shows; `reference` is what perfect predictions would give at both ends."""

    y: str
    bins: tuple[BandBin, ...]
    reference: tuple[tuple[float, float], ...]


def actual_bands(errors: RegressionErrors) -> BandChart:
    """Show actual values against predictions."""
    bins = tuple(BandBin(each.predicted, each.rows, *each.actual) for each in errors.bins)
    return BandChart("actual", bins, tuple((x, x) for x in _ends(bins)))


def residual_bands(errors: RegressionErrors) -> BandChart:
    """Show residuals (actual minus predicted) against predictions."""
    bins = tuple(BandBin(each.predicted, each.rows, *each.residual) for each in errors.bins)
    return BandChart("actual minus predicted", bins, tuple((x, 0.0) for x in _ends(bins)))


def _ends(bins: tuple[BandBin, ...]) -> list[float]:
    places = [each.predicted for each in bins]
    return [min(places), max(places)] if places else []


def draw_bands(chart: BandChart) -> drawing.Drawing:
    """Draw medians, the middle half and the middle 80 % around them, and a dashed line of truth."""
    number = drawing.number_axis()
    scale = alt.Scale(zero=False)
    base = drawing.from_rows().encode(
        x=alt.X("predicted:Q", title="predicted", scale=scale, axis=number),
        tooltip=drawing.tooltip(
            drawing.NUMBER, predicted="predicted", middle="median", quarter="half from",
            three_quarters="to", low="80 % from", high="to", rows="rows",
        ),
    )  # fmt: skip

    def band(low: str, high: str, opacity: float) -> alt.Chart:
        style: dict[str, Any] = {"color": drawing.ACCENT, "opacity": opacity}
        marks: alt.Chart = (
            base.mark_area(**style)
            if len(chart.bins) > 1
            else base.mark_rule(**style, strokeWidth=12)
        )
        ends = alt.Y(f"{low}:Q", title=chart.y, scale=scale, axis=number)
        drawn: alt.Chart = marks.encode(y=ends, y2=alt.Y2(f"{high}:Q"))
        return drawn

    middle = alt.Y("middle:Q", scale=scale)
    line = base.mark_line(color=drawing.ACCENT, strokeWidth=2).encode(y=middle)
    points = base.mark_point(filled=True, size=36, opacity=1, color=drawing.ACCENT).encode(y=middle)
    truth, others = drawing.dashed(chart.reference)
    bands = (band("low", "high", 0.2), band("quarter", "three_quarters", 0.3))
    shown = drawing.rows(chart.bins)
    return drawing.draw(*bands, line, points, *truth, rows=shown, others=others)
