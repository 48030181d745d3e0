"""The charts of the errors: what they show by value, and a mark for each row."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.support.report.drawn import svg
from tests.support.report.synthetic_errors import classification, regression, regression_of
from tests.support.report.synthetic_explanations import SPECIES, explained, of_classes, of_numbers
from tests.support.report.synthetic_results import make_results
from tunedrop.report.charts.calibration import calibration_chart
from tunedrop.report.charts.champion_changes import changes_chart
from tunedrop.report.charts.confusion import confusion_chart
from tunedrop.report.charts.curves import MOST_CURVES, roc_chart
from tunedrop.report.charts.drawing import Drawing
from tunedrop.report.charts.error_histogram import BOUNDS, draw_error_histogram
from tunedrop.report.charts.page_charts import PageCharts
from tunedrop.report.charts.prediction_bands import actual_bands, residual_bands
from tunedrop.report.charts.thresholds import MEASURES, threshold_points
from tunedrop.report.results import Results
from tunedrop_common.model_errors import AgainstChampion, ClassificationErrors, RegressionErrors


def classifier(labels: Any = SPECIES, **changes: Any) -> ClassificationErrors:
    return ClassificationErrors.model_validate(classification(labels) | changes)


def regressor(**changes: Any) -> RegressionErrors:
    return RegressionErrors.model_validate(regression() | changes)


def drawings(results: Results) -> dict[str, Drawing]:
    return PageCharts(results).drawings


def test_a_confusion_matrix_has_counts_shares_and_which_are_right() -> None:
    errors = classifier()
    chart = confusion_chart(errors)
    assert chart.labels == SPECIES
    first, second = chart.cells[:2]
    assert (first.actual, first.called, first.kind) == ("Adelie", "Adelie", "right")
    assert (second.called, second.kind) == ("Gentoo", "wrong")
    assert [cell.rows for cell in chart.cells] == [*np.ravel(errors.confusion.counts)]
    assert sum(cell.share for cell in chart.cells[:3]) == pytest.approx(1, abs=0.001)


def test_rows_among_folded_classes_are_neither_right_nor_wrong() -> None:
    chart = confusion_chart(classifier([f"class {i}" for i in range(40)]))
    assert len(chart.labels) == 31
    assert chart.labels[-1] == "10 rarer classes"
    assert chart.cells[-1].kind == "folded"
    assert {cell.kind for cell in chart.cells[:-1]} == {"right", "wrong"}


def test_long_labels_that_begin_alike_stay_apart() -> None:
    labels = confusion_chart(classifier(["x" * 90 + "a", "x" * 90 + "b", 1, "1"])).labels
    assert len(set(labels)) == 4
    assert max(map(len, labels)) < 50


def test_of_many_curves_the_worst_are_drawn() -> None:
    errors = classifier([f"class {i}" for i in range(40)])
    chart = roc_chart(errors.roc)
    assert chart is not None
    areas = sorted(each.area.value or 0.0 for each in errors.roc)
    assert [float(area.split()[0]) for _, area in chart.areas] == [
        pytest.approx(area, abs=1e-4) for area in areas[:MOST_CURVES]
    ]


def test_a_class_without_rows_has_no_curve() -> None:
    curve = {"label": "a", "area": {"value": None}, "x": [0, 1], "y": [0, 1]}
    assert roc_chart(classifier(roc=[curve]).roc) is None


def test_calibration_has_the_bins_with_rows_only() -> None:
    errors = classifier(["no", "yes"])
    chart = calibration_chart(errors.calibration)
    assert chart is not None
    assert len(chart.points) == 10
    assert sum(point.rows for point in chart.points) == 400
    assert calibration_chart(None) is None


def test_percentages_that_are_all_high_fill_the_chart() -> None:
    bins = [
        {"predicted": 0.97, "observed": {"value": 0.93, "interval": [0.83, 0.98]}, "rows": 35},
        {"predicted": 0.9999, "observed": {"value": 1.0, "interval": [0.9, 1.0]}, "rows": 300},
    ]
    calibration: dict[str, Any] = {"label": None, "bins": bins, "brier": {"value": 0.01}}
    calibration["baseline_brier"] = 0.5
    chart = calibration_chart(classifier(calibration=calibration).calibration)
    assert chart is not None
    assert chart.start == 0.8


def test_a_threshold_has_each_measure_that_is_known() -> None:
    thresholds = [{"threshold": 0.5, "precision": None, "recall": 0.0, "flagged": 0.0}]
    points = threshold_points(classifier(["no", "yes"], thresholds=thresholds).thresholds)
    assert [point.measure for point in points] == [MEASURES[0], MEASURES[2]]
    assert threshold_points(()) == ()


def test_bands_are_quantiles_and_end_where_predictions_do() -> None:
    errors = regressor()
    chart, residuals = actual_bands(errors), residual_bands(errors)
    first, last = errors.bins[0].predicted, errors.bins[-1].predicted
    assert chart.reference == ((first, first), (last, last))
    assert residuals.reference == ((first, 0.0), (last, 0.0))
    assert (chart.bins[0].low, chart.bins[0].high) == (
        errors.bins[0].actual[0],
        errors.bins[0].actual[4],
    )


def test_a_histogram_has_its_bounds_the_widest_behind() -> None:
    drawing = draw_error_histogram(regressor())
    assert sum(bar["rows"] for bar in drawing.rows) == 400
    assert [bound["level"] for bound in drawing.others[BOUNDS]] == [0.95, 0.8, 0.5]


def test_changes_are_told_from_chance() -> None:
    against = AgainstChampion.model_validate(of_classes()["against_champion"])
    chart = changes_chart(against)
    assert chart is not None
    assert [change.kind for change in chart.changes] == [
        "significantly better", "not significant", "significantly worse",
    ]  # fmt: skip


MADE_UP: dict[str, Callable[[], dict[str, Any]]] = {
    "three classes": of_classes,
    "two classes": lambda: of_classes(["no", "yes"]),
    "many columns": lambda: of_classes(columns=[f"c{i}" for i in range(99)]),
    "numbers": of_numbers,
}


@cache
def charts_of(name: str) -> dict[str, Drawing]:
    return drawings(explained(make_results(3), MADE_UP[name]()))


@pytest.mark.parametrize(
    ("name", "chart", "mark", "amount"),
    [
        ("three classes", "chart-confusion", "rect mark", 9),
        ("three classes", "chart-calibration", "point", 10),
        ("three classes", "chart-changes", "point", 3),
        ("three classes", "chart-roc", "line mark", 4),
        ("three classes", "chart-precision-recall", "line mark", 3),
        ("two classes", "chart-thresholds", "line mark", 3),
        ("numbers", "chart-actual", "point", 20),
        ("numbers", "chart-residuals", "point", 20),
        ("numbers", "chart-errors", "bar", 25),
        ("numbers", "chart-changes", "point", 10),
        ("three classes", "chart-columns", "bar", 5),
        ("many columns", "chart-columns", "bar", 20),
        ("three classes", "chart-dependence-0", "point", 20),
        ("three classes", "chart-dependence-1", "point", 3),
        ("three classes", "chart-dependence-2", "point", 12),
        ("numbers", "chart-learning", "point", 3),
    ],
)
def test_there_is_a_mark_for_what_is_shown(name: str, chart: str, mark: str, amount: int) -> None:
    drawn = svg(charts_of(name)[chart])
    assert drawn.count(f'aria-roledescription="{mark}"') == amount
    assert "NaN" not in drawn


def test_a_constant_prediction_is_drawn() -> None:
    errors = regression_of(np.full(400, 12.5), np.linspace(-3, 3, 400))
    found = drawings(explained(make_results(3), of_numbers(errors=errors)))
    for chart in ("chart-actual", "chart-residuals", "chart-errors"):
        assert "NaN" not in svg(found[chart])


def test_axes_say_thousands_as_people_write_them() -> None:
    found = drawings(explained(make_results(3), of_numbers(unit=1000.0)))
    drawn = svg(found["chart-actual"])
    assert ">40,000<" in drawn
    assert "e+" not in drawn


def test_nothing_is_drawn_without_an_explanation() -> None:
    assert "chart-confusion" not in drawings(make_results(3))
