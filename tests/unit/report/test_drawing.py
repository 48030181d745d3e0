"""Every chart compiles and draws a mark for each row; what is told apart by colours is seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import altair as alt
import pytest

from tests.support.report.drawn import svg
from tests.support.report.synthetic_explanations import explained, of_classes, of_numbers
from tests.support.report.synthetic_results import (
    make_errors,
    make_results,
    of_ranges,
    training_job,
)
from tunedrop.report import page
from tunedrop.report.charts.contenders import contenders_chart, draw_contenders
from tunedrop.report.charts.drawing import SERIES, Drawing, series
from tunedrop.report.charts.estimators_compared import draw_estimators, estimators_compared
from tunedrop.report.charts.importance import draw_importance, importance
from tunedrop.report.charts.objective_by_hyperparameter import (
    draw_panel,
    objective_by_hyperparameter,
)
from tunedrop.report.charts.objective_over_time import draw_objective_over_time, objective_over_time
from tunedrop.report.charts.page_charts import PageCharts
from tunedrop.report.charts.parallel import draw_parallel, parallel_coordinates
from tunedrop.report.charts.timeline import draw_timeline, timeline
from tunedrop.report.display_values import to_display_values
from tunedrop.report.results import Results


@pytest.fixture(scope="module")
def results() -> Results:
    return make_results(30)


def test_contenders(results: Results) -> None:
    drawn = svg(draw_contenders(contenders_chart(results)))
    for word in ("boosting tuned", "Champion", "Baseline", "0.3333", "balanced accuracy"):
        assert word in drawn


def test_no_chart_writes_large_numbers_as_powers_of_ten() -> None:
    dear = to_display_values(make_errors(30, scale=12_345.678))
    drawn = [svg(draw_contenders(contenders_chart(dear)))]
    drawn += [svg(chart) for of in (_over_time, _compared, _panels) for chart, _ in of(dear)]
    searched = {"kind": "continuous", "minimum": 10_000, "maximum": 5_000_000}
    values = ({"a": repr(1e6 * i)} for i in range(1, 5))
    drawn += [svg(chart) for chart, _ in _panels(of_ranges({"a": searched}, values))]
    for text in drawn:
        assert not re.search(r"\de[+]?\d", re.sub(r' (?:d|transform|style)="[^"]*"', "", text))
    assert "30,864" in drawn[0]
    assert any(">1,000,000<" in text for text in drawn)


def _panels(results: Results) -> list[tuple[Drawing, int]]:
    return [
        (draw_panel(panel, panels, series(0)), len(panel.points))
        for estimator in results.estimators.values()
        for panels in [objective_by_hyperparameter(results, estimator)]
        for panel in panels.panels
    ]


def _reversed_scale(_: Results) -> list[tuple[Drawing, int]]:
    searched = {
        "kind": "continuous", "minimum": 0.5, "maximum": 0.999, "scaling": "ReverseLogarithmic",
    }  # fmt: skip
    tuned = ({"momentum": value} for value in ("0.5", "0.9", "0.99", "0.999"))
    return _panels(of_ranges({"momentum": searched}, tuned))


def _over_time(results: Results) -> list[tuple[Drawing, int]]:
    chart = objective_over_time(results)
    return [(draw_objective_over_time(chart), len(chart.points) + len(chart.parents))]


def _compared(results: Results) -> list[tuple[Drawing, int]]:
    chart = estimators_compared(results)
    assert chart is not None
    return [(draw_estimators(chart, ("boosting", "linear")), len(chart.points))]


def _importance(_: Results) -> list[tuple[Drawing, int]]:
    results = make_results(80)
    charts = [importance(results, estimator) for estimator in results.estimators.values()]
    return [(draw_importance(chart.rows, series(0)), 2) for chart in charts if chart]


def _parallel(results: Results) -> list[tuple[Drawing, int]]:
    charts = [parallel_coordinates(results, each) for each in results.estimators.values()]
    return [(draw_parallel(chart, series(0)), len(chart.points)) for chart in charts if chart]


def _timeline(results: Results) -> list[tuple[Drawing, int]]:
    chart = timeline(results)
    return [(draw_timeline(chart), len(chart.bars))]


@pytest.mark.parametrize(
    ("draw", "mark"),
    [
        (_over_time, "point"),
        (lambda results: _over_time(with_parents(results)), "point"),
        (_panels, "point"),
        (_reversed_scale, "point"),
        (_compared, "point"),
        (_importance, "bar"),
        (_parallel, "point"),
        (_timeline, "bar"),
    ],
)
def test_there_is_a_mark_for_each_row(
    results: Results, draw: Callable[[Results], list[tuple[Drawing, int]]], mark: str
) -> None:
    found = draw(results)
    assert found
    for drawing, amount in found:
        drawn = svg(drawing)
        assert drawn.count(f'aria-roledescription="{mark}"') == amount
        assert "NaN" not in drawn


def test_ticks_of_a_reversed_logarithmic_scale_are_the_values(results: Results) -> None:
    drawn = svg(_reversed_scale(results)[0][0])
    assert ">0.9<" in drawn
    assert ">0.99<" in drawn


def with_parents(results: Results) -> Results:
    parents = tuple(training_job(i, 0.85, name=f"p{i}", tuning_job="old") for i in range(1, 6))
    return results.model_copy(update={"parent_training_jobs": parents})


def test_altair_never_has_to_find_an_encodings_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """It hashes all of its schemas for each, which took two thirds of the time of drawing."""

    def looked_up(*arguments: object, **options: object) -> object:
        raise AssertionError(f"An encoding is no object of its class: {arguments}, {options}")

    monkeypatch.setattr(alt.SchemaBase, "from_dict", looked_up)
    for explanation in (of_classes(["no", "yes"]), of_classes(), of_numbers()):
        PageCharts(explained(make_results(3), explanation))
    charts = PageCharts(with_parents(make_results(80)))
    assert {name.rpartition("-")[0] for name in charts.drawings} == {
        "chart", "chart-0", "chart-1", "chart-importance", "chart-parallel",
    }  # fmt: skip


def test_thousands_of_marks_are_smaller_and_the_best_so_far_is_on_top() -> None:
    def layers(amount: int) -> list[dict[str, Any]]:
        chart = draw_objective_over_time(objective_over_time(make_results(amount)))
        found: list[dict[str, Any]] = chart.specification()["layer"]
        return found

    few, many = layers(30), layers(600)
    assert few[0]["mark"]["type"] == many[-1]["mark"]["type"] == "line"
    assert few[1]["encoding"]["size"]["value"] > many[0]["encoding"]["size"]["value"]


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
