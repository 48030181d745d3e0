"""What the charts of the model's errors show, by value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support.report.synthetic_errors import classification, regression
from tests.support.report.synthetic_explanations import SPECIES
from tunedrop.report.charts.confusion import confusion_chart
from tunedrop.report.charts.curves import MOST_CURVES, roc_chart
from tunedrop.report.charts.prediction_bands import actual_chart, residual_chart
from tunedrop.report.charts.thresholds import MEASURES, thresholds_chart
from tunedrop_common.model_errors import ClassificationErrors, RegressionErrors


def classifier(labels: Any = SPECIES, **changes: Any) -> ClassificationErrors:
    return ClassificationErrors.model_validate(classification(labels) | changes)


def test_a_confusion_matrix_has_counts_shares_and_which_are_right() -> None:
    errors = classifier()
    rows = confusion_chart(errors.confusion).rows
    assert [row["actual"] for row in rows[::3]] == [*SPECIES]
    assert [row["kind"] for row in rows[:4]] == ["right", "wrong", "wrong", "wrong"]
    assert [row["called"] for row in rows[:3]] == [*SPECIES]
    assert [row["rows"] for row in rows] == [*np.ravel(errors.confusion.counts)]
    assert sum(row["share"] for row in rows[:3]) == pytest.approx(1, abs=0.001)


def test_rows_among_folded_classes_are_neither_right_nor_wrong() -> None:
    rows = confusion_chart(classifier([f"class {i}" for i in range(40)]).confusion).rows
    assert len(rows) == 31 * 31
    assert (rows[-1]["actual"], rows[-1]["kind"]) == ("10 rarer classes", "folded")
    assert {row["kind"] for row in rows[:-1]} == {"right", "wrong"}


def test_of_many_curves_the_worst_are_drawn() -> None:
    errors = classifier([f"class {i}" for i in range(40)])
    chart = roc_chart(errors.roc)
    assert chart
    areas = sorted(curve.area.value or 0.0 for curve in errors.roc)
    assert [float(text.split(": ")[1].split()[0]) for text, _ in chart.legend] == [
        pytest.approx(area, abs=1e-4) for area in areas[:MOST_CURVES]
    ]


def test_a_class_without_rows_has_no_curve() -> None:
    curve = {"label": "a", "area": {"value": None}, "x": [0, 1], "y": [0, 1]}
    assert roc_chart(classifier(roc=[curve]).roc) is None


def test_a_threshold_has_each_measure_that_is_known() -> None:
    thresholds = [{"threshold": 0.5, "precision": None, "recall": 0.0, "flagged": 0.0}]
    chart = thresholds_chart(classifier(["no", "yes"], thresholds=thresholds).thresholds)
    assert chart
    assert [row["measure"] for row in chart.rows] == [MEASURES[0], MEASURES[2]]
    assert thresholds_chart(()) is None


def test_bands_are_quantiles_and_end_where_predictions_do() -> None:
    errors = RegressionErrors.model_validate(regression())
    first, last = errors.bins[0], errors.bins[-1]
    for chart, quantiles, slope in (
        (actual_chart(errors), first.actual, 1),
        (residual_chart(errors), first.residual, 0),
    ):
        assert chart
        ends = [(row["x"], row["y"]) for row in chart.other_rows["reference"]]
        assert ends == [(end.predicted, slope * end.predicted) for end in (first, last)]
        assert tuple(chart.rows[0].values())[2:] == quantiles
