"""Colours and chart settings: readable in light and dark, on paper and for the colour-blind.

Charts are drawn as SVG and name the page's CSS variables as colours, so that they follow the
reader's light or dark setting, and paper, without being drawn again.
"""

from __future__ import annotations

from typing import Any

INK = "var(--ink)"
MUTED = "var(--muted)"
LINE = "var(--line)"
PAPER = "var(--paper)"
ACCENT = "var(--accent)"
BAD = "var(--bad)"

# Okabe and Ito (2008), without black and yellow, which vanish on dark and on light paper.
SERIES = tuple(f"var(--series-{index})" for index in range(1, 7))


# What an axis with labels and title takes of a chart's height.
AXIS_HEIGHT = 44


def series(index: int) -> str:
    """Return the colour of an estimator by its place in the plan."""
    return SERIES[index % len(SERIES)]


CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "titleColor": INK,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelLimit": 200,
        "labelOverlap": "greedy",
        "labelSeparation": 8,
    },
    "text": {"color": INK},
    "rule": {"color": LINE},
}
