"""Charts as the browser draws them."""

from __future__ import annotations

import json

import vl_convert

from tunedrop.report.charts.drawing import CONFIG, Drawing


def svg(drawing: Drawing) -> str:
    """Draw a chart."""
    spec = drawing.specification() | {"width": 400, "config": CONFIG}
    return str(vl_convert.vegalite_to_svg(json.dumps(spec)))
