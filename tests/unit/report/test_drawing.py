"""Every chart compiles and draws a mark for each row; what is told apart by colors is seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import altair as alt
import numpy as np
import pytest

from tests.support.browser import synthetic_runs
from tests.support.report.drawn import svg
from tests.support.report.synthetic_errors import regression_of
from tests.support.report.synthetic_explanations import explained, of_classes, of_numbers
from tests.support.report.synthetic_results import (
    make_errors,
    make_results,
)
from tunedrop.report import page
from tunedrop.report.charts.drawing import SERIES, Chart
from tunedrop.report.charts.page_charts import page_charts
from tunedrop.report.display_values import to_display_values
from tunedrop.report.results import Results

OWN_RUNS: dict[str, Callable[[], Results]] = {
    "80 training jobs": lambda: make_results(80),
    "three classes": lambda: explained(make_results(3), of_classes()),
    "many columns": lambda: explained(
        make_results(3), of_classes(columns=[f"c{i}" for i in range(99)])
    ),
    "a constant prediction": lambda: explained(
        make_results(3),
        of_numbers(errors=regression_of(np.full(400, 12.5), np.linspace(-3, 3, 400))),
    ),
}


RUNS = synthetic_runs.RUNS | OWN_RUNS


def by_id(results: Results) -> dict[str, Chart]:
    return {chart.id: chart for charts in page_charts(results).values() for chart in charts}


@cache
def charts_of(name: str) -> dict[str, Chart]:
    return by_id(RUNS[name]())


@pytest.mark.parametrize(
    ("name", "chart", "mark", "amount"),
    [
        ("80 training jobs", "chart-time", "point", 80),
        ("80 training jobs", "chart-importance-0", "bar", 2),
        *(("80 training jobs", chart, "point", None)
          for chart in ("chart-0-0", "chart-1-1")),
        ("three classes", "chart-confusion", "rect mark", 9),
        ("three classes", "chart-calibration", "point", 10),
        ("three classes", "chart-roc", "line mark", 4),
        ("three classes", "chart-precision-recall", "line mark", 3),
        ("two classes explained", "chart-thresholds", "line mark", 3),
        ("a regression explained", "chart-actual", "point", 20),
        ("a regression explained", "chart-residuals", "point", 20),
        ("a regression explained", "chart-errors", "bar", 25),
        ("three classes", "chart-columns", "bar", 5),
        ("many columns", "chart-columns", "bar", 30),
        ("three classes", "chart-dependence-0", "point", 20),
        ("three classes", "chart-dependence-1", "point", 3),
        ("three classes", "chart-dependence-2", "point", 12),
        ("a regression explained", "chart-learning", "point", 3),
        ("a constant prediction", "chart-actual", "point", 1),
        ("a constant prediction", "chart-residuals", "point", 1),
    ],
)  # fmt: skip
def test_there_is_a_mark_for_each_row(name: str, chart: str, mark: str, amount: int | None) -> None:
    drawn = charts_of(name)[chart]
    text = svg(drawn)
    assert text.count(f'aria-roledescription="{mark}"') == (amount or len(drawn.rows)) > 0
    assert "NaN" not in text


def test_no_chart_writes_large_numbers_as_powers_of_ten() -> None:
    dear = by_id(to_display_values(make_errors(30, scale=12_345.678)))
    names = ("chart-contenders", "chart-time", "chart-0-0")
    actual = charts_of("a regression explained")["chart-actual"]
    texts = [svg(chart) for chart in (*(dear[name] for name in names), actual)]
    for text in texts:
        assert not re.search(r"\de[+]?\d", re.sub(r' (?:d|transform|style)="[^"]*"', "", text))
    assert "30,864" in texts[0]
    assert ">40,000<" in texts[-1]


def test_altair_never_has_to_find_an_encodings_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """It hashes all of its schemas for each, which took two thirds of the time of drawing."""

    def fail(*arguments: object, **options: object) -> object:
        raise AssertionError(f"An encoding is no object of its class: {arguments}, {options}")

    monkeypatch.setattr(alt.SchemaBase, "from_dict", fail)
    for name in ("80 training jobs", "three classes", "a regression explained"):
        by_id(RUNS[name]())


CSS = (Path(page.__file__).parent / "page.css").read_text(encoding="utf-8")
_LIGHT, _DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
)


def luminance(color: str) -> float:
    """Return WCAG's relative luminance."""
    parts = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colors", [_LIGHT, _DARK], ids=["light", "dark"])
def test_every_mark_stands_out_from_the_paper(colors: dict[str, str]) -> None:
    """At least 3 to 1 for graphics (WCAG 2.2, 1.4.11)."""
    names = [name for name in colors if name.startswith("series-")]
    assert len(names) == len(SERIES)
    for name in (*names, "accent", "good", "bad", "muted"):
        assert contrast(colors[name], colors["paper"]) >= 3, name
