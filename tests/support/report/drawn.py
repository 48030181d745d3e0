"""Charts as the browser draws them."""

from __future__ import annotations

import json

import vl_convert

from tunedrop.report.charts.drawing import CONFIG, Chart


def svg(chart: Chart) -> str:
    """Draw a chart."""
    spec = chart.specification() | {"width": 400, "config": CONFIG}
    return str(vl_convert.vegalite_to_svg(json.dumps(spec)))
