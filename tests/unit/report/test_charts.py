"""What the charts show, by value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.report.synthetic_errors import classification, regression
from tests.support.report.synthetic_explanations import SPECIES
from tests.support.report.synthetic_results import (
    confirm_json,
    contender,
    ensemble_json,
    make_results,
    training_job,
)
from tunedrop.report.charts.confusion import confusion_chart
from tunedrop.report.charts.contenders import contender_rows, contenders_chart
from tunedrop.report.charts.curves import MOST_CURVES, roc_chart
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.charts.job_marks import objective_limits
from tunedrop.report.charts.objective_by_hyperparameter import panel_charts
from tunedrop.report.charts.objective_over_time import objective_chart
from tunedrop.report.charts.prediction_bands import actual_chart, residual_chart
from tunedrop.report.charts.thresholds import MEASURES, thresholds_chart
from tunedrop.report.results import Results, best_training_job
from tunedrop.report.tuning_summary import estimator_table
from tunedrop_common.model_errors import ClassificationErrors, RegressionErrors

FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)


def panels_of(results: Results) -> list[Chart]:
    return panel_charts(results, results.estimators["boosting"], 0)


class TestObjectiveAxis:
    def test_good_values_fill_the_axis_although_a_training_job_diverged(self) -> None:
        assert objective_limits([0.8, 0.85, 0.9, 0.95]) == pytest.approx((0.791, 0.959))
        assert 0.7 < objective_limits([-1e9, 0.8, 0.85, 0.86, 0.9, 0.95])[0] < 0.8

    @given(st.lists(FINITE, max_size=30))
    def test_the_best_value_is_inside_and_minimizing_mirrors_maximizing(
        self, objectives: list[float]
    ) -> None:
        low, high = objective_limits(objectives)
        assert low < high
        if objectives:
            assert low <= max(objectives) <= high
            assert objective_limits([-value for value in objectives], sign=-1) == (-high, -low)


def test_the_best_so_far_is_of_completed_training_jobs_in_the_order_of_their_ends() -> None:
    jobs = (
        training_job(3, 0.7),
        training_job(1, 0.5),
        training_job(2, 0.9, status="Stopped"),
        training_job(4, 0.6),
    )
    chart = objective_chart(make_results(jobs))
    assert chart
    assert [row["number"] for row in chart.rows] == [2, 3, 1, 4]
    assert [row["best_so_far"] for row in chart.rows] == [0.5, 0.5, 0.7, 0.7]


class TestObjectiveByHyperparameter:
    @pytest.mark.parametrize("value", ["nan", "inf", "words", ""])
    def test_a_value_that_is_no_number_is_not_shown(self, value: str) -> None:
        odd = training_job(1, hyperparameters={"learning_rate": value, "max_leaf_nodes": "5"})
        panels = panels_of(make_results((odd,)))
        (panel,) = panels
        assert (panel.titles[1], len(panel.rows)) == (("value", "max_leaf_nodes"), 1)

    def test_where_errors_are_minimized_the_best_is_the_least(self) -> None:
        jobs = (training_job(1, 0.5), training_job(2, 0.1), training_job(3, 0.9))
        assert best_training_job(jobs, -1) == jobs[1]
        search = make_results(jobs).model_copy(
            update={"direction": "Minimize", "best_training_job": None}
        )
        assert estimator_table(search).rows[0][:2] == ("boosting", "0.1000")
        (points,) = panels_of(search)[0].specification()["layer"]
        assert "datum.number === 2" in str(points["encoding"]["fill"])


class TestContenders:
    def test_a_baseline_far_off_does_not_squeeze_the_others_and_a_close_one_is_on_the_axis(
        self,
    ) -> None:
        far = contenders_chart(make_results((training_job(1, 0.96),)))
        assert [row["short"] for row in far.rows if row["beyond"]] == ["Baseline"]
        contenders = [contender("baseline", 0.94), *confirm_json()["contenders"][1:]]
        close = contenders_chart(make_results((), confirm={"contenders": contenders}))
        assert not any(row["beyond"] for row in close.rows)

    def test_a_contender_that_failed_has_its_reason(self) -> None:
        contenders = [contender("champion", None), contender("tuned:boosting", 0.9)]
        rows = contender_rows(make_results((), confirm={"contenders": contenders}))
        assert [row["note"] for row in rows] == ["selected", "not scored: it broke"]

    def test_an_ensemble_has_its_members_and_why_it_is_not_selected(self) -> None:
        confirm = ensemble_json() | {"selected": "tuned:boosting"}
        ensemble = contender_rows(make_results((), confirm=confirm))[0]
        assert ensemble["note"].startswith("mean of boosting and linear; not selected: not ")


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
