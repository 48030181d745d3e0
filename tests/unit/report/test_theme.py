"""The colours of the charts: what is told apart by them has to be seen."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from tunedrop.report import page
from tunedrop.report.charts.drawing import SERIES

CSS = (Path(page.__file__).parent / "page.css").read_text(encoding="utf-8")
_LIGHT, _DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
)


def luminance(colour: str) -> float:
    """Return WCAG's relative luminance."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [_LIGHT, _DARK], ids=["light", "dark"])
def test_every_mark_stands_out_from_the_paper(colours: dict[str, str]) -> None:
    """At least 3 to 1 for graphics (WCAG 2.2, 1.4.11)."""
    names = [name for name in colours if name.startswith("series-")]
    assert len(names) == len(SERIES)
    for name in (*names, "accent", "good", "bad", "muted"):
        assert contrast(colours[name], colours["paper"]) >= 3, name


@pytest.mark.parametrize("colours", [_LIGHT, _DARK], ids=["light", "dark"])
def test_no_two_estimators_have_one_colour(colours: dict[str, str]) -> None:
    series = [colour for name, colour in colours.items() if name.startswith("series-")]
    for a, b in combinations(series, 2):
        parts = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in (a, b)]
        assert sum(abs(x - y) for x, y in zip(*parts, strict=True)) > 60, (a, b)
