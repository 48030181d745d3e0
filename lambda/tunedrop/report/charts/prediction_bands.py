"""Charts: where actual values and residuals lie, from low to high predictions."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from tunedrop.report.charts import drawing
from tunedrop.report.charts.drawing import Chart
from tunedrop_common.model_errors import RegressionErrors

COLUMNS = {
    "predicted": ("Predicted", drawing.NUMBER), "rows": ("Rows", drawing.COUNT),
    "low": ("10%", drawing.NUMBER), "quarter": ("25%", drawing.NUMBER),
    "middle": ("Median", drawing.NUMBER), "three_quarters": ("75%", drawing.NUMBER),
    "high": ("90%", drawing.NUMBER),
}  # fmt: skip


def actual_chart(errors: RegressionErrors) -> Chart | None:
    """Draw actual values against predictions; None without predictions."""
    caption = "Actual against predicted: the same on the dashed line"
    quantiles = [prediction_bin.actual for prediction_bin in errors.bins]
    return _chart(errors, "chart-actual", caption, "actual", quantiles, slope=1)


def residual_chart(errors: RegressionErrors) -> Chart | None:
    """Draw residuals (actual minus predicted) against predictions; None without predictions."""
    caption = "Residuals: above the line, predictions are too low"
    quantiles = [prediction_bin.residual for prediction_bin in errors.bins]
    return _chart(errors, "chart-residuals", caption, "actual minus predicted", quantiles, slope=0)


def _chart(
    errors: RegressionErrors,
    identifier: str,
    caption: str,
    title: str,
    quantiles: Sequence[tuple[float, ...]],
    slope: int,
) -> Chart | None:
    """Draw medians, the middle 50% and 80% around them; perfect predictions are dashed."""
    rows = tuple(
        dict(zip(COLUMNS, (prediction_bin.predicted, prediction_bin.rows, *values), strict=True))
        for prediction_bin, values in zip(errors.bins, quantiles, strict=True)
    )
    if not rows:
        return None
    number = drawing.number_axis()
    base = drawing.base().encode(
        x=drawing.x("predicted", "predicted", number, zero=False),
        y=drawing.y("middle", title, number, zero=False),
        tooltip=drawing.tooltip(COLUMNS),
    )
    bands = []
    for low, high, opacity in (("low", "high", 0.2), ("quarter", "three_quarters", 0.3)):
        marks = base.mark_area(color=drawing.ACCENT, opacity=opacity)
        y = drawing.change(base.encoding.y, shorthand=f"{low}:Q")
        bands.append(marks.encode(y=y, y2=alt.Y2(f"{high}:Q")))
    line = base.mark_line(color=drawing.ACCENT, strokeWidth=2)
    points = drawing.points(base, 36, color=drawing.ACCENT)
    predicted = [prediction_bin.predicted for prediction_bin in errors.bins]
    ideal, reference = drawing.dashed_line(
        *((place, slope * place) for place in (min(predicted), max(predicted)))
    )
    return Chart(
        identifier,
        caption,
        (*bands, line, points, ideal),
        rows,
        COLUMNS,
        other_rows=reference,
    )
