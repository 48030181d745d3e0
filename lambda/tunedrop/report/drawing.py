"""What charts have in common: rows, layers, marks by status, and the picked training job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import altair as alt

from tunedrop.report import theme
from tunedrop.report.marks import STATUSES

ROWS = "rows"


@dataclass(frozen=True)
class Drawing:
    """A chart and its rows, kept apart: Altair copies and checks whatever it holds, many times."""

    chart: alt.Chart | alt.LayerChart
    rows: tuple[Mapping[str, Any], ...]

    def specification(self, *, validate: bool = True) -> dict[str, Any]:
        """Return Vega-Lite's JSON, the rows included."""
        spec: dict[str, Any] = self.chart.to_dict(validate=validate)
        spec.pop("config", None)
        return spec | {"datasets": spec.get("datasets", {}) | {ROWS: list(self.rows)}}


def rows(records: Iterable[Any]) -> tuple[dict[str, Any], ...]:
    """Return small records as rows."""
    return tuple(dict(vars(record)) for record in records)


def from_rows() -> alt.Chart:
    """Start a chart over its drawing's rows."""
    return alt.Chart(alt.NamedData(name=ROWS))


def layered(*charts: alt.Chart) -> alt.LayerChart:
    """Draw charts on top of one another."""
    return cast(alt.LayerChart, alt.layer(*charts))


def with_pick(chart: alt.LayerChart) -> alt.LayerChart:
    """Add the signal that holds the number of the training job which the reader picked."""
    return chart.add_params(alt.param(name="picked", value=0))


def size(normal: int) -> Any:
    """Return a mark's size: larger for the training job that the reader picked."""
    return alt.condition("datum.number == picked", alt.value(normal * 4), alt.value(normal))


def shape() -> alt.Shape:
    """Return a mark's shape by how its training job ended; the page has the legend."""
    shapes = ["circle", "triangle-down", "cross"]
    return alt.Shape(
        "shown_as:N", legend=None, scale=alt.Scale(domain=list(STATUSES), range=shapes)
    )


def estimator_stroke(estimators: tuple[str, ...]) -> alt.Stroke:
    """Return a mark's colour by its estimator, the same one in every chart."""
    colours = [theme.series(index) for index in range(len(estimators))]
    return alt.Stroke(
        "estimator:N", legend=None, scale=alt.Scale(domain=list(estimators), range=colours)
    )
