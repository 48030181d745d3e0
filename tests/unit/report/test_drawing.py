"""Every chart compiles: Vega-Lite takes what Altair writes, and draws a mark for each row."""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import pytest
import vl_convert

from tests.support.report.made_up import make_results, training_job
from tests.support.report.made_up_plan import make_plan
from tunedrop.report.charts.contenders import contenders_chart, draw_contenders
from tunedrop.report.charts.drawing import CONFIG, Drawing
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
from tunedrop.report.results import Results


def svg(drawing: Drawing) -> str:
    spec = drawing.specification() | {"width": 400, "config": CONFIG}
    return str(vl_convert.vegalite_to_svg(json.dumps(spec)))


@pytest.fixture(scope="module")
def results() -> Results:
    return make_results(30)


def test_contenders(results: Results) -> None:
    drawn = svg(draw_contenders(contenders_chart(results)))
    for word in ("Winner", "Champion", "Dummy", "0.3333", "balanced accuracy"):
        assert word in drawn


def test_objective_over_time(results: Results) -> None:
    chart = objective_over_time(results)
    drawn = svg(draw_objective_over_time(chart))
    assert drawn.count('aria-roledescription="point"') == len(chart.points)
    assert "NaN" not in drawn


def test_objective_by_hyperparameter(results: Results) -> None:
    for panels in objective_by_hyperparameter(results):
        for panel in panels.panels:
            drawn = svg(draw_panel(panel, panels))
            assert drawn.count('aria-roledescription="point"') == len(panel.points)
            assert "NaN" not in drawn


def test_a_reversed_logarithmic_scale() -> None:
    plan = make_plan()
    reverse = {
        "kind": "continuous",
        "minimum": 0.5,
        "maximum": 0.999,
        "scaling": "ReverseLogarithmic",
    }
    jobs = [job.model_dump() for job in plan.tuning_jobs]
    jobs[0]["estimator"]["ranges"] = {"momentum": reverse}
    made = make_results(
        tuple(
            training_job(i, 0.9, hyperparameters={"momentum": value})
            for i, value in enumerate(("0.5", "0.9", "0.99", "0.999"), start=1)
        ),
        plan=make_plan(tuning_jobs=jobs),
    )
    (panels,) = objective_by_hyperparameter(made)
    drawn = svg(draw_panel(panels.panels[0], panels))
    assert drawn.count('aria-roledescription="point"') == 4
    assert ">0.9<" in drawn
    assert ">0.99<" in drawn


def test_estimators_compared(results: Results) -> None:
    chart = estimators_compared(results)
    assert chart is not None
    drawn = svg(draw_estimators(chart, ("boosting", "linear")))
    assert drawn.count('aria-roledescription="point"') == len(chart.points)


def test_importance() -> None:
    for chart in importance(make_results(80)):
        drawn = svg(draw_importance(chart))
        assert drawn.count('aria-roledescription="bar"') == len(chart.rows) == 2


def test_parallel_coordinates(results: Results) -> None:
    for chart in parallel_coordinates(results):
        drawn = svg(draw_parallel(chart))
        assert drawn.count('aria-roledescription="point"') == len(chart.points)
        assert drawn.count('aria-roledescription="line mark"') == chart.shown
        assert "NaN" not in drawn


def test_parents_of_a_warm_start(results: Results) -> None:
    parents = tuple(training_job(i, 0.85, name=f"p{i}", tuning_job="old") for i in range(1, 6))
    chart = objective_over_time(results.model_copy(update={"parent_training_jobs": parents}))
    drawn = svg(draw_objective_over_time(chart))
    assert drawn.count('aria-roledescription="point"') == len(chart.points) + 5


def test_timeline(results: Results) -> None:
    chart = timeline(results)
    assert svg(draw_timeline(chart)).count('aria-roledescription="bar"') == len(chart.bars)


def test_altair_never_has_to_find_an_encodings_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """It hashes all of its schemas for each, which took two thirds of the time of drawing."""

    def looked_up(*arguments: object, **options: object) -> object:
        raise AssertionError(f"An encoding is no object of its class: {arguments}, {options}")

    monkeypatch.setattr(alt.SchemaBase, "from_dict", looked_up)
    parents = tuple(training_job(i, 0.85, name=f"p{i}", tuning_job="old") for i in range(1, 6))
    charts = PageCharts(make_results(80).model_copy(update={"parent_training_jobs": parents}))
    assert {name.rpartition("-")[0] for name in charts.drawings} == {
        "chart", "chart-0", "chart-1", "chart-importance", "chart-parallel",
    }  # fmt: skip


def test_bars_too_thin_to_see_have_no_paper_around_them() -> None:
    def stroke(amount: int) -> str:
        return str(draw_timeline(timeline(make_results(amount))).specification()["layer"][0])

    assert timeline(make_results(5)).thin is False
    assert "'stroke': {'value': 'var(--paper)'}" in stroke(5)
    assert timeline(make_results(200)).thin is True
    assert "var(--paper)" not in stroke(200)


def test_thousands_of_marks_are_smaller_and_the_best_so_far_is_on_top() -> None:
    def layers(amount: int) -> list[dict[str, Any]]:
        chart = draw_objective_over_time(objective_over_time(make_results(amount)))
        found: list[dict[str, Any]] = chart.specification()["layer"]
        return found

    few, many = layers(30), layers(600)
    assert few[0]["mark"]["type"] == many[-1]["mark"]["type"] == "line"
    assert few[1]["encoding"]["size"]["value"] > many[0]["encoding"]["size"]["value"]
